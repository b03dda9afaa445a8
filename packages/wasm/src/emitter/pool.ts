/** Numbers that a module reads from memory: where they lie, and what has to be there before it runs. */
import { at, i32, type Code } from './code.ts'

const floats = new DataView(new ArrayBuffer(4))

export class ConstantPool {
  /** Where the first one lies. */
  readonly address: number
  /** Bit patterns, in order. */
  readonly bits: number[] = []

  constructor(address: number) {
    this.address = address
  }

  /** A number in every lane. */
  splat(type: 'f32' | 'i32', value: number): Code<'v128'> {
    if (type === 'f32') floats.setFloat32(0, value)
    else floats.setInt32(0, value)
    const pattern = floats.getInt32(0)
    let index = this.bits.indexOf(pattern)
    if (index < 0) index = this.bits.push(pattern) - 1
    // Whole in the address, V8 puts it into the instruction; an offset it would add up beforehand.
    return at('v128.load32_splat', 0, i32(this.address + 4 * index))
  }

  /** The address of a table of 32-bit words, side by side. */
  table(words: readonly number[]): number {
    const patterns = words.map((word) => word | 0)
    let index = this.bits.findIndex((_, start) => patterns.every((pattern, i) => this.bits[start + i] === pattern))
    if (index < 0) index = this.bits.push(...patterns) - patterns.length
    return this.address + 4 * index
  }
}
