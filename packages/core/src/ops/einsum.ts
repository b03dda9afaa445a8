/** Sums of products by Einstein's convention. Source: https://pytorch.org/docs/stable/generated/torch.einsum.html */
import { numel } from '../contract/dtype.ts'
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { isFloat } from '../ir/type.ts'
import { Op } from '../engine/op.ts'
import { dotOf, exactly } from './integers.ts'
import { resultType } from './promotion.ts'

/** A value whose axes have names. */
interface Named {
  readonly x: Sym
  readonly labels: readonly string[]
}

/** Axes in the order of `labels`, which may leave none out. */
const arrange = ({ x, labels }: Named, order: readonly string[]): Sym =>
  x.permute(order.map((label) => labels.indexOf(label)))

/** Axes of one label become their diagonal. */
function diagonals({ x, labels }: Named): Named {
  const twice = labels.findIndex((label, axis) => labels.indexOf(label) !== axis)
  if (twice < 0) return { x, labels }
  const first = labels.indexOf(labels[twice]!)
  const n = x.shape[first]!
  if (x.shape[twice] !== n) throw new ShapeError('einsum', [x.shape], `the dimensions of '${labels[twice]}' differ`)
  const others = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== twice)
  const rest = others.map((axis) => x.shape[axis]!)
  // Row-major, the diagonal of [n, n] is every (n + 1)-th element.
  const pairs = x.permute([...others, first, twice]).reshape([...rest, n * n])
  const line = pairs.slice(
    pairs.shape.map(() => 0),
    pairs.shape,
    pairs.shape.map((_, axis) => (axis === rest.length ? n + 1 : 1)),
  )
  return diagonals({ x: line, labels: [...others.map((axis) => labels[axis]!), labels[first]!] })
}

/** The dtype stays. */
const sumOver = (x: Sym, axes: readonly number[]): Sym =>
  axes.length === 0 || isFloat(x.dtype) ? x.sum(axes) : exactly('einsum', x.sum(axes), x.cast('float32').sum(axes))
const summed = ({ x, labels }: Named, kept: ReadonlySet<string>): Named => ({
  x: sumOver(
    x,
    labels.flatMap((label, axis) => (kept.has(label) ? [] : [axis])),
  ),
  labels: labels.filter((label) => kept.has(label)),
})

/** The product of two, summed over labels that are in both and not kept. */
function multiply(a: Named, b: Named, kept: ReadonlySet<string>): Named {
  const left = summed(a, new Set([...kept, ...b.labels]))
  const right = summed(b, new Set([...kept, ...a.labels]))
  const shared = left.labels.filter((label) => right.labels.includes(label))
  const batch = shared.filter((label) => kept.has(label))
  const inner = shared.filter((label) => !kept.has(label))
  const freeLeft = left.labels.filter((label) => !shared.includes(label))
  const freeRight = right.labels.filter((label) => !shared.includes(label))
  const size = (label: string): number => {
    const [own, other] = [left, right].map(({ x, labels }) => x.shape[labels.indexOf(label)])
    if (own !== undefined && other !== undefined && own !== other)
      throw new ShapeError(
        'einsum',
        [left.x.shape, right.x.shape],
        `the dimensions of '${label}' differ: ${own} and ${other}`,
      )
    return (own ?? other)!
  }
  const sizes = (labels: readonly string[]): number[] => labels.map(size)
  const labels = [...batch, ...freeLeft, ...freeRight]
  const rows = arrange(left, [...batch, ...freeLeft, ...inner])
  const columns = arrange(right, [...batch, ...inner, ...freeRight])
  if (inner.length === 0) {
    const ones = (list: readonly string[]): number[] => list.map(() => 1)
    const wide = sizes(labels)
    return {
      labels,
      x: rows
        .reshape([...sizes(batch), ...sizes(freeLeft), ...ones(freeRight)])
        .expand(wide)
        .mul(columns.reshape([...sizes(batch), ...ones(freeLeft), ...sizes(freeRight)]).expand(wide)),
    }
  }
  const [n, m, k, o] = [batch, freeLeft, inner, freeRight].map((list) => numel(sizes(list))) as [
    number,
    number,
    number,
    number,
  ]
  return {
    labels,
    x: dotOf('einsum', rows.reshape([n, m, k]), columns.reshape([n, k, o])).reshape(sizes(labels)),
  }
}

