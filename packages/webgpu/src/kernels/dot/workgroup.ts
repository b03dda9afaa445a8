/**
 * A tile of the result for each workgroup, of float32: 16 terms at a time are read into workgroup memory, as vectors of 4 rows and of
 * 4 columns, and each lane keeps a tile of its own in registers. For hardware, where lanes run at once.
 */
import type { Access, Work } from '../kernel.ts'
import { LANES, lines } from '../kernel.ts'
import { over, rest } from '../text.ts'
import { isLong, PART, type Sizes } from './sizes.ts'

const TERMS = 16
const COLUMNS = 64
/** Lanes side by side, each over 4 columns; and as many one below the other. */
const ACROSS = COLUMNS / 4
const DOWN = LANES / ACROSS

/** The most rows of a tile: 8 for each lane, for which `tile_a` has room. */
export const MOST_ROWS = 8 * DOWN

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Vectors of 4 rows (or columns) of a term, from an operand into a tile of so many vectors across. What is outside is 0. */
function filled(
  access: Access,
  operand: 0 | 1,
  tile: string,
  {
    vectors,
    first,
    size,
    apart,
    term,
    matrix,
    k,
  }: {
    readonly vectors: number
    readonly first: string
    readonly size: number
    readonly apart: number
    readonly term: number
    readonly matrix: number
    readonly k: number
  },
): string {
  // Lanes beside each other read beside each other: along the terms, or along the rows.
  const [v, q] = apart === 1 ? [rest('at', vectors), over('at', vectors)] : [over('at', TERMS), rest('at', TERMS)]
  const element = (i: number): string => {
    const place = `matrix * ${matrix} + min(start + ${i}, ${size - 1}u) * ${apart} + min(q, ${Math.max(0, k - 1)}u) * ${term}`
    return `select(0.0, ${access.load(operand, place)}, start + ${i} < ${size} && q < ${k})`
  }
  return lines(
    `for (var at = lane; at < ${vectors * TERMS}; at += ${LANES}) {`,
    `let v = ${v}; let t = ${q};`,
    `let start = ${first} + v * 4; let q = terms + t;`,
    `${tile}[t * ${vectors} + v] = vec4f(${upTo(4).map(element).join(', ')});`,
    '}',
  )
}

/** @param each rows of a lane's tile, 4 or 8 */
export function inWorkgroups({ batch, m, n, k, a, b, ...sizes }: Sizes, each: 4 | 8): readonly Work[] {
  const rows = each * DOWN
  const [down, across] = [Math.ceil(m / rows), Math.ceil(n / COLUMNS)]
  const long = isLong({ batch, m, n, k, a, b, ...sizes })
  const part = (i: number): string => (long ? `part${i}` : `total${i}`)
  const body = (access: Access): string =>
    lines(
      `let matrix = ${over('i', down * across)};`,
      `let top = ${rest(over('i', across), down)} * ${rows};`,
      `let left = ${rest('i', across)} * ${COLUMNS};`,
      `let x = lane % ${ACROSS};`,
      `let y = lane / ${ACROSS};`,
      ...upTo(each).map((i) => `var total${i} = vec4f(); ${long ? `var part${i} = vec4f();` : ''}`),
      `for (var terms = 0u; terms < ${k}; terms += ${TERMS}) {`,
      filled(access, 0, 'tile_a', {
        vectors: rows / 4,
        first: 'top',
        size: m,
        apart: a.row,
        term: a.term,
        matrix: m * k,
        k,
      }),
      filled(access, 1, 'tile_b', {
        vectors: ACROSS,
        first: 'left',
        size: n,
        apart: b.column,
        term: b.term,
        matrix: k * n,
        k,
      }),
      'workgroupBarrier();',
      `for (var t = 0u; t < ${TERMS}; t++) {`,
      `let b = tile_b[t * ${ACROSS} + x];`,
      ...upTo(each / 4).flatMap((v) => [
        `let a${v} = tile_a[t * ${rows / 4} + y * ${each / 4} + ${v}];`,
        ...upTo(4).map((i) => `${part(4 * v + i)} += a${v}.${'xyzw'[i]} * b;`),
      ]),
      '}',
      ...(long
        ? [
            `if ((terms + ${TERMS}) % ${PART} == 0 || terms + ${TERMS} >= ${k}) {`,
            ...upTo(each).map((i) => `total${i} += part${i}; part${i} = vec4f();`),
            '}',
          ]
        : []),
      'workgroupBarrier();',
      '}',
      ...upTo(each).map((i) =>
        lines(
          `{ let row = top + y * ${each} + ${i}; let column = left + x * 4;`,
          ...upTo(4).map(
            (j) =>
              `if (row < ${m} && column + ${j} < ${n}) { ${access.store(0, `(matrix * ${m} + row) * ${n} + column + ${j}`, `total${i}.${'xyzw'[j]}`)} }`,
          ),
          '}',
        ),
      ),
    )
  const items = batch * down * across
  return items === 0 ? [] : [{ items, by: 'group', cost: batch * m * n * k, body }]
}
