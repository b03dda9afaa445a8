/** Every shader of training steps is one that WebGPU takes, whatever lies beside it. No driver is needed. */
import { expect, test } from 'vitest'
import { planOf, type Plan } from '../src/plan/plan.ts'
import { shaderOf, type Pattern } from '../src/plan/shader.ts'
import { refusal, validating } from './dawn.ts'
import { LIMITS, programOf } from './recorded.ts'
import { WORKS } from './works.ts'

const apart = (count: number): Pattern => ({
  bindings: count,
  at: Array.from({ length: count }, (_, binding) => ({ binding, word: 0 })),
})
/** All storages in one range of a buffer, at distances of an alignment. */
const together = (count: number): Pattern => ({
  bindings: 1,
  at: Array.from({ length: count }, (_, place) => ({ binding: 0, word: 64 * place })),
})

/** The code of a plan's shaders, each once. */
const codeOf = ({ dispatches, scalars, mayFail }: Plan, pattern: (storages: number) => Pattern): string[] => [
  ...new Set(
    dispatches.map(
      (dispatch) => shaderOf(dispatch, pattern(dispatch.storages.length), scalars.length + mayFail.length).code,
    ),
  ),
]

for (const [name, work] of Object.entries(WORKS))
  test(`${name}: every shader is valid`, async () => {
    const device = await validating()
    const plan = planOf(await programOf(work), LIMITS)
    const codes = [...codeOf(plan, apart), ...codeOf(plan, together)]
    expect(codes.length).toBeGreaterThan(0)
    const refused: string[] = []
    for (const code of codes) {
      const reason = await refusal(device, code)
      if (reason !== null) refused.push(`${reason} in\n${code}`)
    }
    expect(refused).toEqual([])
    device.destroy()
  })

for (const name of ['seed', 'smooth'] as const)
  test(`${name}: the code is what it was`, async () => {
    const plan = planOf(await programOf(WORKS[name]), LIMITS)
    await expect(codeOf(plan, apart).join('\n\n')).toMatchFileSnapshot(`snapshots/${name}.wgsl`)
  })
