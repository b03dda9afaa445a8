/** Copies on other devices, through the host; gradients come back. */
import type { Elements } from '../contract/dtype.ts'
import type { Type } from '../ir/type.ts'
import type { Device } from './device.ts'
import { wrap } from './door.ts'
import { GradNode, isGradEnabled } from './grad-node.ts'
import type { Handle } from './handle.ts'
import { constant, downloadSync } from './host.ts'

class MoveNode extends GradNode {
  readonly name = 'to'
  readonly inputs: readonly (GradNode | null)[]
  readonly indices: readonly number[]
  readonly outputs: readonly Type[]
  readonly #from: Device
  constructor({ node, index, type, value }: Handle) {
    super()
    this.inputs = [node]
    this.indices = [index]
    this.outputs = [type]
    this.#from = value.device
  }
  backward([g]: readonly (Handle | null)[]): readonly Handle[] {
    return [g!.value.device === this.#from ? g! : moved(g!, downloadSync('to', g!), this.#from)]
  }
  /** Nothing was saved. */
  free(): void {}
}

/** A copy of x on a device; `elements` are those of x. */
export function moved(x: Handle, elements: Elements, device: Device): Handle {
  const copy = constant(x.type, device, elements)
  return isGradEnabled() && x.node !== null ? wrap(copy.value, new MoveNode(x)) : copy
}
