/** Calls of the updates of optimizers, under all their flags. */
import { between, listed } from '../generators/sample.ts'
import { call, f32, type CompositeCall } from './call.ts'

const positive = between(0.1, 4)
const subsets = <K extends string>(...names: readonly K[]): Record<K, boolean>[] =>
  Array.from({ length: 2 ** names.length }, (_, bits) =>
    Object.fromEntries(names.map((name, i) => [name, (bits & (1 << i)) !== 0])),
  ) as Record<K, boolean>[]
const flags = (attrs: object): string =>
  Object.entries(attrs)
    .flatMap(([name, value]) => (value === true ? [name] : []))
    .join(' ') || 'plain'
const update = <A extends object>(attrs: A, states: number, numbers: readonly number[]): CompositeCall<A>[] =>
  ([[13], [], [3, 5], [0], [301]] as const).map((shape) => ({
    ...call(
      attrs,
      [
        f32(shape),
        f32(shape),
        ...Array.from({ length: states }, () => f32(shape, positive)),
        ...numbers.map((number) => f32([], listed(number))),
      ],
      flags(attrs),
    ),
    valuesOnly: true,
  })) as unknown as CompositeCall<never>[]

export const updates = {
  sgd: subsets('momentum', 'weightDecay', 'nesterov', 'maximize').flatMap((attrs) =>
    [false, ...(attrs.momentum ? [true] : [])].flatMap((first) =>
      update({ ...attrs, first }, attrs.momentum && !first ? 1 : 0, [0.01, 0.9, 0.7, 0.1]),
    ),
  ),
  adam: subsets('amsgrad', 'weightDecay', 'decoupled', 'maximize').flatMap((attrs) =>
    update(attrs, attrs.amsgrad ? 3 : 2, [0.1, 0.001, 0.9, 0.1, 0.999, 0.001, 0.1, 0.0316, 1e-8]),
  ),
  adagrad: subsets('weightDecay', 'maximize').flatMap((attrs) => update(attrs, 1, [0.01, 0.1, 1e-10])),
  rmsprop: subsets('momentum', 'centered', 'weightDecay', 'maximize').flatMap((attrs) =>
    update(attrs, 1 + Number(attrs.momentum) + Number(attrs.centered), [0.01, 0.9, 0.9, 0.1, 1e-8, 0.01]),
  ),
}
