/**
 * The same bits in browsers: on the main thread of an isolated page, in its worker, under a strict policy, and without
 * isolation, where there is one thread and the reason.
 */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { visit, type Browser } from './browser/visit.ts'
import { GOLDEN_HASH } from './golden-steps.ts'

const BROWSERS: readonly (Browser & { readonly name: string; readonly variable: string })[] = [
  {
    name: 'Chromium',
    variable: 'CHROME_PATH',
    path: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    options: (profile) => [
      '--headless=new',
      '--no-sandbox',
      '--no-first-run',
      '--disable-gpu',
      '--disable-background-networking',
      `--user-data-dir=${profile}`,
    ],
  },
  {
    name: 'Firefox',
    variable: 'FIREFOX_PATH',
    path: process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr',
    options: (profile) => ['--headless', '--no-remote', '--profile', profile],
  },
]
const PATIENCE = 300_000
/** A browser lets a worker that does not listen go on for 2 s after it was ended; then it may take 1 s to be noticed. */
const END_SECONDS = 2 + 1 + 2

for (const { name, variable, path, options } of BROWSERS)
  test(
    `${name} ends with the golden bits wherever it trains`,
    async ({ skip }) => {
      if (!existsSync(path)) skip(`no ${name}: there is no ${path}; set ${variable}`)
      const isolated = { because: null, hash: GOLDEN_HASH }
      expect(await visit({ path, options }, PATIENCE)).toEqual([
        { where: 'a page, isolated', asked: 1, threads: 1, ...isolated },
        { where: 'a page, isolated', asked: 2, threads: 2, ...isolated },
        { where: 'a page, isolated', asked: 4, threads: 4, ...isolated },
        { where: 'a worker of an isolated page', asked: 2, threads: 2, ...isolated },
        ...['one', 'one', 'all', 'all'].map((ended) => ({
          where: 'a page, isolated',
          ended,
          error: expect.stringMatching(/a thread of this backend failed|the device is lost/) as string,
          lost: expect.stringContaining('a thread of this backend failed') as string,
          seconds: expect.toSatisfy((seconds: number) => seconds < END_SECONDS) as number,
        })),
        { where: 'a page, policy', asked: 2, threads: 2, ...isolated },
        {
          where: 'a page, plain',
          asked: 2,
          threads: 1,
          because: expect.stringContaining('the page is not cross-origin isolated') as string,
          hash: GOLDEN_HASH,
        },
        {
          where: 'a page, strict',
          wasm: expect.stringContaining(
            "UnsupportedError: wasm: the policy of this page forbids WebAssembly; add 'wasm-",
          ) as string,
          unfusedBecause: expect.stringContaining('the policy of this page forbids it (EvalError') as string,
          violations: expect.any(Array) as string[],
        },
        { where: 'a page, trusted', wasm: '2 threads', unfusedBecause: null, violations: [] },
        {
          where: 'a page, untrusted',
          wasm: expect.stringMatching(
            /^1 threads workers could not be started: .*trusted-types of this page forbids the name 'glissade-wasm'$/s,
          ) as string,
          unfusedBecause: expect.stringMatching(
            /forbids it .*, and in trusted-types the name 'glissade-cpu'$/s,
          ) as string,
          violations: expect.any(Array) as string[],
        },
      ])
    },
    PATIENCE + 30_000,
  )
