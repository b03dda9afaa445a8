/**
 * One peer at one work in a process of its own: `node peer.mjs PEER FOLDER`. Prints a line of JSON about its first steps;
 * then, for every line of standard input, measures for so many seconds and prints a line about that.
 */
import { createInterface } from 'node:readline'
import { readData } from './data.mjs'
import { checked, stopwatch } from './measure.mjs'
import { CannotError, peers } from './peers.mjs'

const print = (result) => console.log(JSON.stringify(result))

const [name, folder] = process.argv.slice(2)
const { module, options } = peers[name]
const { start } = await import(`./peers/${module}.mjs`)
try {
  const session = await start(readData(folder), options)
  const result = await checked(session)
  print({ ...result, ...session.report?.() })
  let measure
  for await (const seconds of createInterface({ input: process.stdin })) {
    measure ??= await stopwatch(session)
    print(await measure(Number(seconds)))
  }
} catch (error) {
  if (!(error instanceof CannotError)) throw error
  print({ cannot: error.message })
}
process.exit()
