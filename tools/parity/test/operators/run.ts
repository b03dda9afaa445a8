/** Runs samples in every way there is, and says what differs. */
import { compile, isGlissadeError, isTensor, manualSeed, scope, type Tensor } from '@glissade/core'
import { invoke, twinsOf, type Call, type Rule } from './bind.ts'
import { differencesOf, differencesOfGradients, flat, gradientsOf } from './derivatives.ts'
import { LeftOut, operandsOf, Reader, type Layout, type Refusal, type Sample } from './sample.ts'

/** `twin`: the function in other places, as `abs(x)` for `x.abs()`; `views`: operands are views of larger tensors; `in place`: the form that changes its tensor, seen through a view of it. */
export type Way = 'eager' | 'twin' | 'views' | 'compiled' | 'in place'

/** PyTorch's generator starts here in every sample. */
export const SEED = 0

const argumentsOf = (sample: Sample | Refusal, reader: Reader): Record<string, unknown> =>
  Object.fromEntries(Object.entries(sample.a).map(([name, value]) => [name, reader.value(value)]))

interface Seen {
  readonly outputs: readonly unknown[]
  /** Whether elements equal to PyTorch's were chosen, and not the same: their gradients go elsewhere. */
  readonly others: boolean
}
/** Of equal elements any may be named: indices, the last result, are as good as PyTorch's where they name equal elements. */
function seen(sample: Sample, outputs: readonly unknown[], ties: boolean): Seen {
  const indices = outputs.at(-1)
  const wanted = ties && outputs.length === sample.o.length ? new Reader().value(sample.o.at(-1)!) : null
  const same = { outputs, others: false }
  if (!isTensor(indices) || !isTensor(wanted) || wanted.dtype !== 'int32' || indices.dtype !== 'int32') return same
  if (String(indices.shape) !== String(wanted.shape) || isTrue(indices.eq(wanted))) return same
  const { input, dim = -1 } = argumentsOf(sample, new Reader()) as { input: Tensor; dim?: number }
  const elements = (at: Tensor): Tensor =>
    input.shape.length === 0
      ? input.detach()
      : input.detach().gather(dim, at.shape.length < input.shape.length ? at.unsqueeze(dim) : at)
  if (!isTrue(elements(indices).eq(elements(wanted)))) return same
  return { outputs: [...outputs.slice(0, -1), wanted], others: true }
}
const isTrue = (x: Tensor): boolean => x.all().itemSync() === 1

export class Run {
  readonly operator: string
  readonly rule: Rule
  constructor(operator: string, rule: Rule) {
    this.operator = operator
    this.rule = rule
  }
  #invoke(given: Record<string, unknown>, call?: Call, form?: '_'): unknown {
    return invoke(this.operator, this.rule, given, call, form)
  }

  /** Makes the call of a sample. Throws LeftOut where it cannot be made here. */
  call(sample: Sample | Refusal): unknown {
    return this.#invoke(argumentsOf(sample, new Reader()))
  }
  /** What differs in a sample, run in one way. Throws LeftOut where it cannot be asked here. */
  async sample(sample: Sample, way: Way): Promise<string[]> {
    try {
      return await scope(() => this.#differences(sample, way))
    } catch (error) {
      if (error instanceof LeftOut) throw error
      return [isGlissadeError(error) ? `refused: ${String(error)}` : `fails: ${String(error)}`]
    }
  }
  async #differences(sample: Sample, way: Way): Promise<string[]> {
    if (way === 'compiled') return [...this.#compiled(sample)]
    if (way === 'in place') return [...this.#inPlace(sample)]
    const calls = way === 'twin' ? twinsOf(this.operator, this.rule) : [undefined]
    const found: string[] = []
    for (const call of calls) found.push(...(await this.#eager(sample, way === 'views' ? 'views' : 'plain', call)))
    return found
  }
  async #eager(sample: Sample, layout: Layout, call: Call | undefined): Promise<string[]> {
    const reader = new Reader(layout)
    manualSeed(SEED)
    const outputs = flat(await this.#invoke(argumentsOf(sample, reader), call))
    const chosen = seen(sample, outputs, this.rule.ties === true)
    const found = [...differencesOf('result', chosen.outputs, sample.o)]
    const { g, gg } = sample
    if (g === undefined || chosen.others) return found
    const first = gradientsOf(outputs, reader.leaves, gg !== undefined)
    found.push(...differencesOfGradients('gradient', first, g, operandsOf(sample)))
    if (gg === undefined) return found
    const flowing = first.map((one, k) => (g[k] === null ? null : one))
    found.push(
      ...differencesOfGradients(
        'second gradient',
        gradientsOf(
          flowing.map((one) => one ?? 0),
          reader.leaves,
        ),
        gg,
        operandsOf(sample),
      ),
    )
    return found
  }
  *#compiled(sample: Sample): Generator<string> {
    const reader = new Reader()
    const given = argumentsOf(sample, reader)
    const step = compile(() => {
      const outputs = flat(this.#invoke({ ...given }))
      return { outputs, gradients: sample.g === undefined ? [] : gradientsOf(outputs, reader.leaves) }
    })
    step()
    manualSeed(SEED)
    const { outputs, gradients } = step()
    const chosen = seen(sample, outputs, this.rule.ties === true)
    yield* differencesOf('result', chosen.outputs, sample.o)
    if (sample.g !== undefined && !chosen.others)
      yield* differencesOfGradients('gradient', gradients, sample.g, operandsOf(sample))
  }
  *#inPlace(sample: Sample): Generator<string> {
    const reader = new Reader()
    const [[name, self], ...rest] = Object.entries(argumentsOf(sample, reader)) as [[string, Tensor]]
    const x = self.requiresGrad ? self.clone() : self
    const view = x.view(x.shape)
    const result = this.#invoke({ [name]: x, ...Object.fromEntries(rest) }, undefined, '_')
    yield* differencesOf('result', [result], sample.o)
    yield* differencesOf('the tensor itself', [x], sample.o)
    yield* differencesOf('its view', [view], sample.o)
    if (sample.g !== undefined)
      yield* differencesOfGradients('gradient', gradientsOf([x], reader.leaves), sample.g, operandsOf(sample))
  }

  /** Nothing where the call is refused in the library's words. */
  async refusal(refusal: Refusal): Promise<string[]> {
    try {
      return await scope(async () => {
        const outputs = flat(await this.#invoke(argumentsOf(refusal, new Reader())))
        const made = outputs.map((x) => (isTensor(x) ? `${x.dtype}[${String(x.shape)}]` : String(x))).join(' ')
        return [`gives ${made}; PyTorch: ${refusal.e}`]
      })
    } catch (error) {
      if (error instanceof LeftOut) throw error
      return isGlissadeError(error) ? [] : [`fails: ${String(error)}; PyTorch: ${refusal.e}`]
    }
  }
}
