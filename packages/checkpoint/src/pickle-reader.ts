/**
 * Python's pickle, as far as state dicts need it: a stack machine (pickle-machine.ts) over a fixed table of opcodes
 * (pickle-opcodes.ts). What may be called are the rows of a table that the reader passes in; anything else is noted by
 * name, and refused where it is part of the value.
 */
import { quote, refuseAt } from './error.ts'
import { complete } from './pickle-complete.ts'
import { Machine } from './pickle-machine.ts'
import type { PickleValue } from './pickle-value.ts'
import type { PickleWorld } from './pickle-world.ts'

/**
 * The value of a pickle.
 *
 * @param record the name of the record, for messages.
 * @throws CheckpointError (`pt`) for anything outside the tables, anything malformed, containers nested deeper than 100
 * or within themselves, values that are shared so often that walking them would not end, and more than the allowance.
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld, record: string): PickleValue {
  const { value, end } = runPickle(bytes, world, record, 0)
  if (end !== bytes.length)
    refuseAt('pt', `record ${quote(record)}, byte ${end}`)(`${bytes.length - end} bytes follow its end`)
  return complete(value, world)
}

/** One of several pickles in a row. What it made is still to be completed. */
export const runPickle = (
  bytes: Uint8Array,
  world: PickleWorld,
  record: string,
  start: number,
): { value: unknown; end: number } => new Machine(bytes, world, record, start).run()
