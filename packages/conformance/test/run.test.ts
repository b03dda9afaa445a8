/** How cases become reports: known failures that rot, excuses, filters, runners, badges, and what a failure says. */
import type { Backend } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { cases, fromJSON, headline, run, testBackend, toHTML, toJSON, type Report, type Result } from '../src/index.ts'
import { anyOf } from '../src/pattern.ts'
import { primitives } from '../src/primitives.ts'
import { summarize } from '../src/report.ts'
import { select, type Selection } from '../src/selection.ts'
import { hostBackend } from './host-backend.ts'
import { mutants } from './mutants/index.ts'

const withoutNaN = mutants.find(({ name }) => name === 'maximum drops a NaN')!
const SPECIAL = 'eager/maximum/float32/[36]x[36]/special'
/** It meets NaN too. */
const UNLIKE = 'eager/maximum/float32/[4099]x[4099]/every size, unlike'
const byStatus = (results: readonly Result[], status: string): string[] =>
  results.filter((result) => result.status === status).map(({ id }) => id)

describe('cases', () => {
  test('there are at least 3,000, and no id twice', () => {
    const ids = cases().map(({ id }) => id)
    expect(ids.length).toBeGreaterThanOrEqual(3000)
    expect(new Set(ids).size).toBe(ids.length)
  })
  test('an id is mode/op/dtype/shapes/what', () => {
    for (const { id } of cases()) expect(id.split('/').length).toBeGreaterThanOrEqual(5)
    expect(cases().map(({ id }) => id)).toContain('compiled/dot/float32/[3,4]x[4,5]/as they are, ordinary')
  })
  test('they run by themselves, without the runner', async () => {
    const one = cases().find(({ id }) => id === SPECIAL)!
    expect(await one.run(hostBackend())).toMatchObject({ ok: true, detail: '' })
  })
})

describe('a failure', () => {
  test('points at the number', async () => {
    const report = await run({ create: withoutNaN.create, only: SPECIAL })
    expect(report.results.find(({ id }) => id === SPECIAL)).toMatchObject({
      status: 'fail',
      worstUlp: Infinity,
      // NaN and infinities, 0, 1 and -2.5 against each other: 36 pairs, of which 5 have the NaN on the left alone.
      detail:
        'index 1 of 36: maximum(NaN, Infinity) = Infinity, want NaN | worst Infinity ulp at 1, allowed 0 | 5 of 36 differ',
    })
  })
  test('tells how far off a rounded value is', async () => {
    const rough = mutants.find(({ name }) => name === 'exp is 6 ulp off')!
    const report = await run({ create: rough.create, only: 'eager/exp/float32/[7]/ordinary' })
    const [result] = report.results
    expect(result!.detail).toMatch(
      /^index \d of 7: exp\(.+\) = .+, want .+ \| worst \d+(\.\d+)? ulp at \d, allowed 4 \| \d of 7 differ$/,
    )
    expect(result!.worstUlp).toBeGreaterThan(4)
  })
})

describe('known failures', () => {
  test('still run, and do not spoil conformance', async () => {
    const report = await run({
      create: withoutNaN.create,
      known: { [SPECIAL]: 'issue 12' },
      only: 'eager/maximum/float32/*special',
    })
    expect(report.results).toMatchObject([
      { id: SPECIAL, status: 'known', detail: expect.stringContaining('issue 12') as unknown },
    ])
  })
  test('one that passes is stale', async () => {
    const report = await run({
      create: () => hostBackend(),
      known: { '*/maximum/*special': 'fixed long ago' },
      only: SPECIAL,
    })
    expect(byStatus(report.results, 'stale')).toEqual([SPECIAL])
    expect(report.results[0]!.detail).toContain('take it off the list')
  })
  test('a pattern that matches nothing is stale', async () => {
    const report = await run({
      create: () => hostBackend(),
      known: { '*/maximun/*': 'a misspelt entry' },
      only: SPECIAL,
    })
    expect(byStatus(report.results, 'stale')).toEqual(['*/maximun/*'])
  })
})

