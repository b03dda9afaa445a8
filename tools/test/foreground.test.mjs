/** Programs in a pseudo terminal, as `npm start` runs them; `script` of util-linux makes one. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { root } from '../install.mjs'

const MODULE = pathToFileURL(join(root, 'tools/foreground.mjs')).href
const terminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true

/**
 * What a terminal showed of a program, and its exit code.
 * @param {string} program @param {string} keys what is typed once the program has written something
 */
async function inTerminal(program, keys) {
  const main = `import { foreground } from '${MODULE}'; process.exit(await foreground(['-e', ${JSON.stringify(program)}], '.'))`
  const command = `'${process.execPath}' --input-type=module -e '${main.replaceAll("'", "'\\''")}'`
  const child = spawn('script', ['-qefc', command, '/dev/null'])
  let shown = ''
  child.stdout.on('data', (/** @type {Buffer} */ bytes) => {
    if (shown === '' && keys !== '') child.stdin.write(keys)
    shown += bytes.toString()
  })
  const [code] = await once(child, 'exit')
  return { code, shown }
}

test('Ctrl-C ends a program that never listens, with 130, and the prompt begins on a line of its own', async ({
  skip,
}) => {
  if (!terminal) return skip('there is no `script` of util-linux')
  const busy = 'process.stdout.write("bar"); for (;;);'
  const { code, shown } = await inTerminal(busy, '\u0003')
  expect(code).toBe(130)
  expect(shown).toMatch(/^bar(\^C)?\r\n$/)
})

test('the exit code of a program that ends by itself is passed on, and nothing is added', async ({ skip }) => {
  if (!terminal) return skip('there is no `script` of util-linux')
  expect(await inTerminal('process.stdout.write("bar"); process.exitCode = 3', '')).toEqual({ code: 3, shown: 'bar' })
})
