/** The values that a random program has so far, with their elements, so that a node is chosen by what it would give. */
import { DTYPE_NAMES, type DType, type Shape } from '../../contract/contract.ts'
import { DTYPES, numel } from '../../contract/dtype.ts'
import type { Value } from '../evaluate.ts'
import { isFloat, typeOf, type Type } from '../type.ts'
import type { Random } from './random.ts'

export interface Known extends Value {
  /** Arithmetic of its dtype in any order gives exactly these elements, so that a discontinuous primitive may see them. */
  readonly exact: boolean
  /**
   * In a differentiable program, and where the value depends on a float input: its derivative, as all those inputs
   * change in a random direction.
   */
  readonly slope: Float64Array | null
}

/** What a primitive asks of an operand. */
export interface Wanted {
  readonly rank?: number
  readonly low?: number
  readonly high?: number
  /** Away from zero, so that it may divide. */
  readonly divisor?: boolean
  readonly exact?: boolean
  /** At most so many elements. */
  readonly elements?: number
}

const OF_KIND = (...kinds: readonly string[]): DType[] =>
  DTYPE_NAMES.filter((dtype) => kinds.includes(DTYPES[dtype].kind))
export const FLOAT: readonly DType[] = OF_KIND('float')
export const INTEGER: readonly DType[] = OF_KIND('integer')
export const LOGICAL: readonly DType[] = OF_KIND('integer', 'bool')
export const NUMBER: readonly DType[] = OF_KIND('float', 'integer')
export const ANY: readonly DType[] = DTYPE_NAMES

/** The sizes of axes, common ones more often. */
const SIZES = [1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5]
const RANKS = [0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4]
export const MAX_RANK = 4
/** Elements of an input; results have up to MAX_ELEMENTS. */
const MAX_INPUT = 120
export const MAX_ELEMENTS = 400
const MAX_INPUTS = 6
/** The least size of a divisor: 1/x then magnifies errors 256 times at most. */
const DIVISOR = 1 / 16

export class Pool {
  readonly random: Random
  readonly dtypes: readonly DType[]
  /** Inputs, scalars and results of nodes. */
  readonly values: Known[] = []
  readonly inputs: Known[] = []
  readonly #differentiable: boolean
  readonly #taken: Set<Known> = new Set()
  /** `differentiable`: elements of an input lie apart, so that a small step changes no order among them. */
  constructor(random: Random, dtypes: readonly DType[], differentiable: boolean) {
    this.random = random
    this.dtypes = dtypes
    this.#differentiable = differentiable
  }

  /** A value of one of these dtypes: one there is, or a new input. */
  any(dtypes: readonly DType[], wanted: Wanted = {}): Known | null {
    const present = this.dtypes.filter((dtype) => dtypes.includes(dtype))
    if (present.length === 0) return null
    const known = this.#choose(this.values.filter((value) => present.includes(value.type.dtype) && fits(value, wanted)))
    return known ?? this.#input(typeOf(this.random.choose(present), this.shape(wanted)), wanted)
  }
  /** A value of this type: one there is, or a new input. */
  of(type: Type, wanted: Wanted = {}): Known | null {
    if (!this.dtypes.includes(type.dtype)) return null
    const known = this.#choose(this.values.filter((value) => value.type === type && fits(value, wanted)))
    if (known !== null) return known
    return type.shape.length <= MAX_RANK && type.size <= MAX_INPUT ? this.#input(type, wanted) : null
  }
  /** A node takes this value. An input becomes one when the first node does. */
  take(value: Known): void {
    this.#taken.add(value)
    if (this.values.includes(value)) return
    this.values.push(value)
    this.inputs.push(value)
  }
  isTaken(value: Known): boolean {
    return this.#taken.has(value)
  }
  /** Null, at times, in favour of a new input. */
  #choose(candidates: readonly Known[]): Known | null {
    const { random } = this
    if (candidates.length === 0 || (this.inputs.length < MAX_INPUTS && random.chance(0.15))) return null
    // Of the values that no node took yet more often, so that programs grow deep; of empty ones seldom.
    const preferences: [number, (value: Known) => boolean][] = [
      [0.9, (value) => value.type.size > 0],
      [this.#differentiable ? 0.8 : 0, (value) => value.slope !== null],
      [0.6, (value) => !this.#taken.has(value)],
    ]
    let preferred = candidates
    for (const [probability, accepts] of preferences) {
      const accepted = preferred.filter(accepts)
      if (accepted.length > 0 && random.chance(probability)) preferred = accepted
    }
    return random.choose(preferred)
  }
  #input(type: Type, wanted: Wanted): Known {
    const data = this.draw(type, wanted)
    const slope = this.#differentiable && isFloat(type.dtype) ? data.map(() => this.random.choose([-1, 1])) : null
    return { type, data, exact: true, slope }
  }

