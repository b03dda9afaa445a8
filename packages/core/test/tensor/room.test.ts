/** What is larger than there is room for is refused before anything of its size is made, on the device or on the host. */
import { beforeEach, describe, expect, test } from 'vitest'
import * as F from '../../src/functional/index.ts'
import * as core from '../../src/index.ts'
import { arange, compile, isGlissadeError, linspace, ones, setDefaultDevice, setMemoryBudget } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

const BUDGET = 2 ** 20
const x = (): core.Tensor => ones([3])
const calls: Readonly<Record<string, () => unknown>> = {
  zeros: () => core.zeros([1e9, 1e9]),
  ones: () => ones(1e9, 1e9, 1e9),
  empty: () => core.empty([1e10]),
  full: () => core.full([1e10], 1),
  eye: () => core.eye(1e6),
  arange: () => arange(1e9),
  'arange of fractions': () => arange(0, 1e12, 0.5),
  linspace: () => linspace(0, 1, 1e10),
  logspace: () => core.logspace(0, 1, 1e9),
  rand: () => core.rand(1e10),
  randn: () => core.randn([1e5, 1e5]),
  randint: () => core.randint(0, 5, [1e10]),
  randperm: () => core.randperm(1e9),
  normal: () => core.normal(0, 1, [1e10]),
  multinomial: () => core.multinomial(x(), 1e10, { replacement: true }),
  clone: () => x().reshape([1, 3]).expand(1e9, 3).clone().add(1),
  repeat: () => x().repeat(1e9),
  tile: () => x().tile(1e9, 1e9, 1e9),
  repeatInterleave: () => x().repeatInterleave(1e10),
  diagEmbed: () => x().diagEmbed({ offset: 1e6 }),
  outer: () => ones(1e5).outer(ones(1e5)),
  oneHot: () => F.oneHot(arange(4), 1e9),
  pad: () => F.pad(x(), [1e9, 1e9]),
  cat: () => core.cat(Array.from({ length: 3 }, () => ones(1e5))),
}

describe.each<[string, (run: () => unknown) => unknown]>([
  ['eager', (run) => run()],
  ['recorded', (run) => compile(() => void run())()],
])('%s', (kind, how) => {
  beforeEach(async () => {
    setDefaultDevice(await queuedBackend())
    setMemoryBudget(BUDGET)
  })
  /** What a recorded function computes on the way is fused, or never computed: only what it makes and draws is refused at once. */
  const EAGER = ['multinomial', 'clone', 'repeat', 'repeatInterleave', 'diagEmbed', 'outer', 'oneHot', 'pad', 'cat']
  test.each(Object.entries(calls).filter(([name]) => kind === 'eager' || !EAGER.includes(name)))(
    '%s',
    async (_, run) => {
      const started = performance.now()
      let error: unknown = null
      try {
        await how(run)
      } catch (caught) {
        error = caught
      }
      expect(isGlissadeError(error, 'MemoryError') ? null : (error ?? 'nothing was refused')).toBeNull()
      expect(performance.now() - started).toBeLessThan(1000)
    },
  )
})
