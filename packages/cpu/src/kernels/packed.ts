/**
 * Kernels for packed dtypes out of those for float64: operands are unpacked, the kernel runs, and every element of its results is
 * rounded once. What only moves elements moves the patterns.
 */
import { DTYPES } from '@glissade/core/backend'
import type { CompositeKernels, DType, HostArray, Kernel, Kernels, Primitive, TensorType } from '@glissade/core/backend'

const MOVING: ReadonlySet<string> = new Set<Primitive>([
  'permute',
  'expand',
  'slice',
  'flip',
  'concat',
  'gather',
  'where',
])

const isPacked = ({ dtype }: TensorType): boolean => DTYPES[dtype].packing !== undefined
const unpackedType = (type: TensorType): TensorType => (isPacked(type) ? { ...type, dtype: 'float64' } : type)

function unpacked({ dtype }: TensorType, array: HostArray): HostArray {
  const numbers = DTYPES[dtype].packing?.numbers()
  return numbers === undefined ? array : Float64Array.from(array, (pattern) => numbers[pattern]!)
}
function pack(dtype: DType, numbers: HostArray, into: HostArray): void {
  const { packing } = DTYPES[dtype]
  for (let i = 0; i < numbers.length; i++) into[i] = packing!.pack(numbers[i]!)
}

const wrapped =
  (kernel: Kernel<Primitive>): Kernel<Primitive> =>
  (attrs, args, results) => {
    if (![...args, ...results].some(isPacked)) return kernel(attrs, args, results)
    const own = 'dtype' in attrs ? { ...attrs, dtype: unpackedType(results[0]!).dtype } : attrs
    const loop = kernel(own, args.map(unpackedType), results.map(unpackedType))
    return (arrays, out) => {
      const numbers = out.map((array, i) => (isPacked(results[i]!) ? new Float64Array(array.length) : array))
      loop(
        arrays.map((array, i) => unpacked(args[i]!, array)),
        numbers,
      )
      for (const [i, type] of results.entries()) if (isPacked(type)) pack(type.dtype, numbers[i]!, out[i]!)
    }
  }

/** The same table, for packed dtypes too. */
export const withPacked = <K extends Kernels | CompositeKernels>(kernels: K): K =>
  Object.fromEntries(
    Object.entries(kernels).map(([op, kernel]) => [op, MOVING.has(op) ? kernel : wrapped(kernel as Kernel<Primitive>)]),
  ) as unknown as K
