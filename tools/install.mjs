/**
 * Installs the workspace with the pinned pnpm. It stands on Node and npm alone, because it runs before anything is
 * installed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const WINDOWS = process.platform === 'win32'

/**
 * @param {string} version
 * @param {string} minimum such as '20.19'
 */
export function isOlder(version, minimum) {
  const [have, want] = [version, minimum].map((text) => text.split('.').map(Number))
  for (const [place, number] of (want ?? []).entries()) {
    const difference = (have?.[place] ?? 0) - number
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Ends the process with a message unless the workspace is installed afterwards. */
export function install() {
  const { packageManager, engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const minimum = engines.node.replace('>=', '')
  if (isOlder(process.versions.node, minimum)) {
    console.error(`Glissade needs Node ${minimum} or newer (got ${process.versions.node}).`)
    process.exit(1)
  }

  const first = !existsSync(`${root}/node_modules/.modules.yaml`)
  if (first) console.log(`Installing packages with ${packageManager} ...`)
  const started = performance.now()
  // Windows starts npx, a .cmd file, through its shell only.
  const { status, stdout, stderr, error } = spawnSync('npx', ['-y', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    encoding: 'utf8',
    shell: WINDOWS,
  })
  if (status !== 0) {
    console.error(`${stdout ?? ''}${stderr ?? ''}`.trim())
    console.error(`Installing failed${error ? `: ${error.message}` : ''}.`)
    process.exit(1)
  }
  if (first) console.log(`Installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}
