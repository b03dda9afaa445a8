/**
 * Valid programs at random, for the laws that must hold of every program: what verifies, prints and is read back, and
 * what a backend computes. The same seed gives the same program. Elements come along with it, and each node was chosen
 * by what it does to them, so that results stay within what tolerances can judge.
 */
import type { Attributes, DType, Node, Primitive, Program, TensorType } from '../contract/contract.ts'
import { isGlissadeError, OptionError } from '../contract/errors.ts'
import { definitions, type Definition, type Value } from './evaluate.ts'
import { infer } from './infer.ts'
import { isDetermined, isExact, isSmooth, isTame, slopesOf } from './random-program/conditions.ts'
import { MAX_ELEMENTS, MAX_RANK, NUMBER, Pool, type Known } from './random-program/pool.ts'
import { proposals, type Proposal } from './random-program/proposals.ts'
import { Random } from './random-program/random.ts'
import { isFloat, typeOf, type Type } from './type.ts'

export interface RandomProgramOptions {
  readonly minNodes?: number
  readonly maxNodes?: number
  readonly dtypes?: readonly DType[]
  readonly primitives?: readonly Primitive[]
  /**
   * The outputs are differentiable functions of the float inputs at and around the elements given (steps of 1e-5 cross
   * no kink), and at least one of them depends on an input.
   */
  readonly differentiable?: boolean
}

export interface RandomProgram {
  readonly program: Program
  /** Exactly representable in their dtypes. */
  readonly inputs: Float64Array[]
  readonly scalars: number[]
}

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool']
const PRIMITIVES = Object.keys(definitions) as Primitive[]
/** Magnitudes of floats; smaller where finite differences must not cross a kink. */
const GREATEST = 1000
const GREATEST_DIFFERENTIABLE = 64
/** Before the unusual ones. */
const MAX_OUTPUTS = 7
/** Proposals per wanted node before giving up. */
const PATIENCE = 300

interface Chosen {
  readonly op: Primitive
  readonly attrs: Attributes[Primitive]
  readonly args: readonly Known[]
  readonly results: readonly Known[]
}

/** A random program that is valid, with inputs for it; the same for the same seed. */
export function randomProgram(seed: number, options: RandomProgramOptions = {}): RandomProgram {
  const { minNodes = 3, maxNodes = 30, dtypes = DTYPES, primitives = PRIMITIVES, differentiable = false } = options
  if (differentiable && !dtypes.some(isFloat))
    throw new OptionError('randomProgram', 'differentiable needs a float dtype')
  const random = new Random(seed)
  const pool = new Pool(random, dtypes, differentiable)
  const scalars = randomScalars(pool)
  const nodes = random.integer(minNodes, maxNodes)
  const steps: Chosen[] = []
  for (let tries = 0; steps.length < nodes && tries < PATIENCE * nodes; tries++) {
    const repeats = steps.length > 0 && random.chance(0.06)
    const step = repeats ? repeated(random.choose(steps)) : proposed(random.choose(primitives), pool, differentiable)
    if (step === null) continue
    // The first node makes sure that there is something to differentiate.
    if (differentiable && steps.length === 0 && !step.results.some((result) => result.slope !== null)) continue
    for (const arg of step.args) pool.take(arg)
    pool.values.push(...step.results)
    steps.push(step)
  }
  if (steps.length < nodes)
    throw new OptionError(
      'randomProgram',
      `found ${steps.length} of ${nodes} nodes among ${primitives.join(', ')} over ${dtypes.join(', ')}`,
    )
  const outputs = chooseOutputs(pool, steps, differentiable)
  return {
    program: numbered(pool.inputs, scalars, steps, outputs),
    inputs: pool.inputs.map((input) => input.data),
    scalars: scalars.map((scalar) => scalar.data[0]!),
  }
}

