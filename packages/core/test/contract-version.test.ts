/** A backend says for which contract it was written, and core runs those of its own. */
import { describe, expect, test } from 'vitest'
import { isGlissadeError, ones, setDefaultDevice, zeros, type Backend } from '../src/index.ts'
import * as nn from '../src/nn/index.ts'
import { queuedBackend } from './queued-backend.ts'

const ours = await queuedBackend({ readsAtOnce: true })
setDefaultDevice(ours)
const later = { ...ours, contract: 2 } as unknown as Backend

const doors: Readonly<Record<string, () => unknown>> = {
  setDefaultDevice: () => setDefaultDevice(later),
  'a tensor made there': () => zeros([2], { device: later }),
  'a tensor moved there': () => ones([2]).to(later),
  'a module moved there': () => new nn.Linear(2, 1).to(later),
}
describe('a backend of another contract is refused', () => {
  test.each(Object.keys(doors))('%s', (door) => {
    let error: unknown = null
    try {
      doors[door]!()
    } catch (thrown) {
      error = thrown
    }
    if (!isGlissadeError(error)) throw new Error('no refusal in the words of the library', { cause: error })
    expect(error.message).toContain('it speaks contract 2, and this core contract 1')
  })
})
