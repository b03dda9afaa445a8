/**
 * Small files that ask for more than they are: whatever unfolds, a reader ends soon, within memory that its allowance
 * bounds. A heap that is too small for more would end the worker that reads.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'

/** Bytes that the readers of these tests may take beyond the file. */
const EXTRA = 8 * 2 ** 20
/** As much in MiB, and what a worker needs by itself. */
const HEAP = 32
/** A bomb of these tests takes some 50 ms; generous, for a machine that does other work. */
const MAX_MS = 5000

let folder = ''
let program = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glissade-bombs-'))
  program = join(folder, 'read.mjs')
  // Reads one bomb after the other, and says before each which one it is.
  const source = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { zipSync } from 'fflate'
    import { isCheckpointError } from '../src/error.ts'
    import { Allowance } from '../src/allowance.ts'
    import { readPt } from '../src/pt.ts'
    import { parseSafetensors } from '../src/safetensors.ts'

    const bytesOf = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0))
    const repeated = ({ before, unit, after, length }) => {
      const [start, part, end] = [before, unit, after].map(bytesOf)
      const bytes = new Uint8Array(start.length + part.length * Math.ceil(length / part.length) + end.length)
      for (let at = start.length; at < bytes.length - end.length; at += part.length) bytes.set(part, at)
      bytes.set(start)
      bytes.set(end, bytes.length - end.length)
      return bytes
    }
    const read = {
      pt: (body) => readPt(zipSync({ 'a/data.pkl': body }, { level: 1 }), { maxExtraBytes: ${EXTRA} }),
      safetensors: (header) => {
        const file = new Uint8Array(8 + header.length)
        new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
        file.set(header, 8)
        return parseSafetensors(file, new Allowance(file.length, ${EXTRA}))
      },
    }
    const say = (bomb) => {
      try {
        read[bomb.format](repeated(bomb))
        return 'read'
      } catch (error) {
        return isCheckpointError(error) ? error.what : 'ESCAPED ' + error.stack
      }
    }
    for (const [at, bomb] of workerData.entries()) {
      parentPort.postMessage({ at })
      // What a few repetitions are refused for, many are too.
      let said = say({ ...bomb, length: 200 })
      const start = performance.now()
      if (said === 'read' || /left over|not supported|must be/.test(said)) said = say(bomb)
      parentPort.postMessage({ at, said, ms: performance.now() - start })
    }`
  await writeFile(program, await bundle(source, import.meta.dirname, 'node'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Bomb {
  readonly format: 'pt' | 'safetensors'
  readonly before: string
  readonly unit: string
  readonly after: string
  readonly length: number
}
interface Outcome {
  readonly said: string
  readonly ms: number
}

/** What the readers say; fails where one ends the worker, and names it. */
async function explode(bombs: readonly Bomb[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let last = -1
  const worker = new Worker(program, { workerData: bombs, resourceLimits: { maxOldGenerationSizeMb: HEAP } })
  worker.on('message', ({ at, said, ms }: { at: number; said?: string; ms?: number }) => {
    last = at
    if (said !== undefined) outcomes.push({ said, ms: ms! })
  })
  await new Promise((resolve, reject) => {
    worker.once('exit', resolve)
    worker.once('error', (error) => reject(new Error(`${JSON.stringify(bombs[last])}: ${String(error)}`)))
  })
  return outcomes
}

const MIB = 2 ** 20
const pickled = (unit: string, before = '', length = MIB / 4): Bomb => ({
  format: 'pt',
  before: `\x80\x02${before}`,
  unit,
  after: '.',
  length,
})
const header = (before: string, unit: string, after: string, length = 4 * MIB): Bomb => ({
  format: 'safetensors',
  before,
  unit,
  after,
  length,
})

/** What a pickle may begin with, so that opcodes find something. */
const BEGINNINGS = ['', '](', '}q\0', '\x8fq\0', 'ccollections\nOrderedDict\nq\0']
const OPERANDS = ['', '\0', '\x02ab', '\0\0\0\0', '\0\0\0\0\0\0\0\0']
/** Opcodes that need another one: what is called, repeats with what calls it. */
const TOGETHER = [
  'h\0)R',
  '(1',
  '(t',
  '(l',
  '(d',
  '(\x91',
  'N\x85',
  'NN\x86',
  'NNN\x87',
  ']N\x85a',
  'c__builtin__\nset\n',
  '\x8a\x40' + '\x01'.repeat(64),
]

const failures = (outcomes: readonly Outcome[]): readonly Outcome[] =>
  outcomes.filter(({ said, ms }) => said.startsWith('ESCAPED') || ms > MAX_MS)
const refusals = (outcomes: readonly Outcome[]): number =>
  outcomes.filter(({ said }) => said.includes('would allocate more than')).length

test('every opcode, again and again, is read or refused within memory', async () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
  const units = [...bytes.flatMap((byte) => OPERANDS.map((operand) => byte + operand)), ...TOGETHER]
  const outcomes = await explode(BEGINNINGS.flatMap((before) => units.map((unit) => pickled(unit, before))))
  expect(outcomes.length).toBe(BEGINNINGS.length * units.length)
  expect(failures(outcomes)).toEqual([])
  expect(refusals(outcomes)).toBeGreaterThan(100)
})

test('headers of lists, objects, names and numbers are read or refused within memory', async () => {
  const units = ['[],', '{},', '[[]],', '0,', '"ab",', '"\\n",', 'null,', '[0,1],', '{"a":0},', '-1.5e3,', 'true,']
  const nested = ['[', '{"":', '[{"a":', '[[[[']
  const bombs = [
    ...units.map((unit) => header('{"a":[', unit, '0]}')),
    ...nested.map((unit) => header('{"a":', unit, '')),
    header('{"', 'a', '":0}'),
    header('{"', '\\\\', '":0}'),
    header('{"a":', '1', '}'),
    header('{', '"a":{},', '"b":0}'),
  ]
  const outcomes = await explode(bombs)
  expect(outcomes.length).toBe(bombs.length)
  expect(failures(outcomes)).toEqual([])
  expect(refusals(outcomes)).toBeGreaterThan(8)
})
