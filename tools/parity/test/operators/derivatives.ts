/** Results, and gradients of their weighted sum, against PyTorch's. */
import { grad, isTensor, tensor, type Tensor } from '@glissade/core'
import { CANCELLED, difference } from './compare.ts'
import { elementsOf, Reader, type TensorData, type Value } from './sample.ts'

/** Tensors and values of a result, in order. */
export function flat(result: unknown, into: unknown[] = []): unknown[] {
  if (result === null || result === undefined) return into
  if (isTensor(result) || typeof result !== 'object') into.push(result)
  else for (const part of Object.values(result)) flat(part, into)
  return into
}

/** Eighths, as sample.py has them. */
function weights(shape: readonly number[], k: number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1)
  return tensor(
    Float32Array.from({ length: count }, (_, i) => (((i * 7 + k * 5 + 3) % 11) - 5) / 8),
    { shape },
  )
}
function weighted(outputs: readonly unknown[]): Tensor | null {
  let total: Tensor | null = null
  for (const [k, out] of outputs.entries()) {
    if (!isTensor(out) || !out.requiresGrad) continue
    const part: Tensor = out.mul(weights(out.shape, k).to(out.dtype)).sum()
    total = total === null ? part : total.add(part)
  }
  return total
}
export type Gradients = readonly (Tensor | null)[]
export function gradientsOf(outputs: readonly unknown[], leaves: readonly Tensor[], createGraph = false): Gradients {
  const total = weighted(outputs)
  return total === null ? leaves.map(() => null) : grad(total, leaves, { allowUnused: true, createGraph })
}

export function* differencesOf(what: string, got: readonly unknown[], wanted: readonly Value[]): Generator<string> {
  if (got.length !== wanted.length) yield `${what}: ${got.length}, want ${wanted.length}`
  else
    for (const [k, one] of wanted.entries()) {
      const found = difference(got[k], one)
      if (found !== null) yield `${what} ${k}: ${found}`
    }
}
/**
 * A gradient that is null in PyTorch may be zeros here, and zeros there may be null here. At operands that are NaN gradients are
 * not compared: there formulas differ between versions of PyTorch.
 */
export function* differencesOfGradients(
  what: 'gradient' | 'second gradient',
  got: Gradients,
  wanted: readonly (TensorData | null)[],
  operands: readonly TensorData[],
): Generator<string> {
  for (const [k, one] of wanted.entries()) {
    const found = got[k] ?? null
    if (one !== null && found !== null) {
      const text = difference(found, one, {
        times: what === 'gradient' ? 2 : 4,
        floor: CANCELLED,
        except: nansAt(one.s, operands),
      })
      if (text !== null) yield `${what} ${k}: ${text}`
    } else if (one !== null && !isZero(new Reader().tensor(one))) yield `${what} ${k}: none`
    else if (found !== null && !isZero(found)) yield `${what} ${k}: there is one, and none in PyTorch`
  }
}
const isZero = (x: Tensor): boolean => x.dataSync().every((element) => element === 0)

/** Where an operand of this shape is NaN. */
function nansAt(shape: readonly number[], operands: readonly TensorData[]): boolean[] | null {
  let found: boolean[] | null = null
  for (const operand of operands) {
    if (typeof operand.d !== 'string' || String(operand.s) !== String(shape)) continue
    for (const [i, element] of Array.from(elementsOf(operand)).entries())
      if (Number.isNaN(element)) (found ??= [])[i] = true
  }
  return found
}
