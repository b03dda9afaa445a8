/**
 * What is wrong with a program of many nodes: the smallest part of it that fails, and in it the first node that is wrong. Values
 * of the definition stand in for what is cut away, so that each part is judged by itself.
 */
import { DTYPES, print, valueTypes, type Backend, type Node, type Program } from '@glissade/core/backend'
import { evaluate } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { failed, messageOf, type Measurement } from './case.ts'
import { compare } from './compare.ts'
import { inSession, listed, withSession, type Operand, type Session } from './session.ts'

/** A program with numbers for it. */
export interface Instance {
  readonly program: Program
  readonly inputs: readonly ArrayLike<number>[]
  readonly scalars: readonly number[]
}
/** As core gives it to the backend; null where there would be nothing to try. */
export type Lowering = (program: Program) => Program | null

/** Every value of a program that a node makes, by its number. */
const made = ({ inputs, scalars, nodes }: Program): number[] =>
  Array.from(
    { length: nodes.reduce((n, { types }) => n + types.length, 0) },
    (_, i) => inputs.length + scalars.length + i,
  )

/** What is wrong, or null. */
async function judge(
  backend: Backend,
  { program, inputs, scalars }: Instance,
  lower: Lowering,
): Promise<string | null> {
  const runs = lower(program)
  if (runs === null) return null
  try {
    return await inSession(backend, async (session) => {
      const operands = inputs.map((data, i): Operand => ({ type: program.inputs[i]!, data }))
      const wanted = bounded(runs, inputs, scalars, backend.capabilities.accuracy)
      const got = await session.execute(runs, operands, scalars)
      const { ok, detail } = compare(wanted, got, (_, index) => `[${index}]`)
      return ok ? null : detail
    })
  } catch (error) {
    return messageOf(error)
  }
}

/** The nodes that `outputs` need, with the values in `given` as inputs in the place of their nodes. */
function cut(
  whole: Instance,
  values: readonly ArrayLike<number>[],
  outputs: readonly number[],
  given: ReadonlySet<number>,
): Instance {
  const { program, scalars } = whole
  const types = valueTypes(program)
  const first = program.inputs.length + program.scalars.length
  // From the value to the node that makes it.
  const makers = new Map<number, Node>()
  let next = first
  for (const node of program.nodes) for (const _ of node.types) makers.set(next++, node)
  const [needed, taken] = [new Set<Node>(), new Set<number>()]
  const visit = (value: number): void => {
    const maker = makers.get(value)
    if (maker === undefined || given.has(value)) return void taken.add(value)
    if (needed.has(maker)) return
    needed.add(maker)
    maker.args.forEach(visit)
  }
  outputs.forEach(visit)
  const isScalar = (value: number): boolean => value >= program.inputs.length && value < first
  const inputs = [...taken].filter((value) => !isScalar(value)).toSorted((a, b) => a - b)
  const numbers = [...taken].filter(isScalar).toSorted((a, b) => a - b)
  const renamed = new Map([...inputs, ...numbers].map((value, i) => [value, i]))
  let free = renamed.size
  next = first
  const nodes: Node[] = []
  for (const node of program.nodes) {
    const own = node.types.map(() => next++)
    if (!needed.has(node)) continue
    nodes.push({ ...node, args: node.args.map((arg) => renamed.get(arg)!) })
    // A result that is given besides stays an input to all others.
    for (const value of own) {
      if (!given.has(value) || !renamed.has(value)) renamed.set(value, free)
      free++
    }
  }
  return {
    program: {
      inputs: inputs.map((value) => types[value]!),
      scalars: numbers.map((value) => program.scalars[value - program.inputs.length]!),
      nodes,
      outputs: outputs.map((value) => renamed.get(value)!),
      donated: outputs.map(() => null),
    },
    inputs: inputs.map((value) => Array.from(values[value]!, DTYPES[types[value]!.dtype].round)),
    scalars: numbers.map((value) => scalars[value - program.inputs.length]!),
  }
}

