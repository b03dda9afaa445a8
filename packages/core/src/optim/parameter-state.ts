/** State tensors of an optimizer, by parameter and PyTorch's name: each is where its parameter is, and keeps its handle. */
import { dispose, keepWith } from '../engine/lifetime.ts'
import { currentTracer, structureVersion, tracing } from '../engine/tracer.ts'
import { copyFor, relocate } from '../tensor/elements.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Journal } from './journal.ts'
import type { BaseOptions, ParamGroup } from './param-group.ts'
import { isTensor } from './record.ts'
import { filledLike } from './state-dict.ts'
import { StateMap } from './state-map.ts'

export class ParameterState {
  readonly #tensors: Map<Tensor, Map<string, Tensor>> = new StateMap()
  /** The structure under which they were last seen to be where their parameters are. */
  #version = -1
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** All of it, after it followed parameters that were moved to another device or cast. */
  follow(groups: readonly ParamGroup<BaseOptions>[]): Map<Tensor, Map<string, Tensor>> {
    if (this.#version === structureVersion()) return this.#tensors
    const strays = new Map<Tensor, Tensor>()
    for (const [param, state] of this.#tensors)
      for (const tensor of state.values())
        if (tensor.dtype !== param.dtype || tensor.device !== param.device) strays.set(tensor, param)
    // A learning rate that is a tensor is the group's.
    for (const { lr, params } of groups)
      if (isTensor(lr) && params.length > 0 && lr.device !== params[0]!.device) strays.set(lr, params[0]!)
    tracing(null, () => relocate([...strays.keys()], (values, of) => copyFor(strays.get(of)!, values)))
    this.#version = structureVersion()
    return this.#tensors
  }

  /** What is missing, filled with one number. It is made at once, also while a step is recorded. */
  create(param: Tensor, names: readonly string[], value: number): void {
    for (const name of names) {
      if (this.#tensors.get(param)?.has(name) === true) continue
      const state = tracing(null, () => filledLike(param, value))
      currentTracer()?.made?.(state, value)
      this.#journal.note(() => dispose(state))
      this.put(param, name, state)
    }
  }

  /** State keeps its handle, which compiled steps and users may hold, and lives as long as its parameter. */
  put(param: Tensor, name: string, value: Tensor): void {
    let state = this.#tensors.get(param)
    if (state === undefined) this.#tensors.set(param, (state = new StateMap()))
    const old = state.get(name)
    if (old !== undefined) {
      this.#journal.assign(old, value)
      return
    }
    state.set(name, keepWith(value, param))
    this.#journal.note(() => {
      state.delete(name)
      if (state.size === 0) this.#tensors.delete(param)
    })
  }
}
