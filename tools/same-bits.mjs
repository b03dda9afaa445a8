/**
 * The bits of a training run of the wasm backend are one committed value: on this Node and on other lines, taken from the
 * npm registry, with 1, 2 and 4 threads, and in the browsers that are there. `npm run test:bits -- 22 24 26`.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './install.mjs'

const asked = process.argv.slice(2)
const cwd = join(root, 'packages/wasm')
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=verbose']

/** @param {string} title @param {string} command @param {readonly string[]} options */
function passes(title, command, options) {
  console.log(`\n${title}`)
  const { status } = spawnSync(command, options, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  return status === 0
}

const lines = asked.length > 0 ? asked : ['22', '24', '26']
const results = [
  passes(`Node ${process.versions.node}, browsers`, process.execPath, [
    ...vitest,
    'test/same-bits.test.ts',
    'test/browser.test.ts',
  ]),
  ...lines.map((line) => passes(`Node ${line}`, 'npx', ['-y', `node@${line}`, ...vitest, 'test/same-bits.test.ts'])),
]
process.exit(results.every(Boolean) ? 0 : 1)