function randomScalars(pool: Pool): Known[] {
  // Of uint8 and float64 none, so that seeds keep their programs.
  const dtypes = pool.dtypes.filter((dtype) => NUMBER.includes(dtype) && dtype !== 'uint8' && dtype !== 'float64')
  const count = dtypes.length === 0 ? 0 : pool.random.choose([0, 0, 1, 2])
  const scalars = Array.from({ length: count }, (): Known => {
    const type = typeOf(pool.random.choose(dtypes), [])
    return { type, data: pool.draw(type), exact: true, slope: null }
  })
  pool.values.push(...scalars)
  return scalars
}

/** A node, unless its types or the elements of its results are turned down. */
function proposed<P extends Primitive>(op: P, pool: Pool, differentiable: boolean): Chosen | null {
  const proposal = (proposals[op] as Proposal<Attributes[P]>)(pool)
  if (proposal === null || !proposal.args.every((arg) => arg !== null)) return null
  const { attrs } = proposal
  const args: readonly Known[] = proposal.args
  const operands = args.map((arg) => arg.type)
  const types = attempted(() => infer(op, attrs, operands))
  if (types === null || !types.every((type) => isWanted(type, pool.dtypes))) return null
  const elements = attempted(() => (definitions[op] as Definition<P>)(attrs, args, types))
  if (elements === null) return null
  const values = elements.map((data, i): Value => ({ type: types[i]!, data }))
  const greatest = differentiable ? GREATEST_DIFFERENTIABLE : GREATEST
  if (!values.every((value) => isTame(value, greatest)) || !isDetermined(op, args, values)) return null
  if (differentiable && !isSmooth(op, args, values)) return null
  const slopes = slopesOf(op, attrs, args, values)
  if (slopes === null) return null
  // Padding and windows run out of elements easily; a few such nodes are enough.
  const vanishes = types.some((type) => type.size === 0) && args.every((arg) => arg.type.size > 0)
  if (vanishes && pool.random.chance(0.9)) return null
  const exact = isExact(op, attrs, args, values)
  const results = values.map((value, i): Known => ({ ...value, exact, slope: slopes[i]! }))
  return { op, attrs, args, results }
}

const isWanted = ({ dtype, shape, size }: Type, dtypes: readonly DType[]): boolean =>
  dtypes.includes(dtype) && shape.length <= MAX_RANK && size <= MAX_ELEMENTS

/** null where operands turn out not to fit: an empty axis without a maximum, a window wholly in the padding. */
function attempted<T>(work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (isGlissadeError(error)) return null
    throw error
  }
}

/** The same again: a compiler should find it and compute it once. */
const repeated = (step: Chosen): Chosen => ({ ...step, results: step.results.map((result) => ({ ...result })) })

/** Most of the results that no node takes, so that most nodes are alive; at times an input, or a value twice. */
function chooseOutputs(pool: Pool, steps: readonly Chosen[], differentiable: boolean): Known[] {
  const { random } = pool
  const results = steps.flatMap((step) => step.results)
  const ends = results.filter((result) => !pool.isTaken(result))
  const outputs = [random.choose(differentiable ? results.filter((result) => result.slope !== null) : ends)]
  for (const end of random.shuffle(ends))
    if (outputs.length < MAX_OUTPUTS && !outputs.includes(end) && random.chance(0.8)) outputs.push(end)
  if (random.chance(0.15)) outputs.push(random.choose(results))
  if (random.chance(0.15)) outputs.push(random.choose(pool.values))
  if (random.chance(0.15)) outputs.push(random.choose(outputs))
  return random.shuffle(outputs)
}

function numbered(
  inputs: readonly Known[],
  scalars: readonly Known[],
  steps: readonly Chosen[],
  outputs: readonly Known[],
): Program {
  const values = [...inputs, ...scalars, ...steps.flatMap((step) => step.results)]
  const numbers = new Map(values.map((value, number) => [value, number]))
  const number = (value: Known): number => numbers.get(value)!
  const types = (list: readonly Known[]): TensorType[] => list.map((value) => value.type)
  return {
    inputs: types(inputs),
    scalars: scalars.map((scalar) => scalar.type.dtype),
    nodes: steps.map(({ op, attrs, args, results }): Node => ({
      op,
      attrs,
      args: args.map(number),
      types: types(results),
    })),
    outputs: outputs.map(number),
    donated: outputs.map(() => null),
  }
}
