/** Backends that run composites by themselves: right ones pass over the whole table, and every wrong kernel is caught by name. */
import {
  COMPOSITES,
  inline,
  UnsupportedError,
  valueTypes,
  type Backend,
  type CompositeName,
  type Node,
  type Program,
  type TensorType,
} from '@glissade/core/backend'
import { Builder, composites, traceComposite, type CompositeDefinition, type Sym } from '@glissade/core/ir'
import { describe, expect, test } from 'vitest'
import { compositeCalls } from '../src/composite-calls/index.ts'
import { run, type Result } from '../src/index.ts'
import { hostBackend } from './host-backend.ts'
import { rewritten } from './mutants/rewritten.ts'

const NAMES = Object.keys(COMPOSITES) as CompositeName[]
const LONG = 60_000

type Write = (args: readonly Sym[], node: Node) => readonly Sym[]
/** It runs what stands under these names by `write`, and refuses whatever else has a body. */
function running(names: readonly string[], write: Write | null = null): Backend {
  const right = hostBackend()
  const runs = new Set(names)
  return {
    ...right,
    capabilities: { ...right.capabilities, runs },
    prepare(program: Program) {
      const other = program.nodes.find(({ op, body }) => body !== undefined && !runs.has(op))
      if (other !== undefined) throw new UnsupportedError(other.op, 'is not inlined', other.origin)
      const own = (node: Node, args: readonly Sym[], copied: () => readonly Sym[]): readonly Sym[] =>
        write !== null && runs.has(node.op) ? write(args, node) : copied()
      return right.prepare(inline(rewritten(program, (node, args, _, copied) => own(node, args, copied))))
    },
  }
}
const body = (args: readonly Sym[], { op, attrs, types, body: own }: Node): readonly Sym[] =>
  args[0]!.builder.node(op, attrs, args, types, own)

const judged = async (name: CompositeName, write: Write | null = null): Promise<readonly Result[]> =>
  (await run({ create: () => running([name], write), only: `*/${name}/*/of the table*` })).results
const failures = (results: readonly Result[]): Result[] => results.filter(({ status }) => status !== 'pass')

/** Attributes that operands and results tell as well, or that only gradients ask for: a kernel need not look at them. */
const TOLD: readonly string[] = [
  'attention.mask',
  'attentionGrad.mask',
  // Each index says where it lies; the windows say how few there are.
  'maxPoolGrad.rank',
  'maxPoolGrad.window',
  'maxPoolGrad.strides',
  'maxPoolGrad.padding',
  'maxPoolGrad.dilation',
  'maxPoolGrad.space',
  'pick.says',
  'pickGrad.size',
  'pickGrad.says',
  'embeddingPadded.padding',
  'rnn.bias',
  'lstm.bias',
  'lstm.keeps',
  'gru.bias',
  'gru.keeps',
  'sgd.momentum',
  'adam.amsgrad',
  'rmsprop.momentum',
  'rmsprop.centered',
]

describe.each(NAMES)('%s', (name) => {
  const calls = compositeCalls[name]
  test(
    'a right kernel passes all calls',
    async () => {
      const results = await judged(name)
      expect(failures(results).map(({ id, detail }) => `${id}: ${detail}`)).toEqual([])
      expect(results.length).toBeGreaterThanOrEqual(2 * calls.length)
      expect(calls.length).toBeGreaterThan(0)
    },
    LONG,
  )
  test(
    'each result that is a thousandth off is caught, by name',
    async () => {
      const most = Math.max(...calls.map((one) => resultsOf(name, one).length))
      for (let k = 0; k < most; k++) {
        const wrong = await judged(name, (args, node) =>
          body(args, node).map((y, i) => (i !== k ? y : y.dtype === 'float32' ? y.mul(1.001) : y.add(1))),
        )
        expect(failures(wrong).length, `result ${k}`).toBeGreaterThan(0)
        for (const { id } of failures(wrong)) expect(id).toContain(`/${name}/`)
      }
    },
    LONG,
  )
  test(
    'each attribute that is not looked at is caught',
    async () => {
      const missed: string[] = []
      for (const attribute of Object.keys(COMPOSITES[name].attributes)) {
        let taken = 0
        const wrong = await judged(name, (args, node) => {
          for (const { attrs } of calls) {
            const other = (attrs as Record<string, unknown>)[attribute]
            const own = (node.attrs as Record<string, unknown>)[attribute]
            if (JSON.stringify(own) === JSON.stringify(other)) continue
            const results = asIf(name, args, { ...node.attrs, [attribute]: other }, node)
            if (results === null) continue
            taken++
            return results
          }
          return body(args, node)
        })
        if (taken === 0 || failures(wrong).length === 0) missed.push(`${name}.${attribute}`)
      }
      expect(missed).toEqual(TOLD.filter((told) => told.startsWith(`${name}.`)))
    },
    LONG,
  )
})

function resultsOf(name: CompositeName, one: (typeof compositeCalls)[CompositeName][number]): readonly unknown[] {
  const builder = new Builder()
  const args = one.operands.map(({ type }) => builder.input(type))
  return traceComposite(composites[name] as CompositeDefinition, builder, args, one.attrs as never)
}
const key = (types: readonly TensorType[]): string =>
  types.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join()
/** The results under other attributes; null where those give no such results. */
function asIf(name: CompositeName, args: readonly Sym[], attrs: object, { types }: Node): readonly Sym[] | null {
  try {
    const builder = new Builder()
    const traced = builder.finish(
      traceComposite(
        composites[name] as CompositeDefinition,
        builder,
        args.map(({ type }) => builder.input(type)),
        attrs as never,
      ),
    )
    const got = valueTypes(traced)
    if (key(traced.outputs.map((value) => got[value]!)) !== key(types)) return null
    return args[0]!.builder.inline(traced, args)
  } catch {
    return null
  }
}

describe('names in runs', () => {
  const only = 'suite/declarations/*runs lists*'
  test.each([['softmx'], ['Softmax'], ['toString'], ['relu'], ['/x']])('%s is told', async (name) => {
    const { results } = await run({ create: () => running([name]), only })
    expect(results).toMatchObject([
      { status: 'fail', detail: expect.stringContaining(`runs has '${name}'`) as unknown },
    ])
  })
  test('those of core, loop and package/name are fine', async () => {
    const { results } = await run({ create: () => running([...NAMES, 'loop', 'acme/scan']), only })
    expect(results).toMatchObject([{ status: 'pass' }])
  })
})
