/**
 * Programs at random that compute values and put them together, but are asked for one value that is in no whole: most nodes write
 * what nobody reads. A recorded program has no such nodes, but one that was written or read may.
 */
import type { Program } from '../../contract/contract.ts'
import { Builder, type Sym } from '../builder.ts'
import type { RandomProgram } from '../random-program.ts'
import { typeOf } from '../type.ts'
import { Random } from './random.ts'

const SIZE = 4

/** A random program most of whose nodes write what nobody reads, with inputs for it; the same for the same seed. */
export function unreadProgram(seed: number): RandomProgram {
  const random = new Random(seed)
  const builder = new Builder()
  const type = typeOf('float32', [SIZE])
  const inputs = [builder.input(type), builder.input(type)]
  const values: Sym[] = []
  const pick = (): Sym => random.choose(random.chance(0.7) ? inputs : [...inputs, ...values])
  const makers: readonly (() => Sym)[] = [
    () => pick().add(pick()),
    () => pick().neg(),
    () => pick().abs(),
    () => pick().flip([0]),
  ]
  for (let left = random.integer(4, 12); left > 0; left--) values.push(random.choose(makers)())
  const [asked, ...rest] = random.shuffle(values)
  const wholes: Sym[] = []
  while (rest.length > 1) wholes.push(builder.concat(rest.splice(0, random.integer(2, 3)), 0))
  // The builder leaves out what no output needs, so all are outputs first.
  const whole = builder.finish([asked!.flip([0]), ...wholes, ...values])
  const program: Program = { ...whole, outputs: [whole.outputs[0]!], donated: [null] }
  const draw = (): Float64Array => Float64Array.from({ length: SIZE }, () => random.integer(-8, 8))
  return { program, inputs: inputs.map(draw), scalars: [] }
}
