/**
 * Writes a `loop` composite as one JavaScript function over typed arrays: nested loops over its space, neighbouring axes
 * merged where all operands allow it, every operand loaded once per element, reductions kept in double.
 */
import { computeLoop, identity, nestOf, place, planLoop, type Leaf, type Reducer } from '@glissade/codegen'
import { DTYPES, numel, type DType, type LoopAttributes, type Node } from '@glissade/core/backend'
import { expressions, literal } from './expressions.ts'
import { counted, loaded, stored } from './packed.ts'

const STEP: { readonly [O in Reducer]: (acc: string, x: string, dtype: DType) => string } = {
  sum: (acc, x, dtype) => (DTYPES[dtype].kind === 'float' ? `${acc} + ${x}` : `(${acc} + ${x}) | 0`),
  prod: (acc, x, dtype) => (DTYPES[dtype].kind === 'float' ? `${acc} * ${x}` : `Math.imul(${acc}, ${x})`),
  max: (acc, x) => `Math.max(${acc}, ${x})`,
  min: (acc, x) => `Math.min(${acc}, ${x})`,
}

/** A piece of source over operands `a0, a1, ...` and results `r0, r1, ...`. */
export interface Piece {
  /** Arrays of doubles that it keeps from run to run. */
  readonly kept: readonly { readonly name: string; readonly length: number }[]
  readonly body: string
  readonly operands: number
  readonly results: number
}

/** A value as text, and the outermost loop inside which it can be computed: how many axes it varies over, from the first. */
interface Value {
  readonly text: string
  readonly level: number
}

/** The source of a `loop`; `name` is a prefix of its own for what it keeps. */
export function loopPiece(name: string, node: Node): Piece {
  const body = node.body!
  const plan = planLoop(node.attrs as LoopAttributes, body)
  const { accesses, accessOf, resultAccess, axes } = nestOf(plan)
  const { types, reductions, stores } = plan
  const depth = axes.length
  const counters = axes.map((_, axis) => `i${axis}`)
  /** Where an access is inside of so many loops. */
  const index = (access: number, loops: number): string =>
    String(
      place(
        counters.slice(0, loops),
        axes.map(({ strides }) => strides[access]!),
      ),
    )
  const levelOf = (access: number): number =>
    axes.reduce((max, { strides }, axis) => (strides[access] === 0 ? max : axis + 1), 0)

  const lines: string[][] = Array.from({ length: depth + 1 }, () => [])
  body.inputs.forEach(({ dtype }, input) => {
    const access = accesses.findIndex((each) => each.kind === 'read' && each.index === input)
    if (access < 0) return
    const level = levelOf(access)
    const element = `a${input}[${index(access, level)}]`
    lines[level]!.push(`const v${input} = ${loaded(element, dtype)}`)
  })
  const leafOf = (leaf: Leaf): Value => {
    if (leaf.kind === 'fixed') return { text: literal(leaf.value, leaf.dtype), level: 0 }
    const access = accessOf.get(leaf)!
    const text = leaf.kind === 'read' ? `v${leaf.input}` : counted(index(access, depth), leaf.dtype)
    return { text, level: levelOf(access) }
  }
  const valueOf = computeLoop<Value>(plan, leafOf, ({ value, node: { op, attrs, args } }, operands) => {
    const level = Math.max(0, ...operands.map((operand) => operand.level))
    const expression = expressions[op as keyof typeof expressions](
      operands.map(({ text }) => text),
      types[args[op === 'where' ? 1 : 0]!]!.dtype,
      attrs,
    )
    lines[level]!.push(`const v${value} = ${expression}`)
    return { text: `v${value}`, level }
  })

  // Reductions over the innermost axes stay in a local; others are kept in an array of doubles until the end.
  const firstReduced = axes.findIndex(({ reduced }) => reduced)
  const suffix = firstReduced < 0 || axes.slice(firstReduced).every(({ reduced }) => reduced)
  const open = firstReduced < 0 ? depth : firstReduced
  const before: string[] = []
  const after: string[] = []
  const opening: string[] = []
  const closing: string[] = []
  const element = (result: number, dtype: DType, value: string, loops: number): string =>
    `r${result}[${index(resultAccess.get(result)!, loops)}] = ${stored(value, dtype)}`
  const lengthOf = (result: number): number => numel(node.types[result]!.shape)
  for (const { op, value, dtype, result } of reductions) {
    const x = valueOf(value).text
    if (suffix) {
      opening.push(`let s${result} = ${identity(op, dtype)}`)
      lines[depth]!.push(`s${result} = ${STEP[op](`s${result}`, x, dtype)}`)
      closing.push(element(result, dtype, `s${result}`, open))
    } else {
      const length = lengthOf(result)
      // Plain loops: fill and set are calls, which cost more than the few elements that most of these have.
      before.push(`for (let i = 0; i < ${length}; i++) s${result}[i] = ${identity(op, dtype)}`)
      const at = index(resultAccess.get(result)!, depth)
      lines[depth]!.push(`{ const at = ${at}; s${result}[at] = ${STEP[op](`s${result}[at]`, x, dtype)} }`)
      after.push(`for (let i = 0; i < ${length}; i++) r${result}[i] = ${stored(`s${result}[i]`, dtype)}`)
    }
  }
  for (const { value, result, dtype } of stores) lines[depth]!.push(element(result, dtype, valueOf(value).text, depth))

  const nest = (axis: number): string => {
    const inner = [...(axis === open && suffix ? opening : []), ...lines[axis]!]
    if (axis === depth) return [...inner, ...(axis === open && suffix ? closing : [])].join('\n')
    return [
      ...inner,
      `for (let i${axis} = 0; i${axis} < ${axes[axis]!.size}; i${axis}++) {`,
      nest(axis + 1),
      '}',
      ...(axis === open && suffix ? closing : []),
    ].join('\n')
  }
  const accumulators = suffix
    ? []
    : reductions.map(({ result }) => ({ name: `${name}s${result}`, length: lengthOf(result) }))
  const lead = suffix ? [] : reductions.map(({ result }) => `const s${result} = ${name}s${result}`)
  return {
    kept: accumulators,
    body: [...lead, ...before, nest(0), ...after].filter((line) => line !== '').join('\n'),
    operands: body.inputs.length,
    results: node.types.length,
  }
}
