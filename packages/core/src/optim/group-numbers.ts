/** What a step reads of a group: its numbers and its choices. Anything can be written to a group, so they are looked at here. */
import { OptionError, StateError } from '../contract/errors.ts'
import { LiveNumber } from '../engine/tracer.ts'
import { describe } from '../signature/describe.ts'
import { assertRate } from './options.ts'
import type { BaseOptions, ParamGroup } from './param-group.ts'
import { isTensor } from './record.ts'
import type { Rule } from './rule.ts'

/** The numbers of a step in double, 1 in the place of a learning rate that is a tensor. Errors: OptionError. */
export function numbersOf<O extends BaseOptions>(
  optimizer: string,
  { hyper }: Rule<O>,
  group: ParamGroup<O>,
  defaults: O,
  step: number,
): readonly number[] {
  const { lr } = group
  if (isTensor(lr)) assertRate(optimizer, lr)
  else if (typeof lr !== 'number') assertNumbers(optimizer, group, defaults)
  let numbers: readonly number[]
  try {
    numbers = hyper(typeof lr === 'number' ? group : { ...group, lr: 1 }, step)
  } catch (error) {
    assertNumbers(optimizer, group, defaults)
    throw new OptionError(optimizer, `an option of a group is of another kind: ${String(error)}`)
  }
  if (numbers.some(Number.isNaN)) assertNumbers(optimizer, group, defaults)
  return numbers
}

/** Asked when no numbers came of a group: names the option that is none. */
function assertNumbers(optimizer: string, group: Readonly<Record<string, unknown>>, defaults: object): void {
  for (const [name, value] of Object.entries(defaults) as [string, unknown][]) {
    const own = group[name]
    if (
      typeof value === 'number' || isTensor(value)
        ? typeof own !== 'number' && !isTensor(own)
        : Array.isArray(value) && !Array.isArray(own)
    )
      throw new OptionError(
        optimizer,
        `${name} of a group is not ${Array.isArray(value) ? 'a list of numbers' : 'a number'} (got ${describe(own)})`,
      )
  }
}

/** A number operand of a compiled function is no option: it means something only while that is recorded. Errors: StateError. */
export function assertPlain(optimizer: string, options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(value instanceof LiveNumber)) continue
    options[name] = value.read()
    throw new StateError(
      optimizer,
      `${name} is set to a number operand of a compiled function, which is live; set it before the call, outside`,
    )
  }
}
