/** A peer at a work as the run sees it: a process that answers questions one after another. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { peers } from './peers.mjs'

const here = import.meta.dirname

/** What a process that ended without an answer wrote, as one line. */
function reason(text) {
  const lines = text.trim().split('\n')
  return (lines.find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines[0]).trim() || 'ended without an answer'
}

/**
 * Starts the process, which does its first steps.
 * @returns its first `answer`, `turn(seconds)` for each further one, and `stop()`; an answer may be `{ cannot }` with the
 *   reason, and `failed` besides where that is a mistake
 */
export async function startCell(peer, folder, python) {
  const [command, args] = peers[peer].python
    ? [python, [join(here, 'peers', peers[peer].python), folder]]
    : [process.execPath, [join(here, 'peer.mjs'), peer, folder]]
  const child = spawn(command, args, { cwd: here })
  let errors = ''
  let ended
  child.stderr.on('data', (data) => (errors += data))
  child.stdin.on('error', () => {}) // The process is gone; its end says why.
  child.on('error', ({ code, message }) => {
    ended = {
      cannot: code === 'ENOENT' ? `${command} is not installed` : `failed: ${message}`,
      failed: code !== 'ENOENT',
    }
  })
  const closed = new Promise((resolve) => {
    child.on('close', () => resolve((ended ??= { cannot: `failed: ${reason(errors)}`, failed: true })))
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  async function answer() {
    for (let line = await lines.next(); !line.done; line = await lines.next())
      if (line.value.startsWith('{"')) return JSON.parse(line.value) // Some libraries print words of their own.
    return closed
  }
  return {
    answer: await answer(),
    turn(seconds) {
      child.stdin.write(`${seconds}\n`)
      return answer()
    },
    async stop() {
      child.stdin.end()
      child.kill()
      await closed
    },
  }
}