describe('capabilities', () => {
  const narrow = (): Backend => {
    const whole = hostBackend()
    return {
      ...whole,
      capabilities: {
        ...whole.capabilities,
        dtypes: new Set(['float32', 'int32', 'bool']),
        limits: { allocationBytes: 2 ** 24, alignment: 16 },
      },
    }
  }
  test('what is not declared is excused, and says why', async () => {
    const report = await run({ create: narrow, only: 'eager/add/*' })
    const excused = byStatus(report.results, 'excused')
    expect(excused.length).toBeGreaterThan(0)
    expect(excused.every((id) => /float64|float16|uint8/.test(id))).toBe(true)
  })
  test('what needs more memory than there is is excused', async () => {
    const report = await run({ create: narrow, only: 'eager/large/int32/*' })
    expect(report.counts.excused).toBe(2)
  })
  test('WGSL may assume that there is no NaN where it computes, not where it chooses', async () => {
    const create = (): Backend => {
      const right = withoutNaN.create() as Backend
      return { ...right, capabilities: { ...right.capabilities, accuracy: 'wgsl' } }
    }
    expect((await run({ create, only: SPECIAL })).results).toMatchObject([{ status: 'fail' }])
    const added = SPECIAL.replace('maximum', 'add')
    expect((await run({ create, only: added })).results).toMatchObject([{ status: 'excused' }])
  })
})

describe('a run', () => {
  test('refuses a filter that matches nothing', async () => {
    await expect(run({ create: () => hostBackend(), only: 'eagre/*' })).rejects.toThrow("no case matches 'eagre/*'")
  })
  test('reports a backend that cannot be created', async () => {
    const create = async (): Promise<Backend> => Promise.reject(new Error('no adapter'))
    const report = await run({ create, only: SPECIAL })
    expect(report).toMatchObject({
      backend: 'none',
      conforming: false,
      results: [{ status: 'fail', detail: 'the backend was not created: no adapter' }],
    })
  })
  test('goes on with another device after one was lost', async () => {
    let created = 0
    const create = (): Backend => {
      const right = hostBackend()
      const broken = created++ === 0
      let lose: (error: Error) => void = () => {}
      const lost = new Promise<Error>((resolve) => (lose = resolve))
      const read: Backend['read'] = async (slice) => {
        if (!broken) return right.read(slice)
        const error = new Error('the device is gone')
        lose(error)
        throw error
      }
      return { ...right, lost, read }
    }
    const report = await run({ create, only: 'eager/add/float32/*/ordinary' })
    expect(report.counts).toMatchObject({ fail: 1, stale: 0 })
    expect(created).toBe(2)
  })
  test('tells its progress', async () => {
    const seen: string[] = []
    const report = await run({
      create: () => hostBackend(),
      only: 'eager/neg/*',
      progress: ({ id }, done, total) => seen.push(`${done}/${total} ${id}`),
    })
    expect(seen.at(-1)).toBe(`${report.results.length}/${report.results.length} ${report.results.at(-1)!.id}`)
  })
})

describe('testBackend', () => {
  type Registered = { name: string; fn: () => Promise<void> }
  const registered = (known: Record<string, string> = {}): Registered[] => {
    const tests: Registered[] = []
    testBackend({
      test: (name, fn) => tests.push({ name, fn }),
      create: withoutNaN.create,
      known,
      only: 'eager/maximum/float32/*',
    })
    return tests
  }
  const outcomes = async (tests: readonly Registered[]): Promise<string[]> => {
    const settled = await Promise.allSettled(tests.map(({ fn }) => fn()))
    return settled.flatMap(({ status }, i) => (status === 'rejected' ? [tests[i]!.name] : []))
  }
  test('one test per case fails where the case does, also where all start at once', async () => {
    expect(await outcomes(registered())).toEqual([UNLIKE, SPECIAL])
  })
  test('an excused case is skipped, with the reason, where the runner can', async () => {
    const tests: { name: string; fn: (context?: unknown) => Promise<void> }[] = []
    testBackend({
      test: (name, fn) => tests.push({ name, fn }),
      create: () => {
        const right = hostBackend()
        return { ...right, capabilities: { ...right.capabilities, dtypes: new Set(['float32', 'int32', 'bool']) } }
      },
      only: 'eager/neg/*/[7]/ordinary',
    })
    const skipped: string[] = []
    for (const { name, fn } of tests) await fn({ skip: (reason: string) => skipped.push(`${name}: ${reason}`) })
    expect(skipped).toEqual(
      ['float16', 'float64', 'uint8'].map(
        (dtype) => `eager/neg/${dtype}/[7]/ordinary: the backend does not declare ${dtype}`,
      ),
    )
  })
  test('a listed failure passes, a stale entry fails', async () => {
    const known = { [SPECIAL]: 'issue 12', [UNLIKE]: 'issue 12', 'no/such/*': 'gone' }
    expect(await outcomes(registered(known))).toEqual(['known: no/such/*'])
  })
})

