/** What becomes of a tensor's place on the tape in a compiled function. */
import { StateError } from '../contract/errors.ts'
import type { Type } from '../ir/type.ts'
import { GradNode, LeafNode } from '../engine/grad-node.ts'
import type { Handle } from '../engine/handle.ts'
import { structureChanged } from '../engine/tracer.ts'
import type { Mark } from './recording.ts'

/** The history of a tensor that the function wrote, which nobody kept. */
class PastNode extends GradNode {
  readonly name = 'compiled'
  readonly inputs: readonly GradNode[] = []
  readonly indices: readonly number[] = []
  readonly outputs: readonly Type[]
  constructor(type: Type) {
    super()
    this.outputs = [type]
  }
  backward(): never {
    throw new StateError(
      'backward',
      'this tensor got its value in a compiled function, which keeps no history; write x.detach() to it, or write under noGrad',
    )
  }
  free(): void {}
}

/** Puts a tensor where a run left it. */
export function mark(handle: Handle, place: Mark['node']): void {
  const { lastNode: node } = handle
  const isThere =
    place === 'none' ? node === null : place === 'leaf' ? node instanceof LeafNode : node instanceof PastNode
  if (isThere) return
  handle.restoreNode(place === 'none' ? null : place === 'leaf' ? new LeafNode(handle) : new PastNode(handle.type), 0)
  structureChanged()
}
