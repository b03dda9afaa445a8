/** Modules that hold modules. */
import type { Tensor } from '../tensor/tensor.ts'
import { Module, type AnyModule } from './module.ts'

/** Runs modules one after the other. Children are named '0', '1', ... */
export class Sequential extends Module {
  constructor(...modules: Module[]) {
    super()
    modules.forEach((module, i) => ((this as unknown as Record<string, AnyModule>)[i] = module))
  }
  forward(input: Tensor): Tensor {
    let value = input
    for (const child of this.children()) value = (child as Module)(value)
    return value
  }
}
