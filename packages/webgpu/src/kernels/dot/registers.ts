/**
 * A tile of the result for each lane, in registers: of 4 x 4 results each operand is read by 8 loads for 16 products, where a lane per
 * result reads 32. No barriers, which software adapters pay for by running a workgroup's lanes in turns.
 */
import { plus, times } from '@glissade/codegen'
import { byLane, lines, type Access, type Work } from '../kernel.ts'
import { over, rest } from '../text.ts'
import { isLong, PART, vectorOf, wrapped, zeroOf, type Sizes } from './sizes.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Indices `name0, name1, ...` from a first one on; those beyond the last are the last, which is not stored again. */
function indices(name: string, first: string, count: number, size: number): string {
  return lines(
    ...upTo(count).map(
      (i) => `let ${name}${i} = ${size % count === 0 ? plus(first, i) : `min(${plus(first, i)}, ${size - 1}u)`};`,
    ),
  )
}

export function inRegisters(sizes: Sizes, rows: number, columns: number): readonly Work[] {
  const { batch, m, n, k, dtype, a, b } = sizes
  const [down, across] = [Math.ceil(m / rows), Math.ceil(n / columns)]
  const vector = vectorOf(dtype, columns)
  const total = (i: number): string => `total${i}`
  const part = (i: number): string => (isLong(sizes) ? `part${i}` : total(i))

  const step = ({ load }: Access): string =>
    lines(
      `let y = ${vector}(${upTo(columns)
        .map((j) => load(1, plus(`y${j}`, times('q', b.term))))
        .join(', ')});`,
      ...upTo(rows).map((i) => `${part(i)} += ${load(0, plus(`x${i}`, times('q', a.term)))} * y;`),
    )
  const summed = (access: Access): string =>
    isLong(sizes)
      ? lines(
          `for (var first = 0u; first < ${k}; first += ${PART}) {`,
          ...upTo(rows).map((i) => `var ${part(i)} = ${zeroOf(dtype, columns)};`),
          `let end = min(first + ${PART}, ${k});`,
          `for (var q = first; q < end; q++) {`,
          step(access),
          '}',
          ...upTo(rows).map((i) => `${total(i)} += ${part(i)};`),
          '}',
        )
      : lines(`for (var q = 0u; q < ${k}; q++) {`, step(access), '}')
  const stored = ({ store }: Access, i: number, j: number): string => {
    const value = columns === 1 ? total(i) : `${total(i)}.${'xyzw'[j]}`
    const inside = [
      ...(m % rows === 0 || i === 0 ? [] : [`row + ${i} < ${m}`]),
      ...(n % columns === 0 || j === 0 ? [] : [`column + ${j} < ${n}`]),
    ]
    const statement = store(0, plus('result', i * n + j), wrapped(dtype, value))
    return inside.length === 0 ? statement : `if (${inside.join(' && ')}) { ${statement} }`
  }

  return byLane(batch * down * across, batch * m * n * k, (access) =>
    lines(
      `let matrix = ${over('i', down * across)};`,
      `let row = ${times(rest(over('i', across), down), rows)};`,
      `let column = ${times(rest('i', across), columns)};`,
      indices('row', 'row', rows, m),
      indices('column', 'column', columns, n),
      ...upTo(rows).map((i) => `let x${i} = matrix * ${m * k} + ${times(`row${i}`, a.row)};`),
      ...upTo(columns).map((j) => `let y${j} = matrix * ${k * n} + ${times(`column${j}`, b.column)};`),
      ...upTo(rows).map((i) => `var ${total(i)} = ${zeroOf(dtype, columns)};`),
      summed(access),
      `let result = (matrix * ${m} + row) * ${n} + column;`,
      ...upTo(rows).flatMap((i) => upTo(columns).map((j) => stored(access, i, j))),
    ),
  )
}
