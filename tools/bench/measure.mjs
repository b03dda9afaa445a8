/** Times a session with Benchmark.js: the median seconds of one step, and how much of a processor it had meanwhile. */
import Benchmark from 'benchmark'
import { median } from './median.mjs'
import { CHECKED } from './works.mjs'

/** Steps are timed in blocks of so many seconds: looks at the clock and reads of results stay small beside them. */
const BLOCK = 0.02

/**
 * @param session `run(first, count, reads)` does steps first, first + 1, ... to their ends, and gives numbers of the last:
 *   the loss, or with `reads` elements of the result (large results are not read while the clock runs)
 * @param seconds how long to measure; steps so slow that the checked ones took longer are timed by those
 */
export async function measure(session, seconds) {
  const check = []
  const times = []
  for (let i = 0; i < CHECKED; i++) {
    const start = performance.now()
    check.push(...(await session.run(i, 1, true)))
    times.push((performance.now() - start) / 1000)
  }
  const first = 1000 * times[0]
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const share = () => {
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1000 / (performance.now() - wall)
  }
  if (times.slice(1).reduce((a, b) => a + b) > seconds)
    return { check, first, seconds: median(times.slice(1)), share: null }

  let done = CHECKED
  let count = 1
  const block = async () => {
    await session.run(done, count, false)
    done += count
  }
  for (;;) {
    const start = performance.now()
    await block()
    const took = (performance.now() - start) / 1000
    if (took >= BLOCK) break
    count = Math.ceil(count * Math.min(8, (1.2 * BLOCK) / took))
  }
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
  return { check, first, seconds: median(sample) / count, share: share() }
}
