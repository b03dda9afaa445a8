/** What source is written with that packed dtypes need: their elements are patterns, their values numbers. */
import { DTYPES, DTYPE_NAMES, type DType } from '@glissade/core/backend'
import { scalarFunctions } from '../kernels/elementwise.ts'

export const isPacked = (dtype: DType): boolean => DTYPES[dtype].packing !== undefined

/** Names of what its elements are read, rounded and written with. */
export const packed = (dtype: DType): { readonly numbers: string; readonly round: string; readonly pack: string } => ({
  numbers: `${dtype}Numbers`,
  round: `${dtype}Round`,
  pack: `${dtype}Pack`,
})

/** What source calls by name. The tables of numbers are made when they are first asked for. */
export const functions: object = Object.create(
  scalarFunctions,
  Object.fromEntries(
    DTYPE_NAMES.filter(isPacked).flatMap((dtype): [string, PropertyDescriptor][] => {
      const { packing, round } = DTYPES[dtype]
      const names = packed(dtype)
      return [
        [names.numbers, { get: packing!.numbers }],
        [names.round, { value: round }],
        [names.pack, { value: packing!.pack }],
      ]
    }),
  ),
)
/** Statements that name what this source needs of packed dtypes. */
export const packedLines = (source: string): string[] =>
  DTYPE_NAMES.filter((dtype) => isPacked(dtype) && source.includes(dtype)).map(
    (dtype) => `const { ${Object.values(packed(dtype)).join(', ')} } = functions`,
  )

/** The value of an array's element. */
export function loaded(element: string, dtype: DType): string {
  if (dtype === 'bool') return `${element} !== 0`
  return isPacked(dtype) ? `${packed(dtype).numbers}[${element}]` : element
}
/** The element of an array for a value or for a number. */
export function stored(value: string, dtype: DType): string {
  if (dtype === 'bool') return `${value} ? 1 : 0`
  return isPacked(dtype) ? `${packed(dtype).pack}(${value})` : value
}
/** A coordinate as a value. */
export const counted = (index: string, dtype: DType): string =>
  isPacked(dtype) ? `${packed(dtype).round}(${index})` : index
