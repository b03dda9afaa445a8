/** Times a session with Benchmark.js: the median seconds of one step, and how much of a processor it had meanwhile. */
import Benchmark from 'benchmark'
import { median } from './median.mjs'
import { CHECKED } from './works.mjs'

/** Steps are timed in blocks of so many seconds: looks at the clock and reads of results stay small beside them. */
const BLOCK = 0.02

/** Does work and adds up the time on the clock and on processors; Benchmark.js rests between its samples. */
function stopwatch() {
  let [wall, cpu] = [0, 0]
  return {
    async time(work) {
      const [start, from] = [performance.now(), process.cpuUsage()]
      const result = await work()
      const { user, system } = process.cpuUsage(from)
      const took = performance.now() - start
      wall += took
      cpu += (user + system) / 1000
      return { result, seconds: took / 1000 }
    },
    /** How much of a processor there was. */
    share: () => cpu / wall,
  }
}

/**
 * @param session `run(first, count, reads)` does steps first, first + 1, ... to their ends, and gives numbers of the last:
 *   the loss, or with `reads` elements of the result (large results are not read while the clock runs)
 * @param seconds how long to measure; steps so slow that the checked ones took longer are timed by those
 */
export async function measure(session, seconds) {
  const check = []
  const times = []
  const checks = stopwatch()
  for (let i = 0; i < CHECKED; i++) {
    const { result, seconds: took } = await checks.time(() => session.run(i, 1, true))
    check.push(...result)
    times.push(took)
  }
  const first = 1000 * times[0]
  const later = times.slice(1)
  if (later.reduce((a, b) => a + b) > seconds) return { check, first, seconds: median(later), share: checks.share() }

  const blocks = stopwatch()
  let done = CHECKED
  let count = 1
  const block = async () => {
    const { seconds: took } = await blocks.time(() => session.run(done, count, false))
    done += count
    return took
  }
  for (let took = await block(); took < BLOCK; took = await block())
    count = Math.ceil(count * Math.min(8, (1.2 * BLOCK) / took))
  const sample = await new Promise((resolve, reject) => {
    new Benchmark({
      defer: true,
      maxTime: seconds,
      fn: (deferred) => {
        block().then(() => deferred.resolve(), reject)
      },
      onComplete: ({ target }) => resolve(target.stats.sample),
      onError: ({ target }) => reject(target.error),
    }).run({ async: true })
  })
  return { check, first, seconds: median(sample) / count, share: blocks.share() }
}
