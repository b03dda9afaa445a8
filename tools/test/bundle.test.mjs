import { expect, test } from 'vitest'
import { measure } from '../bundle.mjs'

const whole = { contains: ['Loss after one update: '], prints: 'Loss after one update' }

test('a bundle is minified, compressed and run', async () => {
  const { minified, gzip, output } = await measure('tools/test/bundle/program.ts', whole)
  // let o="Loss after one update: "; ... 1.3904 ... and the export: far less than the source, which is mostly comment.
  expect(minified).toBeLessThan(200)
  expect(gzip).toBeGreaterThan(whole.prints.length)
  expect(output).toBe('Loss after one update: 1.3904\n')
})

test('an empty bundle is an error, not a small one', async () => {
  await expect(measure('tools/test/bundle/empty.ts', whole)).rejects.toThrow(
    'tools/test/bundle/empty.ts: the bundle does not contain Loss after one update: ',
  )
  await expect(measure('tools/test/bundle/empty.ts', { prints: 'Loss' })).rejects.toThrow(
    "the bundle prints no line that begins with 'Loss' (got nothing)",
  )
})

test('a bundle that does not run is an error', async () => {
  await expect(measure('tools/test/bundle/broken.ts')).rejects.toThrow('no such device')
})

test('what is loaded on demand does not count, unless the program needs it to start', async () => {
  const { gzip, onDemand, output } = await measure('tools/test/bundle/on-demand.ts', {
    prints: 'Loss after one update',
  })
  expect(output).toBe('Loss after one update: none yet\n')
  expect(gzip).toBeGreaterThan(0)
  expect(onDemand.gzip).toBeGreaterThan(0)
  await expect(measure('tools/test/bundle/hidden.ts')).rejects.toThrow('the bundle does not run')
})