/** Operands contracted from the left to the right; `output` orders the labels that stay. */
export function contract(operands: readonly Named[], output: readonly string[]): Sym {
  const dtype = resultType(operands.map(({ x }) => x))
  const parts = operands.map(({ x, labels }) => diagonals({ x: x.cast(dtype), labels }))
  const sum = parts.slice(1).reduce((product, part, i) => {
    const later = parts.slice(i + 2).flatMap(({ labels }) => labels)
    return multiply(product, part, new Set([...output, ...later]))
  }, parts[0]!)
  return arrange(summed(sum, new Set(output)), output)
}

/** Labels of a term; `...` stands for `count` axes, which are aligned at the right over all operands. */
function labelsOf(equation: string, term: string, count: number): string[] {
  if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/u.test(term))
    throw new OptionError('einsum', `'${term}' in '${equation}' is not a term: letters and at most one ...`)
  const [before, behind] = term.split('...') as [string, string | undefined]
  if (behind === undefined) return before.split('')
  return [...before.split(''), ...Array.from({ length: count }, (_, i) => `.${count - i}`), ...behind.split('')]
}

export const einsum: Op<{ readonly equation: string }> = /* @__PURE__ */ new Op('einsum', (operands, { equation }) => {
  const [left, right, ...more] = equation.replaceAll(/\s/gu, '').split('->') as [string, string | undefined]
  const terms = left.split(',')
  if (more.length > 0 || terms.length !== operands.length)
    throw new OptionError(
      'einsum',
      `'${equation}' does not name ${operands.length} operand${operands.length === 1 ? '' : 's'}`,
    )
  let widest = 0
  const named = operands.map((x, i): Named => {
    const term = terms[i]!
    const dots = x.rank - term.replace('...', '').length
    const labels = labelsOf(equation, term, Math.max(0, dots))
    if (labels.length !== x.rank)
      throw new ShapeError('einsum', [x.shape], `'${term}' names ${labels.length} dimensions`)
    if (term.includes('...')) widest = Math.max(widest, dots)
    return { x, labels }
  })
  const all = named.flatMap(({ labels }) => labels)
  // Without an output: the labels that occur once, in alphabetical order, after the dimensions of `...`.
  const output =
    right === undefined
      ? [
          ...Array.from({ length: widest }, (_, i) => `.${widest - i}`),
          ...[...new Set(all)]
            .filter((label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label))
            .toSorted(),
        ]
      : labelsOf(equation, right, widest)
  const unknown = output.find((label) => !all.includes(label))
  if (unknown !== undefined || new Set(output).size !== output.length)
    throw new OptionError('einsum', `the output of '${equation}' must name labels of the operands, each once`)
  // A size of 1 repeats where the same label is longer elsewhere.
  const longest = new Map<string, number>()
  for (const { x, labels } of named)
    labels.forEach((label, axis) =>
      longest.set(label, x.shape[axis] === 1 ? (longest.get(label) ?? 1) : x.shape[axis]!),
    )
  return [
    contract(
      named.map(({ x, labels }) => ({
        x: x.expand(labels.map((label, axis) => (x.shape[axis] === 1 ? longest.get(label)! : x.shape[axis]!))),
        labels,
      })),
      output,
    ),
  ]
})

/** The last `dims` axes of a with the first of b, or the axes named. */
export const tensordot: Op<{ readonly left: readonly number[]; readonly right: readonly number[] }> =
  /* @__PURE__ */ new Op('tensordot', ([a, b], { left, right }) => {
    const name = (x: Sym, own: string, axes: readonly number[]): Named => ({
      x,
      labels: x.shape.map((_, axis) => (axes.includes(axis) ? `sum${axes.indexOf(axis)}` : `${own}${axis}`)),
    })
    const operands = [name(a!, 'a', left), name(b!, 'b', right)]
    return [
      contract(
        operands,
        operands.flatMap(({ labels }) => labels.filter((label) => !label.startsWith('sum'))),
      ),
    ]
  })