/** The definition's value of everything in a program. */
function valuesOf({ program, inputs, scalars }: Instance): ArrayLike<number>[] {
  const all = { ...program, outputs: made(program), donated: made(program).map(() => null) }
  return [...inputs, ...scalars.map((x) => [x]), ...evaluate(all, inputs, scalars)]
}

/** Parts with one output each, from the smallest on; the first that fails. */
async function smallestPart(backend: Backend, whole: Instance, lower: Lowering): Promise<Instance | null> {
  const values = valuesOf(whole)
  const parts = made(whole.program)
    .map((value) => cut(whole, values, [value], new Set()))
    .toSorted((a, b) => a.program.nodes.length - b.program.nodes.length)
  for (const part of parts) if ((await judge(backend, part, lower)) !== null) return part
  return null
}

/** One value after the other becomes an input, as long as the rest fails. */
async function shrunk(backend: Backend, failing: Instance, lower: Lowering): Promise<Instance> {
  const values = valuesOf(failing)
  let [smallest, given] = [failing, new Set<number>()]
  for (const value of made(failing.program).toReversed()) {
    if (failing.program.outputs.includes(value)) continue
    const more = new Set([...given, value])
    const part = cut(failing, values, failing.program.outputs, more)
    if (part.program.nodes.length >= smallest.program.nodes.length) continue
    if ((await judge(backend, part, lower)) !== null) [smallest, given] = [part, more]
  }
  return smallest
}

/** The node that makes the first value, in their order, that is wrong where every value is an output. */
async function firstWrong(
  backend: Backend,
  { program, inputs, scalars }: Instance,
  lower: Lowering,
): Promise<string | null> {
  for (const value of made(program)) {
    const outputs = made(program).filter((other) => other <= value)
    const detail = await judge(
      backend,
      { program: { ...program, outputs, donated: outputs.map(() => null) }, inputs, scalars },
      lower,
    )
    if (detail === null) continue
    const node = print(program)
      .split('\n')
      .find((line) => line.includes(`%${value}:`))
    return `first wrong: ${node?.trim() ?? `%${value}`}, ${detail}`
  }
  return null
}

const numbersOf = ({ inputs, scalars }: Instance): string =>
  [...inputs.map(listed), ...scalars.map(String)].map((data, i) => `%${i} = ${data}`).join('; ')

/** What to read where a program of many nodes fails: the first wrong node, the smallest program that fails, and its numbers. */
export async function explain(
  backend: Backend,
  whole: Instance,
  lower: Lowering = (program) => program,
): Promise<string> {
  const part = await smallestPart(backend, whole, lower)
  if (part === null)
    return `every value by itself is right, and all together are not: ${print(whole.program)} with ${numbersOf(whole)}`
  const smallest = await shrunk(backend, part, lower)
  const wrong = await firstWrong(backend, smallest, lower)
  return `${wrong ?? 'right with every value as an output, wrong without'} | the smallest program that fails: ${print(smallest.program)} | with ${numbersOf(smallest)}`
}

/** Of one backend so many are explained: the others are likely wrong for the same reason, and each takes dozens of runs. */
const EXPLAINED = 12
const explanations = new WeakMap<Backend, number>()

/** Judges a program; where it fails, says more than where the last of its results is off. */
export async function explained(
  backend: Backend,
  whole: Instance,
  work: (session: Session, whole: Instance) => Promise<Measurement>,
  lower?: Lowering,
): Promise<Measurement> {
  let measured: Measurement
  try {
    measured = await withSession(backend, (session) => work(session, whole))
  } catch (error) {
    measured = failed(messageOf(error))
  }
  const before = explanations.get(backend) ?? 0
  if (measured.ok || before >= EXPLAINED) return measured
  explanations.set(backend, before + 1)
  const more = await explain(backend, whole, lower).catch((error: unknown) => messageOf(error))
  return { ...measured, detail: `${measured.detail} | ${more}` }
}
