/** A call of a composite as a program. */
import type { CompositeName, Program } from '@glissade/core/backend'
import { Builder, composites, traceComposite, type CompositeDefinition } from '@glissade/core/ir'
import type { CompositeCall } from './call.ts'

/** The one node of the call. Operands after the first that are 0-d stand for numbers, but come as tensors. */
export function compositeProgram(name: CompositeName, { attrs, operands }: CompositeCall): Program {
  const builder = new Builder()
  const args = operands.map(({ type }) => builder.input(type))
  return builder.finish(traceComposite(composites[name] as CompositeDefinition, builder, args, attrs as never))
}
