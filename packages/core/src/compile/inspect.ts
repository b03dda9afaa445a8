/** Runs any program node by node on a backend, with a look at every value: for the first NaN, or the first difference. */
import type { Backend, Node, Program, Slice, TensorType } from '../contract/contract.ts'
import { bytesOf, bytesOfElements, DTYPES, elementsFor, elementsOf, type Elements } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'
import { inline } from '../ir/inline.ts'
import { device, fn, isOptions, kind, list, number, type Kind } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'
import { internedTypes } from '../engine/op.ts'

/** What is seen of a node: its results on the host. Returning `false` ends the run. */
export type NodeHook = (
  node: Node,
  results: readonly Elements[],
  index: number,
) => boolean | void | Promise<boolean | void>

const programKind: Kind<Program> = /* @__PURE__ */ kind(
  'a program',
  (value) => isOptions(value) && ['inputs', 'scalars', 'nodes', 'outputs'].every((part) => Array.isArray(value[part])),
)
const inputsKind = /* @__PURE__ */ list(
  /* @__PURE__ */ kind<Elements>('a typed array', (value) =>
    Object.values(DTYPES).some(({ array }) => value instanceof array),
  ),
)
const scalarsKind = optional(list(number))
export const RUN_NODE_BY_NODE = /* @__PURE__ */ signature('runNodeByNode', {
  program: programKind,
  backend: device,
  inputs: inputsKind,
  scalars: scalarsKind,
  onNode: optional(fn<NodeHook>()),
})
export const FIRST_NOT_FINITE = /* @__PURE__ */ signature('firstNotFinite', {
  program: programKind,
  backend: device,
  inputs: inputsKind,
  scalars: scalarsKind,
})
export const FIRST_DIFFERENCE = /* @__PURE__ */ signature('firstDifference', {
  program: programKind,
  backends: list(device, 2),
  inputs: inputsKind,
  scalars: scalarsKind,
  tolerance: optional(number),
})

/**
 * Runs `program` one node at a time: a program of its own for every node, all results read back. Composites are inlined,
 * so every node is a primitive.
 * @param inputs elements of every input, in the arrays of their dtypes
 * @returns the outputs, or null where the hook ended the run
 */
export async function runNodeByNode(
  program: Program,
  backend: Backend,
  inputs: readonly Elements[],
  scalars: readonly number[] = [],
  onNode: NodeHook = () => {},
): Promise<Elements[] | null> {
  RUN_NODE_BY_NODE.read(arguments)
  return run('runNodeByNode', program, backend, inputs, scalars, onNode)
}

async function run(
  operation: string,
  program: Program,
  backend: Backend,
  inputs: readonly Elements[],
  scalars: readonly number[],
  onNode: NodeHook,
): Promise<Elements[] | null> {
  const whole = inline(program)
  if (inputs.length !== whole.inputs.length)
    throw new OptionError(operation, `the program has ${whole.inputs.length} inputs (got ${inputs.length})`)
  const types = internedTypes(whole)
  const slices: Slice[] = []
  const place = (type: TensorType): Slice => {
    const slice: Slice = { storage: backend.allocate(bytesOf(type)), byteOffset: 0, type }
    slices.push(slice)
    return slice
  }
  const read = async (slice: Slice): Promise<Elements> => elementsOf(slice.type, (await backend.read(slice)).slice())
  try {
    inputs.forEach((array, i) => backend.write(place(types[i]!), bytesOfElements(types[i]!.dtype, array)))
    scalars.forEach((value, i) => {
      const slice = place(types[whole.inputs.length + i]!)
      const { dtype } = slice.type
      backend.write(slice, bytesOfElements(dtype, elementsFor(dtype, 1).fill(DTYPES[dtype].round(value))))
    })
    for (const [index, node] of whole.nodes.entries()) {
      const args = node.args.map((arg) => slices[arg]!)
      const executable = backend.prepare({
        inputs: args.map(({ type }) => type),
        scalars: [],
        donated: node.types.map(() => null),
        nodes: [{ ...node, args: args.map((_, i) => i) }],
        outputs: node.types.map((_, k) => args.length + k),
      })
      await executable.ready
      const results = node.types.map(place)
      executable.run(args, results, new Float64Array(0))
      const seen = await Promise.all(results.map(read))
      executable.release()
      if ((await onNode(node, seen, index)) === false) return null
    }
    return await Promise.all(whole.outputs.map(async (value) => await read(slices[value]!)))
  } finally {
    for (const { storage } of slices) backend.release(storage)
  }
}

export interface Finding {
  readonly index: number
  readonly node: Node
  /** The first element that differs, or is NaN, and what stands there. */
  readonly element: number
  readonly values: readonly number[]
}

/** The first node with a NaN or an infinity among its results though none of its operands had one; null where there is none. */
export async function firstNotFinite(
  program: Program,
  backend: Backend,
  inputs: readonly Elements[],
  scalars: readonly number[] = [],
): Promise<Finding | null> {
  FIRST_NOT_FINITE.read(arguments)
  let found: Finding | null = null
  await run('firstNotFinite', program, backend, inputs, scalars, (node, results, index) => {
    for (const result of results) {
      const element = result.findIndex((x: number) => !Number.isFinite(x))
      if (element < 0) continue
      found = { index, node, element, values: [result[element]!] }
      return false
    }
    return true
  })
  return found
}

/** The first node whose results differ between two backends by more than `tolerance` (relative to 1 + |x|; default 1e-5). */
export async function firstDifference(
  program: Program,
  backends: readonly [Backend, Backend],
  inputs: readonly Elements[],
  scalars: readonly number[] = [],
  tolerance = 1e-5,
): Promise<Finding | null> {
  FIRST_DIFFERENCE.read(arguments)
  const [a, b] = backends
  const results: (readonly Elements[])[] = []
  await run('firstDifference', program, a, inputs, scalars, (_, values) => void results.push(values))
  let found: Finding | null = null
  await run('firstDifference', program, b, inputs, scalars, (node, values, index) => {
    for (const [k, other] of values.entries()) {
      const own = results[index]![k]!
      const element = own.findIndex(
        (x: number, i: number) =>
          !(Object.is(x, other[i]!) || Math.abs(x - other[i]!) <= tolerance * (1 + Math.abs(x))),
      )
      if (element < 0) continue
      found = { index, node, element, values: [own[element]!, other[element]!] }
      return false
    }
    return true
  })
  return found
}
