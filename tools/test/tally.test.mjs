import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failedTasks, tally } from '../tally.mjs'

let workspace = ''
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'glissade-tally-'))
})
afterEach(() => rmSync(workspace, { recursive: true }))

/** @param {string} path @param {unknown} content */
function write(path, content) {
  const file = join(workspace, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(content))
}

/** @param {string} folder @param {unknown[]} [records] */
function member(folder, records) {
  write(`${folder}/package.json`, { name: `@glissade/${folder.split('/').at(-1)}`, scripts: { test: 'vitest run' } })
  if (records) write(`${folder}/test-results/tests.json`, records)
}

const passed = { file: 'test/a.test.ts', name: 'adds', state: 'passed' }
const failed = { file: 'test/a.test.ts', name: 'divides', state: 'failed', message: 'want 2, got 3\n    at line 7' }
const skipped = { file: 'test/gpu.test.ts', name: 'runs', state: 'skipped', reason: 'no adapter' }
const unexplained = { file: 'test/gpu.test.ts', name: 'waits', state: 'skipped' }

test('reports of packages, apps and tools add up to one line', () => {
  for (const folder of ['packages/core', 'apps/examples', 'tools']) member(folder, [passed])
  expect(tally(workspace, [])).toEqual({ lines: ['3 passed, 0 failed'], passed: 3, failed: 0, skipped: 0 })
})

test('failed and skipped tests are named above it, with their reasons', () => {
  member('packages/core', [passed, failed, skipped, unexplained])
  expect(tally(workspace, ['@glissade/core#test']).lines).toEqual([
    'skipped packages/core test/gpu.test.ts > runs: no adapter',
    'skipped packages/core test/gpu.test.ts > waits: no reason given',
    'failed packages/core test/a.test.ts > divides: want 2, got 3',
    '1 passed, 1 failed, 2 skipped',
  ])
})

test('many that were skipped for one reason are a line', () => {
  const many = Array.from({ length: 11 }, (_, i) => ({ ...skipped, name: `runs ${i}` }))
  member('packages/core', [passed, ...many, unexplained])
  expect(tally(workspace, []).lines).toEqual([
    'skipped 11 of packages/core test/gpu.test.ts: no adapter',
    'skipped packages/core test/gpu.test.ts > waits: no reason given',
    '1 passed, 0 failed, 12 skipped',
  ])
})

test('a check that failed is a failure, and so is a test run that failed without a failed test', () => {
  member('packages/core', [passed])
  expect(tally(workspace, ['//#typecheck', '@glissade/core#lint', '@glissade/core#test']).lines).toEqual([
    'failed check typecheck',
    'failed check @glissade/core#lint',
    'failed check @glissade/core#test',
    '1 passed, 3 failed',
  ])
})

test('a package whose tests left no report is a failure', () => {
  member('packages/core', [passed])
  member('packages/cpu')
  expect(tally(workspace, ['@glissade/cpu#test']).lines).toEqual([
    'failed packages/cpu: its tests left no report',
    '1 passed, 1 failed',
  ])
})

test('failed tasks are read from what turbo wrote, and a run that wrote nothing has failed', () => {
  const tasks = [
    { taskId: '@glissade/core#build', execution: { exitCode: 0 } },
    { taskId: '@glissade/core#lint', execution: { exitCode: 1 } },
    { taskId: '@glissade/core#transit' },
  ]
  write('.turbo/runs/1.json', { tasks })
  expect(failedTasks(workspace, 1)).toEqual(['@glissade/core#lint'])
  expect(failedTasks(workspace, 2)).toEqual(['@glissade/core#lint', 'turbo (1 of 2 runs left a summary)'])
})
