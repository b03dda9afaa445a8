/** A loop that is done where another kernel makes its elements. */
import type { TensorType } from '@glissade/core/backend'
import type { Epilogue } from '../passes/epilogues.ts'
import { lines, type Access, type Work } from './kernel.ts'
import { loop as worksOfLoop } from './loop.ts'

/** @param makes gives the works of the node that makes the elements */
export function epilogue(
  { first, loop, body, made }: Epilogue,
  args: readonly TensorType[],
  makes: (first: Epilogue['first'], args: readonly TensorType[]) => readonly Work[],
): readonly Work[] {
  const own = first.args.length
  const works = makes(first, args.slice(0, own))
  const [then] = worksOfLoop(loop, body)
  /** The loop's operands among those of both. */
  let next = own
  const places = body.inputs.map((_, operand) => (made.has(operand) ? -1 : next++))
  const after = (access: Access): Access => ({
    ...access,
    store: (_, place, value) =>
      lines(
        `{ let made = ${value}; let i: u32 = ${place};`,
        then!.body({
          ...access,
          load: (operand, at) => (made.has(operand) ? 'made' : access.load(places[operand]!, at)),
        }),
        '}',
      ),
  })
  /** All of the loop's, beside those that the other reads. */
  const rest = Array.from({ length: args.length - own }, (_, k) => own + k)
  return works.map(({ operands, items, by, body: write, cost }) => ({
    items,
    by,
    ...(operands === undefined ? {} : { operands: [...operands, ...rest] }),
    cost: cost + then!.cost,
    body: (access) => write(after(access)),
  }))
}
