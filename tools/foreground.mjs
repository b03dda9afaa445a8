/** Runs a program that owns the terminal, and waits for it also where it is interrupted. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'

/**
 * Ctrl-C reaches the program itself, as it does all that runs in the terminal; this process outlives it, to take the prompt off
 * the line that the program was writing.
 * @param {readonly string[]} args of Node
 * @param {string} cwd
 * @returns {Promise<number>} the code to exit with: 130 after Ctrl-C
 */
export async function foreground(args, cwd) {
  const outlive = () => {}
  process.on('SIGINT', outlive)
  const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' })
  const [code, signal] = /** @type {[number | null, NodeJS.Signals | null]} */ (await once(child, 'exit'))
  process.off('SIGINT', outlive)
  if (signal === null) return code ?? 1
  if (process.stdout.isTTY) process.stdout.write('\n')
  return 128 + constants.signals[signal]
}
