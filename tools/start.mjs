/**
 * `npm start`: installs, builds the example program with what it stands on, and runs it with the arguments given
 * (`npm start -- --epochs 3`). The program owns the terminal: turbo would pipe its output, and a progress bar needs a
 * terminal.
 */
import { spawnSync } from 'node:child_process'
import { foreground } from './foreground.mjs'
import { install, root } from './install.mjs'

install()

const build = ['tools/turbo.mjs', 'run', 'build', '--filter=@glissade/examples', '--output-logs=errors-only']
const built = spawnSync(process.execPath, build, { cwd: root, encoding: 'utf8' })
if (built.status !== 0) {
  console.error(`${built.stdout}${built.stderr}`.trim())
  process.exit(1)
}

const program = ['apps/examples/dist/main.js', ...process.argv.slice(2)]
process.exit(await foreground(program, root))
