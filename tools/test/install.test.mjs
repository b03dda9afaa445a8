import { expect, test } from 'vitest'
import { isOlder } from '../install.mjs'

test('versions are compared number by number', () => {
  expect(isOlder('20.18.3', '20.19')).toBe(true)
  expect(isOlder('18.99.0', '20.19')).toBe(true)
  expect(isOlder('20.19.0', '20.19')).toBe(false)
  expect(isOlder('20.100.0', '20.19')).toBe(false)
  expect(isOlder('22.0.0', '20.19')).toBe(false)
})
