/** One peer at one work in a process of its own; the last line it prints is its result: `node peer.mjs PEER FOLDER SECONDS`. */
import { readData } from './data.mjs'
import { measure } from './measure.mjs'
import { CannotError, peers } from './peers.mjs'

const [name, folder, seconds] = process.argv.slice(2)
const { module, options } = peers[name]
const { start } = await import(`./peers/${module}.mjs`)
try {
  const session = await start(readData(folder), options)
  const result = await measure(session, Number(seconds))
  console.log(JSON.stringify({ ...result, ...session.report?.() }))
} catch (error) {
  if (!(error instanceof CannotError)) throw error
  console.log(JSON.stringify({ cannot: error.message }))
}
process.exit()
