/**
 * Whether files go both ways between Glissade and real PyTorch, bit by bit: tensors of all types, views, containers,
 * and training runs that are resumed from what Glissade has read and written again.
 *
 *   node tools/torch-roundtrip.mjs             with the first Python here that has torch
 *   PYTHON=... node tools/torch-roundtrip.mjs  with that Python
 *
 * Without a Python that has torch it says so, checks nothing, and succeeds.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/**
 * What this uses of the package, bundled from its sources.
 * @typedef {{ dtype: string, shape: readonly number[], data: ArrayLike<number>, as?: string }} HostTensor
 * @typedef {object} Library
 * @property {(bytes: Uint8Array) => unknown} readPt
 * @property {(value: unknown) => Uint8Array} writePt
 * @property {(value: unknown) => Map<string, HostTensor>} stateDictOf
 * @property {(bytes: Uint8Array) => { tensors: Map<string, HostTensor>, metadata: Map<string, string> }} readSafetensors
 * @property {(tensors: unknown, metadata: unknown) => Uint8Array} writeSafetensors
 * @property {(tensor: HostTensor, refuse: (what: string) => never) => { dtype: string, bytes: Uint8Array }} encodeTensor
 */

const root = fileURLToPath(new URL('..', import.meta.url))
const script = fileURLToPath(new URL('torch-roundtrip.py', import.meta.url))

/** The first Python that can import torch, and which torch that is. */
function findPython() {
  const asked = process.env['PYTHON']
  for (const python of asked ? [asked] : ['python3', '/usr/bin/python3', 'python']) {
    const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' })
    if (status === 0) return { python, version: stdout.trim() }
  }
  return undefined
}

/** The package's sources as one module. @param {string} folder @returns {Promise<Library>} */
async function bundle(folder) {
  const contents = "export * from './src/index.ts'\nexport { encodeTensor } from './src/dtype.ts'"
  const outfile = join(folder, 'checkpoint.mjs')
  const resolveDir = join(root, 'packages', 'checkpoint')
  await build({ stdin: { contents, resolveDir }, bundle: true, format: 'esm', platform: 'node', outfile })
  return import(pathToFileURL(outfile).href)
}

/** @param {string} what @param {unknown} got @param {unknown} wanted */
function same(what, got, wanted) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`${what}: got ${a}, wanted ${b}`)
}

/** @param {Library} library @param {HostTensor} tensor */
function described(library, tensor) {
  const { dtype, bytes } = library.encodeTensor(tensor, (what) => {
    throw new Error(what)
  })
  return { dtype, shape: tensor.shape, bits: Buffer.from(bytes).toString('hex') }
}

/** Writes the files that PyTorch is to check, and what is in them. @param {Library} library @param {string} folder */
function writeOurs(library, folder) {
  /** @type {Record<string, HostTensor>} */
  const tensors = {}
  const floats = [0, -0, 1, -1.5, 65_504, 1e-7, 3.4e38, Infinity, NaN]
  for (const as of ['float32', 'float16', 'bfloat16']) {
    tensors[as] = { dtype: 'float32', shape: [3, 3], data: Float32Array.from(floats), as }
  }
  tensors['float64'] = { dtype: 'float64', shape: [9], data: Float64Array.from(floats) }
  for (const as of ['int64', 'int32', 'int16', 'int8']) {
    tensors[as] = { dtype: 'int32', shape: [2, 2], data: Int32Array.of(-128, -1, 0, 127), as }
  }
  tensors['uint8'] = { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) }
  tensors['bool'] = { dtype: 'bool', shape: [1, 2], data: Uint8Array.of(0, 1) }
  tensors['scalar'] = { dtype: 'float32', shape: [], data: Float32Array.of(2.5) }
  tensors['empty'] = { dtype: 'float32', shape: [2, 0], data: new Float32Array(0) }
  tensors['large'] = { dtype: 'float32', shape: [257, 129], data: new Float32Array(257 * 129).map((_, i) => i / 7) }
  const values = {
    none: null,
    bools: [true, false],
    ints: [0, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, -1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53 - 1],
    floats: [0.1, -2.5e-300],
    text: 'é€😀\n',
    nested: { list: [[], [{}]] },
  }
  const tied = [tensors['large'], tensors['large']]
  const others = {
    inf: Infinity,
    set: new Set([1, 2]),
    bytes: Uint8Array.of(0, 255),
    big: 2n ** 63n,
    tuple: Object.freeze([1, 'two', Object.freeze([3.5])]),
    keys: new Map().set(0, 'int').set('0', 'text'),
  }
  writeFileSync(join(folder, 'ours.pt'), library.writePt({ tensors, ...values, ...others, tied }))
  writeFileSync(join(folder, 'ours.safetensors'), library.writeSafetensors(tensors, { format: 'pt' }))
  const wanted = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, described(library, tensor)]))
  writeFileSync(join(folder, 'ours.json'), JSON.stringify({ tensors: wanted, values, safetensors: wanted }))
}

/** Compares PyTorch's files with what it said of them. @param {Library} library @param {string} folder */
function checkTheirs(library, folder) {
  /** @type {Record<string, unknown>} */
  const wanted = JSON.parse(readFileSync(join(folder, 'theirs.json'), 'utf8'))
  const read = { 'theirs.pt': library.stateDictOf(library.readPt(readFileSync(join(folder, 'theirs.pt')))) }
  const safetensors = join(folder, 'theirs.safetensors')
  if (existsSync(safetensors)) {
    const bytes = readFileSync(safetensors)
    const { tensors, metadata } = library.readSafetensors(bytes)
    Object.assign(read, { 'theirs.safetensors': tensors })
    if (!bytes.equals(library.writeSafetensors(tensors, metadata))) {
      throw new Error('theirs.safetensors: written again, it has other bytes')
    }
  }
  for (const [file, tensors] of Object.entries(read)) {
    same(`names in ${file}`, [...tensors.keys()].toSorted(), Object.keys(wanted).toSorted())
    for (const [name, tensor] of tensors) same(`${name} in ${file}`, described(library, tensor), wanted[name])
    console.log(`  ${tensors.size} tensors of ${file} are the same here`)
  }
}

async function main() {
  const found = findPython()
  if (found === undefined) {
    console.log('torch-roundtrip: nothing checked, because no Python here has torch (PYTHON names another)')
    return
  }
  console.log(`torch-roundtrip: with PyTorch ${found.version}`)
  const folder = mkdtempSync(join(tmpdir(), 'glissade-torch-'))
  try {
    /** @param {string} mode */
    const torch = (mode) => {
      const { status } = spawnSync(found.python, [script, mode, folder], { stdio: 'inherit' })
      if (status !== 0) throw new Error(`PyTorch disagrees (torch-roundtrip.py ${mode})`)
    }
    const library = await bundle(folder)
    torch('make')
    checkTheirs(library, folder)
    writeOurs(library, folder)
    for (const kind of ['sgd', 'adam']) {
      const value = library.readPt(readFileSync(join(folder, `${kind}.pt`)))
      writeFileSync(join(folder, `${kind}.again.pt`), library.writePt(value))
    }
    torch('check')
    console.log('torch-roundtrip: everything agrees')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

await main()