  shape({ rank = 0, elements = MAX_INPUT }: Wanted = {}): Shape {
    const shapes = this.values.map((value) => value.type.shape)
    const suitable = shapes.filter((shape) => shape.length >= rank && numel(shape) <= elements)
    if (suitable.length > 0 && this.random.chance(0.6)) return this.random.choose(suitable)
    const length = Math.max(rank, this.random.choose(RANKS))
    const shape = Array.from({ length }, () => (this.random.chance(0.015) ? 0 : this.random.choose(SIZES)))
    while (numel(shape) > elements) shape[this.random.integer(0, length - 1)] = 1
    return shape
  }

  /** Elements of this type, all exactly representable. */
  draw({ dtype, size }: Type, wanted: Wanted = {}): Float64Array {
    const { kind } = DTYPES[dtype]
    if (kind === 'bool') return this.#fill(size, () => this.random.integer(0, 1))
    return kind === 'float' ? this.#floats(dtype, size, wanted) : this.#integers(dtype, size, wanted)
  }
  #fill(size: number, element: (i: number) => number): Float64Array {
    return Float64Array.from({ length: size }, (_, i) => element(i))
  }
  #integers(dtype: DType, size: number, { low, high, divisor }: Wanted): Float64Array {
    const all = DTYPES[dtype].range
    const usual = low === undefined && high === undefined && this.random.chance(0.1) ? all : [-9, 9]
    const from = Math.max(all[0], low ?? usual[0])
    const to = Math.max(from, Math.min(all[1], usual[1], high ?? Infinity))
    return this.#fill(size, () => this.random.integer(from, to) || (divisor ? 1 : 0))
  }
  #floats(dtype: DType, size: number, { low, high, divisor }: Wanted): Float64Array {
    const { round } = DTYPES[drawn(dtype)]
    const from = Math.max(low ?? -Infinity, -3)
    const to = Math.min(high ?? Infinity, 3)
    const apart = (x: number): number => (divisor && Math.abs(x) < DIVISOR ? DIVISOR : x)
    if (this.#differentiable) {
      const order = this.random.shuffle(Array.from({ length: size }, (_, i) => i))
      return this.#fill(size, (i) => apart(round(from + ((order[i]! + 0.5) / size) * (to - from))))
    }
    const quarters = (): number => this.random.integer(Math.ceil(from * 4), Math.floor(to * 4)) / 4
    const anything = (): number => round(from + this.random.number() * (to - from))
    const draw = this.random.chance(0.6) ? quarters : anything
    return this.#fill(size, () => apart(draw()))
  }
}

/** Doubles are drawn as float32, so that both come with the same elements. */
export const drawn = (dtype: DType): DType => (dtype === 'float64' ? 'float32' : dtype)

function fits({ type, data, exact }: Known, wanted: Wanted): boolean {
  const { rank = 0, low = -Infinity, high = Infinity, elements = Infinity } = wanted
  if (type.shape.length < rank || type.size > elements) return false
  if (wanted.exact && !exact) return false
  const least = isFloat(type.dtype) ? DIVISOR : 1
  return data.every((x) => x >= low && x <= high && (!wanted.divisor || Math.abs(x) >= least))
}
