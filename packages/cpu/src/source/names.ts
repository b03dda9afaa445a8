/** What the values of a program are called in its source. */
import { numel, type Layout, type Place, type Program, type TensorType } from '@glissade/core/backend'

/** A typed array over a part of an input, of an output or of scratch. */
export interface View extends Place {
  readonly name: string
  readonly type: TensorType
}

const sameElements = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && numel(a.shape) === numel(b.shape)

/** x0 is an input, y0 an output, t0 lies in scratch, part0 in an input or output. */
export class Names {
  /** The arrays that are neither a whole input nor a whole output, in the order in which they were named. */
  readonly scratch: View[] = []
  readonly views: View[] = []
  readonly #program: Program
  readonly #layout: Layout
  constructor(program: Program, placed: Layout) {
    this.#program = program
    this.#layout = placed
  }

  /** The dtypes of all values. */
  get dtypes(): string {
    return this.#layout.types.map(({ dtype }) => dtype).join()
  }

  of(value: number): string {
    const place = this.#layout.places[value]!
    const type = this.#layout.types[value]!
    const { of, index, byteOffset } = place
    if (of !== 'scratch' && byteOffset === 0) {
      const { inputs, outputs } = this.#program
      const whole = of === 'input' ? inputs[index]! : this.#layout.types[outputs[index]!]!
      if (sameElements(type, whole)) return `${of === 'input' ? 'x' : 'y'}${index}`
    }
    const [letter, views] = of === 'scratch' ? ['t', this.scratch] : ['part', this.views]
    const known = views.find(
      (view) =>
        view.of === of && view.index === index && view.byteOffset === byteOffset && sameElements(view.type, type),
    )
    if (known !== undefined) return known.name
    const name = `${letter}${views.length}`
    views.push({ name, of, index, byteOffset, type })
    return name
  }
}
