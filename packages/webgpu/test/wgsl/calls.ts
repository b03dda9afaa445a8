/** Every elementwise primitive on every dtype that a GPU has. */
import { ELEMENTWISE, type DType, type Primitive } from '@glissade/core/backend'
import { infer, typeOf } from '@glissade/core/ir'
import type { Elementwise } from '../../src/wgsl/index.ts'

export const DTYPES_OF_GPUS: readonly DType[] = ['float32', 'int32', 'uint8', 'bool']

export interface Call {
  readonly op: Elementwise
  readonly attrs: object
  /** That of the operands; of the branches, for `where`. */
  readonly dtype: DType
  readonly operands: readonly DType[]
  readonly result: DType
  readonly name: string
}

const operandsOf = (op: Elementwise, dtype: DType): DType[][] => [
  [dtype],
  [dtype, dtype],
  ...(op === 'where' ? [['bool' as const, dtype, dtype]] : []),
]

/** Those that the type rules take. */
export const calls: readonly Call[] = ([...ELEMENTWISE] as Elementwise[]).flatMap((op) =>
  DTYPES_OF_GPUS.flatMap((dtype) =>
    (op === 'cast' ? DTYPES_OF_GPUS : [null]).flatMap((to) =>
      operandsOf(op, dtype).flatMap((operands): Call[] => {
        const attrs = to === null ? {} : { dtype: to }
        try {
          const [result] = infer(
            op as Primitive,
            attrs as never,
            operands.map((each) => typeOf(each, [1])),
          )
          const name = to === null ? `${op} of ${dtype}` : `${op} of ${dtype} to ${to}`
          return [{ op, attrs, dtype, operands, result: result!.dtype, name }]
        } catch {
          return []
        }
      }),
    ),
  ),
)
