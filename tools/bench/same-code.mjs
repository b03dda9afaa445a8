/**
 * Whether a change leaves the code that backends write as it is, byte for byte: the sources of cpu, and the modules of wasm
 * with and without sizes, for one thread and for three, strict and relaxed. Needs a build.
 *
 *   node tools/bench/same-code.mjs programs FOLDER   the programs that the kit and models of the bench give to backends
 *   node tools/bench/same-code.mjs write FOLDER      what is written for them, by a hash each: before the change
 *   node tools/bench/same-code.mjs compare FOLDER    the same, held to those hashes: after it
 * A backend's name at the end is for that one alone.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../packages/conformance/dist/index.js'
import { compile, randint, randn, scope, setDefaultDevice } from '../../packages/core/dist/index.js'
import * as nn from '../../packages/core/dist/nn/index.js'
import * as optim from '../../packages/core/dist/optim/index.js'
import { fromJSON, toJSON } from '../../packages/core/dist/ir.js'
import { cpu } from '../../packages/cpu/dist/index.js'
import { kernels } from '../../packages/cpu/dist/kernels/index.js'
import { programSource } from '../../packages/cpu/dist/source/program.js'
import { printModule } from '../../packages/wasm/dist/program.js'
import { wasm } from '../../packages/wasm/dist/index.js'
import { modelOf } from './peers/glissade.mjs'
import { works } from './works.mjs'

/** @typedef {import('@glissade/core/backend').Program} Program */

const [command, folder = '', only] = process.argv.slice(2)
/** @param {string} name */
const file = (name) => join(folder, `${name}.jsonl`)
/** @param {string} name @returns {any[]} */
const lines = (name) =>
  readFileSync(file(name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
/** @param {string} text */
const hash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** @type {Record<string, { make: () => any, written: (program: Program) => string }>} */
const backends = {
  cpu: {
    make: cpu,
    written(program) {
      const { source, sizes, kept, scratch, names } = programSource(program, kernels)
      return JSON.stringify([source, sizes, kept, scratch, names.scratch, names.views])
    },
  },
  wasm: {
    make: wasm,
    written: (program) =>
      [
        { genericNodes: 0 },
        { genericNodes: 16 },
        { genericNodes: 0, relaxed: true },
        { genericNodes: 0, threads: 3, worth: 0 },
        { genericNodes: 16, threads: 3, worth: 0 },
      ]
        .map((writing) => printModule(program, writing))
        .join('\n'),
  },
}

/** @param {string} name @param {(make: () => Promise<any>) => Promise<void>} work @returns {Promise<string[]>} */
async function programsOf(name, work) {
  /** @type {Set<string>} */
  const found = new Set()
  await work(async () => {
    const backend = await backends[name].make()
    return Object.assign(Object.create(backend), {
      /** @param {Program} program */
      prepare(program) {
        found.add(JSON.stringify(toJSON(program)))
        return backend.prepare(program)
      },
    })
  })
  return [...found]
}

/** A step of a model of the bench, compiled and eager. @param {any} work */
async function train(work) {
  const model = modelOf(work)
  const criterion = work.loss === 'meanSquare' ? new nn.MSELoss() : new nn.CrossEntropyLoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: work.lr, momentum: work.momentum })
  const x = work.layers[0].kind === 'embedding' ? randint(0, work.classes, work.input) : randn(work.input)
  const y = work.loss === 'meanSquare' ? randn(work.targets) : randint(0, work.classes, work.targets)
  const step = () => {
    optimizer.zeroGrad()
    const output = model(x)
    const loss = criterion(work.classes > 0 ? output.reshape([-1, work.classes]) : output, y)
    loss.backward()
    optimizer.step()
    return loss
  }
  for (const once of [step, compile(step)]) console.log(await scope(() => once().item()))
}

/** Everything the kit does, and steps of all models. @param {() => Promise<any>} make */
async function everything(make) {
  const report = await run({ create: make })
  console.log(report.results.length, 'cases of the kit')
  for (const work of Object.values(works)) {
    if (work.kind !== 'training') continue
    setDefaultDevice(await make())
    await train(work)
    console.log(work.title)
  }
}

/** @param {string} name */
const hashes = (name) =>
  lines(name).map((json) => ({ program: hash(JSON.stringify(json)), code: hash(writtenFor(name, json)) }))

/** The code, or why there is none: the kit has programs that nobody may prepare. @param {string} name @param {any} json */
function writtenFor(name, json) {
  try {
    return backends[name].written(fromJSON(json))
  } catch (error) {
    return String(error)
  }
}

let failed = false
for (const name of only === undefined ? Object.keys(backends) : [only]) {
  if (command === 'programs') {
    mkdirSync(folder, { recursive: true })
    const found = await programsOf(name, everything)
    writeFileSync(file(name), `${found.join('\n')}\n`)
    console.log(`${name}: ${found.length} programs`)
  } else {
    const now = hashes(name)
    if (command === 'write') writeFileSync(file(`${name}-code`), now.map((row) => JSON.stringify(row)).join('\n'))
    const before = new Map(lines(`${name}-code`).map(({ program, code }) => [program, code]))
    const other = now.filter(({ program, code }) => before.get(program) !== code)
    console.log(`${name}: ${now.length} programs, ${other.length} written otherwise`)
    for (const { program } of other.slice(0, 5)) console.log(`  ${program}`)
    failed ||= other.length > 0
  }
}
process.exit(failed ? 1 : 0)
