/** errors.json: the same programs are errors, with PyTorch's sentence or one that says as much. */
import { isGlissadeError, setDefaultDevice } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { golden } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { meaningless, rows } from './error-cases.ts'

interface Case {
  readonly id: string
  readonly code: string
  readonly raises: string | null
  readonly message: string | null
  readonly warnings: readonly string[]
}

/** Where PyTorch 1.13 and 2.x differ, 2.x counts. */
const cases = new Map(
  [...golden<Case>('errors').cases, ...golden<Case>('errors_torch2.13').cases].map((fixture) => [fixture.id, fixture]),
)

/** `KeyError`'s text is the key in quotes. */
const sentence = ({ raises, message }: Case): string =>
  raises === 'KeyError' ? message!.replaceAll('"', '') : message!

describe.each(Object.entries(backends))('%s', (_, create) => {
  let warnings: string[] = []
  let before: optim.WarningHandler
  beforeAll(async () => setDefaultDevice(await create()))
  beforeEach(() => {
    warnings = []
    before = optim.onWarning((message) => warnings.push(message))
  })
  afterEach(() => void optim.onWarning(before))

  const rest = [...cases.values()].filter(({ id }) => !(id in meaningless))
  test.each(rest)('$id: $code', async (fixture) => {
    const row = rows[fixture.id]
    if (row === undefined) throw new Error(`error-cases.ts has no row for ${fixture.id}`)
    let error: unknown = null
    try {
      await row.run()
    } catch (caught) {
      error = caught
    }
    if (fixture.raises === null) {
      expect(error).toBeNull()
      expect(warnings).toHaveLength(fixture.warnings.length)
      // Fixtures cut long texts off.
      fixture.warnings.forEach((warning, i) =>
        expect(warnings[i]).toContain(warning.replace(/^\w+: /, '').slice(0, 250)),
      )
      return
    }
    if (!isGlissadeError(error)) throw new Error(`an error of this library was expected, not ${String(error)}`)
    const { message } = error as Error
    if (row.says === undefined) expect(message).toContain(sentence(fixture))
    else expect(message).toMatch(row.says)
  })

  test.for(Object.entries(meaningless))('%s', ([, reason], { skip }) => skip(reason))

  test('every row belongs to a case, and none is both tested and meaningless', () => {
    for (const id of [...Object.keys(rows), ...Object.keys(meaningless)])
      expect([...cases.keys()], `row ${id}`).toContain(id)
    expect(Object.keys(rows).filter((id) => id in meaningless)).toEqual([])
  })
})
