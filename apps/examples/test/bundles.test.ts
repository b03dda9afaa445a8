import { expect, test } from 'vitest'
import { measure } from '../../../tools/bundle.mjs'

test('tensors of a bundle have their methods, whatever it imports', async () => {
  const { output } = await measure('apps/examples/test/bundles/rand-only.ts', { prints: 'The sum is' })
  expect(output).toBe('The sum is tensor(0.)\n')
})
