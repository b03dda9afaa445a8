/** What `zeroGrad` does to a tensor. */
import { noGrad } from '../engine/grad-node.ts'
import { zerosLike } from './creation.ts'
import type { Tensor } from './tensor.ts'

/** Takes its gradient away, or puts zeros in its place. Only for zeros it is read. */
export function clearGrad(tensor: Tensor, setToNone: boolean): void {
  if (setToNone || tensor.grad === null) tensor.grad = null
  else tensor.grad = noGrad(() => zerosLike(tensor.grad!))
}
