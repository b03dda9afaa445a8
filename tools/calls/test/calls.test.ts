/**
 * No call of a public function, however wrong, ends in an error that is not the library's own, and its words are those of
 * the function that was called. Every function has a good call; one argument, or one option, at a time is replaced.
 */
import * as core from '@glissade/core'
import * as data from '@glissade/core/data'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Call } from './call.ts'
import { functionalCalls } from './functional-calls.ts'
import { nnCalls } from './nn-calls.ts'
import { otherCalls, prepareRun } from './other-calls.ts'
import { outcome } from './outcome.ts'
import { functionCalls } from './rows.ts'
import { tensorCalls } from './tensor-calls.ts'
import { wrongValues } from './wrong-values.ts'

const device = cpu()
const BUDGET = 2 ** 28
/** Wrong calls that are done at least; a table that lost its rows would be seen. */
const LEAST = 20_000

function reset(): void {
  core.setDefaultDevice(device)
  core.setMemoryBudget(BUDGET)
  core.setDetectAnomaly(false)
  core.trackAllocations(false)
  core.logPrograms(null)
  optim.onWarning(() => {})
  core.manualSeed(0)
}
beforeEach(reset)
afterEach(reset)
reset()
await prepareRun()

const calls: readonly Call[] = [
  ...tensorCalls,
  ...functionCalls('functional', F, functionalCalls),
  ...nnCalls,
  ...otherCalls,
]
const grouped = new Map<string, Call[]>()
for (const call of calls) grouped.set(call.group, [...(grouped.get(call.group) ?? []), call])

const isOptions = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Object.getPrototypeOf(value) === Object.prototype &&
  // A backend.
  !('prepare' in value)

/** Calls with one thing wrong: [what, how]. */
function* mistakes(call: Call): Generator<[string, () => unknown]> {
  const count = call.make().args.length
  const withArgs = (change: (args: unknown[]) => void) => (): unknown => {
    const { args, call: done } = call.make()
    const changed = [...args]
    change(changed)
    return done(...changed)
  }
  for (const [word, value] of Object.entries(wrongValues)) {
    for (let at = 0; at <= count; at++) yield [`argument ${at} is ${word}`, withArgs((args) => (args[at] = value()))]
    for (const [at, arg] of call.make().args.entries()) {
      if (!isOptions(arg)) continue
      for (const key of Object.keys(arg))
        yield [`${key} is ${word}`, withArgs((args) => (args[at] = { ...(args[at] as object), [key]: value() }))]
    }
  }
  for (let length = 0; length < count; length++)
    yield [`${length} arguments`, withArgs((args) => (args.length = length))]
  for (let at = 0; at + 1 < count; at++)
    yield [
      `arguments ${at} and ${at + 1} exchanged`,
      withArgs((args) => ([args[at], args[at + 1]] = [args[at + 1], args[at]])),
    ]
}

/** Objects that are no options: their names are the caller's own. */
const FREE = new Set([
  'ModuleDict',
  'functionalCall',
  'writePt',
  'writeSafetensors',
  'isHostTensor',
  'addParamGroup',
  'loadStateDict',
  'customFunction',
])

/** A generator draws on the host for whoever asks: it knows no budget, and a billion numbers take it a minute. */
const isEndless = ({ group, name }: Call, what: string): boolean =>
  group === 'Generator' && name === 'randperm' && what.endsWith('1e9')

let done = 0
for (const [group, members] of grouped) {
  test(`${group}: good calls are good`, async () => {
    const bad: string[] = []
    for (const call of members) {
      try {
        const { args, call: run } = call.make()
        await run(...args)
      } catch (error) {
        bad.push(`${call.name}: ${String(error).slice(0, 200)}`)
      }
      reset()
    }
    expect(bad).toEqual([])
  })
  test(`${group}: wrong calls are refused in the library's own words, or have a result`, async () => {
    const bad: string[] = []
    for (const call of members) {
      for (const [what, run] of mistakes(call)) {
        if (isEndless(call, what)) continue
        done++
        if (process.env['TRACE']) process.stderr.write(`${call.group} ${call.name}: ${what}\n`)
        const wrong = await core.scope(() => outcome(call, run))
        if (wrong !== null) bad.push(`${call.name}: ${what}: ${wrong}`)
        reset()
      }
    }
    expect(bad).toEqual([])
  })
  test(`${group}: unknown options are refused, whatever stands before them`, async () => {
    const bad: string[] = []
    for (const call of members) {
      const { args, call: run } = call.make()
      const at = args.findLastIndex(isOptions)
      if (at < 0 || FREE.has(call.name)) continue
      const changed = args.with(at, { ...(args[at] as object), colour: 1 })
      const error = await Promise.resolve()
        .then(() => run(...changed))
        .then(
          () => null,
          (thrown: unknown) => thrown,
        )
      if (!core.isGlissadeError(error) || !error.message.includes('colour'))
        bad.push(`${call.name}: ${error instanceof Error ? error.message.slice(0, 120) : 'ignored it'}`)
      reset()
    }
    expect(bad).toEqual([])
  })
}
test(`there are at least ${LEAST} wrong calls`, () => {
  expect(done).toBeGreaterThan(LEAST)
})

/** What has no call of its own, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  'core.Tensor': 'made by functions',
  'core.defaultGenerator': 'a Generator',
  'core.firstDifference': 'takes programs',
  'core.firstNotFinite': 'takes programs',
  'core.runNodeByNode': 'takes programs',
  'nn.Module': 'abstract',
  'nn.functional': 'a namespace',
  'nn.init': 'a namespace',
  'nn.utils': 'a namespace',
  'optim.Optimizer': 'abstract',
  'optim.lrScheduler': 'a namespace',
  'optim.adagrad': 'a rule',
  'optim.adam': 'a rule',
  'optim.rmsprop': 'a rule',
  'optim.sgd': 'a rule',
  'optim.structureOf': 'takes a rule',
  'lrScheduler.LRScheduler': 'abstract',
  'lrScheduler.Scheduler': 'abstract',
  'lrScheduler.perGroup': 'for schedulers of your own',
  'data.DataError': 'an error',
}
const namesOf = (group: string): Set<string> => new Set((grouped.get(group) ?? []).map(({ name }) => name))

test.each<[string, object]>([
  ['core', core],
  ['functional', F],
  ['nn', nn],
  ['nn.init', nn.init],
  ['nn.utils', nn.utils],
  ['optim', optim],
  ['lrScheduler', optim.lrScheduler],
  ['data', data],
])('every export of %s has a good call', (group, from) => {
  const known = namesOf(group)
  expect(Object.keys(from).filter((name) => !known.has(name) && !(`${group}.${name}` in WITHOUT))).toEqual([])
})
test('every module has a good call of what it makes', () => {
  const containers = [
    'ModuleDict',
    'ModuleList',
    'Parameter',
    'ParameterList',
    'functionalCall',
    'isModule',
    'isParameter',
  ]
  expect([...namesOf('nn')].filter((name) => !namesOf('nn forward').has(name) && !containers.includes(name))).toEqual(
    [],
  )
})
/** What is for the library itself. */
const INTERNAL = new Set(
  'constructor become standAlone eachRoot markView lend moveTo restoreGrad restoreNode'.split(' '),
)
test('every method of Tensor has a good call', () => {
  const methods: string[] = []
  for (
    let level = core.Tensor.prototype as object;
    level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object
  )
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level)))
      if (typeof value === 'function' && !INTERNAL.has(name)) methods.push(name)
  expect([...new Set(methods)].filter((name) => !namesOf('Tensor').has(name))).toEqual([])
})
