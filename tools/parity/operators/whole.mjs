#!/usr/bin/env node
/**
 * All of PyTorch's operator and module samples: makes them with Debian's python3-torch, runs them on every backend and prints the
 * agreement by name.
 *
 *   node tools/parity/operators/whole.mjs [operators|modules] [--count=120] [--keep=FOLDER] [--thin]
 *
 * `--keep` makes the samples into a folder, or takes those that are there. `--thin` writes the committed fixtures anew.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const args = process.argv.slice(2)
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
const sets = ['operators', 'modules'].filter((set) => !args.some((arg) => !arg.startsWith('--')) || args.includes(set))
const folder = resolve(option('keep') ?? mkdtempSync(join(tmpdir(), 'parity-')))
const python = process.env.PYTHON ?? '/usr/bin/python3'
mkdirSync(folder, { recursive: true })

function run(command, list, env = {}) {
  const { status } = spawnSync(command, list, { stdio: 'inherit', cwd: dirname(here), env: { ...process.env, ...env } })
  return status === 0
}
let agreed = true
for (const set of sets) {
  const file = join(folder, `${set}.jsonl`)
  if (!existsSync(file) && !run(python, [join(here, `make-${set}.py`), file, option('count') ?? '120'])) process.exit(1)
  const mode = args.includes('--thin') ? 'thin' : set
  const tests = mode === 'thin' ? ['thin', '-u'] : [set]
  agreed =
    run('npx', ['vitest', 'run', ...tests.map((t) => (t.startsWith('-') ? t : `test/operators/${t}.test.ts`))], {
      [`PARITY_${set.toUpperCase()}`]: file,
    }) && agreed
  if (mode === 'thin') continue
  for (const backend of ['cpu', 'wasm']) {
    const report = `${file}.${backend}.txt`
    if (existsSync(report)) console.log(`\n${set} on ${backend}\n${readFileSync(report, 'utf8')}`)
  }
}
console.log(`samples and reports: ${folder}`)
process.exit(agreed ? 0 : 1)
