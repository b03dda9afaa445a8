/** The model of the optimizer fixtures: Sequential(Linear, Tanh, Linear) with named parameters, and its loss. */
import { tensor, type Tensor } from '@glissade/core'
import { linear, mseLoss } from '@glissade/core/functional'
import type * as optim from '@glissade/core/optim'
import { expect } from 'vitest'
import { numbers, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { expectTensor, load, type Tolerance } from './tensors.ts'

/** What the cases of a set share. */
export interface Setting {
  readonly initial: Readonly<Record<string, GoldenTensor>>
  readonly x: GoldenTensor
  readonly target: GoldenTensor
}
export type Parameters = Readonly<Record<string, Tensor>>

export const parametersOf = (initial: Setting['initial']): Parameters =>
  Object.fromEntries(
    Object.entries(initial).map(([name, value]) => [
      name,
      tensor(numbers(value), { shape: value.shape, requiresGrad: true }),
    ]),
  )

export const inputsOf = ({ x, target }: Setting): { x: Tensor; target: Tensor } => ({
  x: load(x),
  target: load(target),
})

export function lossOf(p: Parameters, { x, target }: { readonly x: Tensor; readonly target: Tensor }): Tensor {
  const hidden = linear(x, p['0.weight']!, p['0.bias']).tanh()
  return mseLoss(linear(hidden, p['2.weight']!, p['2.bias']), target)
}

export async function expectParameters(
  p: Parameters,
  wanted: Readonly<Record<string, GoldenTensor>>,
  tolerance: Tolerance,
  what: string,
): Promise<void> {
  for (const [name, value] of Object.entries(wanted)) await expectTensor(p[name]!, value, tolerance, `${name} ${what}`)
}

/** State tensors by parameter; null where there must be none. */
export async function expectState(
  optimizer: optim.AnyOptimizer,
  p: Parameters,
  state: string,
  wanted: Readonly<Record<string, GoldenTensor | null>>,
  tolerance: Tolerance,
): Promise<void> {
  for (const [name, value] of Object.entries(wanted)) {
    const got = optimizer.state.get(p[name]!)?.get(state)
    if (value === null) expect(got, `${state} of ${name}`).toBeUndefined()
    else await expectTensor(got ?? null, value, tolerance, `${state} of ${name}`)
  }
}
