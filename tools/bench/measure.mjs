/** Times a session with Benchmark.js: first the steps that are compared with other peers, then turns of the clock. */
import Benchmark from 'benchmark'
import { median } from './median.mjs'
import { CHECKED } from './works.mjs'

/** Steps are timed in blocks of so many seconds: looks at the clock and reads of results stay small beside them. */
const BLOCK = 0.02

/** What work took on the clock, and how much of a processor it had meanwhile. */
async function timed(work) {
  const [start, from] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(from)
  const took = performance.now() - start
  return { result, seconds: took / 1000, share: (user + system) / 1000 / took }
}

/**
 * @param session `run(first, count, reads)` does steps first, first + 1, ... to their ends, and gives numbers of the last:
 *   the loss, or with `reads` elements of the result (large results are not read while the clock runs)
 * @returns the numbers of the first steps, milliseconds of the first and the median seconds of the others
 */
export async function checked(session) {
  const steps = []
  for (let i = 0; i < CHECKED; i++) steps.push(await timed(() => session.run(i, 1, true)))
  const [first, ...later] = steps
  return {
    check: steps.flatMap(({ result }) => result),
    first: 1000 * first.seconds,
    seconds: median(later.map(({ seconds }) => seconds)),
    share: median(later.map(({ share }) => share)),
  }
}

/** After `checked`: gives a function that measures for so many seconds (one block at least) and gives the median of a step. */
export async function stopwatch(session) {
  let done = CHECKED
  let count = 1
  const shares = []
  const block = async () => {
    const { seconds, share } = await timed(() => session.run(done, count, false))
    done += count
    shares.push(share)
    return seconds
  }
  for (let took = await block(); took < BLOCK; took = await block())
    count = Math.ceil(count * Math.min(8, (1.2 * BLOCK) / took))
  return async (maxTime) => {
    shares.length = 0
    const sample = await new Promise((resolve, reject) => {
      new Benchmark({
        defer: true,
        maxTime,
        minTime: BLOCK,
        minSamples: 1,
        fn: (deferred) => {
          block().then(() => deferred.resolve(), reject)
        },
        onComplete: ({ target }) => resolve(target.stats.sample),
        onError: ({ target }) => reject(target.error),
      }).run({ async: true })
    })
    return { seconds: median(sample) / count, share: median(shares) }
  }
}
