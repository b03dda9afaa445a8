/**
 * `npm test`: installs, builds, type-checks, lints, looks at the packed packages and at their words, and runs every test. It always runs
 * all of it; the last line is `N passed, N failed`, where a check that fails counts as one failure.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { install, root } from './install.mjs'
import { failedTasks, reportFolders, tally } from './tally.mjs'

/** Root scripts beside every package's own `lint` and `test`. */
const CHECKS = ['typecheck', 'format:check', 'unused', 'packages:check', 'docs:check', 'size']

const refused = process.argv.slice(2).filter((argument) => argument !== '--force')
if (refused.length > 0) {
  console.error(`npm test runs everything and takes no ${refused.join(' ')} (only --force, to distrust the cache).`)
  console.error('For a part: cd into a package and run `npx vitest run <file> -t <name>`.')
  process.exit(2)
}

install()

const env = { ...process.env }
// Turbo asks its tasks for colours even where its own output is a file.
if (!process.stdout.isTTY) env['NO_COLOR'] = '1'
let force = process.argv.includes('--force')
if (env['GOLDEN_DIR']) {
  // Tests run in their package's folder, and the cache cannot see what lies in this one.
  env['GOLDEN_DIR'] = resolve(env['GOLDEN_DIR'])
  force = true
}

// A test run that dies before its report must not be read as the one before it. The cache restores what it skips.
for (const folder of reportFolders(root)) rmSync(`${folder}/test-results`, { recursive: true, force: true })
rmSync(`${root}/.turbo/runs`, { recursive: true, force: true })

/** @param {string[]} tasks */
function run(tasks) {
  const options = ['--continue', '--summarize', '--output-logs=new-only', `--concurrency=${availableParallelism()}`]
  if (force) options.push('--force')
  spawnSync(process.execPath, ['tools/turbo.mjs', 'run', ...tasks, ...options], { cwd: root, env, stdio: 'inherit' })
}

// The build comes first and alone: the type check writes the same files.
run(['build'])
run([...CHECKS, 'lint', 'test'])

const { lines, failed, passed } = tally(root, failedTasks(root, 2))
console.log(`\n${lines.join('\n')}`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
