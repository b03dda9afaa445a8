/** One element of every value of a step, or four side by side, and the functions of gates. */
import { add, f32x4, op, type Address } from '../../emitter/code.ts'
import type { Local } from '../../emitter/function.ts'
import { loadSplat, loadVector, storeFirst, storeVector, UNARY, type Writing } from '../lanes.ts'
import { add as plus, anyUnusual, div, mul, sub, usualExp, type Vector } from '../math.ts'

/** Bytes from the first row to the element: in [n, hidden], in [n, gates hidden], and within its row alone. */
interface Distances {
  readonly narrow: Address
  readonly wide: Address
  readonly within: Address
}

export class Element {
  readonly #place: Writing
  readonly #lanes: number
  /** Bytes of a row of [n, hidden]. */
  readonly #line: number
  readonly #at: Distances

  constructor(place: Writing, lanes: number, line: number, at: Distances) {
    this.#place = place
    this.#lanes = lanes
    this.#line = line
    this.#at = at
  }

  #load(address: Address): Local<'v128'> {
    return this.#place.f.let(this.#lanes > 1 ? loadVector('float32', address, 0) : loadSplat('float32', address))
  }
  #store(address: Address, value: Vector): void {
    const store = this.#lanes > 1 ? storeVector : storeFirst
    this.#place.f.emit(store('float32', address, 0, value))
  }

  /** Of [n, hidden]. */
  load(rows: Address): Local<'v128'> {
    return this.#load(op('i32.add', rows, this.#at.narrow))
  }
  store(rows: Address, value: Vector): void {
    this.#store(op('i32.add', rows, this.#at.narrow), value)
  }
  /** Of a gate of [n, gates hidden]. */
  loadGate(rows: Address, gate: number): Local<'v128'> {
    return this.#load(add(op('i32.add', rows, this.#at.wide), gate * this.#line))
  }
  storeGate(rows: Address, gate: number, value: Vector): void {
    this.#store(add(op('i32.add', rows, this.#at.wide), gate * this.#line), value)
  }
  /** What h adds to a gate: its product, and its bias where there is one. */
  loadShare(products: Address, bias: Address | undefined, gate: number): Local<'v128'> {
    const product = this.loadGate(products, gate)
    if (bias === undefined) return product
    const own = this.#load(add(op('i32.add', bias, this.#at.within), gate * this.#line))
    return this.#place.f.let(plus(product, own))
  }

  tanh(x: Vector): Local<'v128'> {
    return this.#place.f.let(UNARY.tanh(this.#place, x, 'float32'))
  }
  /** 1 / (1 + exp(-x)), of several at once, which share the constants of exp. */
  sigmoids(xs: readonly Vector[]): Local<'v128'>[] {
    const { f } = this.#place
    const turned = xs.map((x) => f.let(op('f32x4.neg', x)))
    const found = turned.map(() => f.local('v128'))
    f.if(
      anyUnusual(f, turned),
      () => turned.forEach((x, i) => f.set(found[i]!, UNARY.exp(this.#place, x, 'float32'))),
      () => usualExp(f, turned).forEach((e, i) => f.set(found[i]!, e)),
    )
    for (const e of found) f.set(e, div(f32x4(1), plus(e, f32x4(1))))
    return found
  }
}

/** g f'(x) of a sigmoid, and of tanh, by their results. */
export const sigmoidSlope = (g: Vector, y: Vector): Vector => mul(g, mul(y, sub(f32x4(1), y)))
export const tanhSlope = (g: Vector, y: Vector): Vector => mul(g, sub(f32x4(1), mul(y, y)))