describe('reports', () => {
  test('JSON goes there and back, infinities as the greatest number', async () => {
    const report = await run({ create: withoutNaN.create, only: SPECIAL })
    const back = fromJSON(toJSON(report))
    expect(back).toMatchObject({
      version: 1,
      kit: report.kit,
      backend: 'host',
      counts: report.counts,
      part: `only ${SPECIAL}`,
    })
    expect(back.results[0]!.worstUlp).toBe(Number.MAX_VALUE)
    expect(() => fromJSON('{"version":2}')).toThrow('a report of version 2, want 1')
  })
  test('the page holds what failed and fetches nothing', async () => {
    const page = toHTML(await run({ create: withoutNaN.create, only: 'eager/maximum/float32/*' }))
    expect(page).toContain(SPECIAL)
    expect(page).toContain('maximum(NaN, Infinity) = Infinity, want NaN')
    expect(page).not.toMatch(/(?:src|href)=|https?:|url\(|@import/)
  })
  test('names from a backend are text in the page', async () => {
    const page = toHTML(await run({ create: () => hostBackend(undefined, '<img onerror=x>'), only: SPECIAL }))
    expect(page).not.toContain('<img')
  })
  test('a run of some cases says so and earns nothing', async () => {
    const report = await run({ create: () => hostBackend(), only: SPECIAL })
    expect(report).toMatchObject({ conforming: false, verdict: 'in part', badges: [], part: `only ${SPECIAL}` })
    expect(headline(report)).toBe(`host ran in part (only ${SPECIAL}): 1 of 1 cases ran, 1 passed | no badges`)
  })
})

describe('what a report claims', () => {
  /** As if every case had come out so. */
  const report = (
    status: (id: string) => Result['status'],
    capabilities: Partial<Backend['capabilities']> = {},
    selection: Selection = {},
  ): Report => {
    const backend = hostBackend()
    const results = select(cases(), selection).map(({ id, level }): Result => ({
      id,
      level,
      status: status(id),
      worstUlp: 0,
      allowedUlp: 0,
      ms: 0,
      detail: status(id) === 'pass' ? '' : 'issue 12 | index 0 of 1',
    }))
    return summarize({ ...backend, capabilities: { ...backend.capabilities, ...capabilities } }, results, selection)
  }
  const matches = (pattern: string): ((id: string) => boolean) => anyOf(pattern)
  const runs = (...names: string[]): Partial<Backend['capabilities']> => ({ runs: new Set(names) })

  test('all badges, where all passed and composites are its own', () => {
    expect(report(() => 'pass', runs('softmax', 'sgd')).badges).toEqual(['runs', 'trains', 'exact SGD', 'fused'])
  })
  test('who runs nothing but lists it all as known conforms to nothing', () => {
    const none = report(() => 'known')
    expect(none).toMatchObject({ conforming: false, verdict: 'does not conform', badges: [] })
    expect(headline(none)).toMatch(
      /^host does not conform: [\d,]+ of [\d,]+ cases ran, 0 passed, [\d,]+ failed as known/,
    )
    expect(toHTML(none)).toContain('class="verdict no"')
  })
  test('a few known failures are in the verdict and the headline, with their reason', () => {
    const some = report((id) => (matches('eager/exp/*every size')(id) ? 'known' : 'pass'))
    expect(some).toMatchObject({ conforming: false, verdict: 'conforms but for known failures' })
    expect(headline(some)).toContain('3 failed as known (3 as issue 12)')
    expect(some.badges).not.toContain('runs')
  })
  test('an operation that fails in most of its cases does not conform, known or not', () => {
    const without = report((id) => (matches('*/dot/*')(id) ? 'known' : 'pass'))
    expect(without.verdict).toBe('does not conform')
    expect(headline(without)).toContain('fail in most of their cases: dot')
  })
  test('what was excused is counted, with its reason', () => {
    const narrow = report((id) => (matches('*/float64/*')(id) ? 'excused' : 'pass'))
    expect(narrow.verdict).toBe('conforms')
    expect(headline(narrow)).toMatch(/were excused \([\d,]+ as issue 12\) \| runs, trains, exact SGD$/)
  })
  test('a badge needs its own cases to have passed', () => {
    expect(report(() => 'excused')).toMatchObject({ verdict: 'does not conform', badges: [] })
    expect(report((id) => (matches('*/training/*')(id) ? 'excused' : 'pass')).badges).not.toContain('trains')
    expect(report((id) => (matches('eager/tanh/*')(id) ? 'excused' : 'pass')).badges).not.toContain('runs')
    expect(report((id) => (matches('*/sgd*')(id) ? 'excused' : 'pass')).badges).not.toContain('exact SGD')
  })
  test('fused needs composites that have cases, each of them', () => {
    expect(report(() => 'pass', runs()).badges).not.toContain('fused')
    expect(report(() => 'pass', runs('neg')).badges).not.toContain('fused')
    expect(report(() => 'pass', runs('softmax', 'unheardOf')).badges).not.toContain('fused')
    expect(report((id) => (matches('*/softmax/*')(id) ? 'excused' : 'pass'), runs('softmax')).badges).not.toContain(
      'fused',
    )
  })
  test('the fast part earns runs and no more', () => {
    expect(report(() => 'pass', {}, { fast: true })).toMatchObject({ verdict: 'in part', badges: ['runs'] })
  })
})

describe('which cases run', () => {
  const ids = (selection: Selection): string[] => select(cases(), selection).map(({ id }) => id)
  test('several patterns, and all but some', () => {
    const some = ids({ only: ['eager/neg/*', 'eager/abs/*'], except: '*float64*' })
    expect(some.every((id) => /^eager\/(neg|abs)\//.test(id) && !id.includes('float64'))).toBe(true)
    expect(some.some((id) => id.includes('/abs/'))).toBe(true)
  })
  test('a pattern of either list that matches nothing is refused', () => {
    expect(() => ids({ except: ['eagre/*'] })).toThrow("no case matches 'eagre/*'")
    expect(() => ids({ only: 'eager/neg/*', except: '*' })).toThrow('is excepted')
  })
  test('the fast part has some of every primitive and less than half of all', () => {
    const fast = ids({ fast: true })
    for (const op of primitives) expect(fast.some((id) => id.startsWith(`eager/${op}/`))).toBe(true)
    expect(fast.length).toBeLessThan(cases().length / 2)
  })
})

describe('promises that never come', () => {
  test('are waited for once; after a few the rest does not run', async () => {
    const create = (): Backend => ({ ...hostBackend(), read: async () => new Promise(() => {}) })
    const started = performance.now()
    const report = await run({ create, only: 'eager/add/float32/*', patience: 30 })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(report.results[0]!.detail).toBe('took longer than 0.03 s')
    expect(report.results.at(-1)!.detail).toMatch(/^not run: 3 cases before it never ended, the first was eager\/add\//)
  })
  test('a ready that rejects is a failure of its case', async () => {
    const create = (): Backend => {
      const right = hostBackend()
      return {
        ...right,
        prepare: (program) => ({ ...right.prepare(program), ready: Promise.reject(new Error('does not compile')) }),
      }
    }
    const report = await run({ create, only: 'eager/add/float32/[7]x[7]/ordinary' })
    expect(report.results).toMatchObject([{ status: 'fail', detail: 'does not compile' }])
  })
})
