/**
 * Lays state side by side: updates that are alike, of all the parameters of a group say, become one update over one input that
 * holds them all. What reads a parameter reads a slice of it, and gradients are concatenated; both are where values lie
 * (`lower/sharing.ts`), so nothing is copied.
 */
import type { Capabilities, Node, Program, TensorType } from '../contract/contract.ts'
import { bytesOf, DTYPES, numel } from '../contract/dtype.ts'
import { valuesOf } from '../contract/values.ts'
import { sameShape } from '../ir/type.ts'
import { joinUpdates, keyOver, type Group, type Joined, type Role, type Update } from './join-updates.ts'

/**
 * @param own per output, the input that it replaces, or null
 * @param options.alignment bytes of which every place in a row is a multiple
 * @param options.allocationBytes of a row at most
 * @param options.mayJoin asked for the inputs of every row
 * @returns null where nothing can be laid side by side
 */
export function sideBySide(
  program: Program,
  own: readonly (number | null)[],
  {
    alignment,
    allocationBytes,
    mayJoin,
  }: Pick<Capabilities['limits'], 'alignment' | 'allocationBytes'> & {
    readonly mayJoin: (inputs: readonly number[]) => boolean
  },
): Joined | null {
  const groups = groupsOf(program, own)
    .flatMap((updates) => fitting(updates, alignment, allocationBytes))
    .map((updates) => grouped(updates, alignment))
    .filter(({ rows }) => rows.every(({ inputs }) => mayJoin(inputs)))
  if (groups.length === 0) return null
  return joinUpdates(program, groups)
}

function groupsOf(program: Program, own: readonly (number | null)[]): Update[][] {
  const { nodes, outputs } = program
  const { types, starts, producer } = valuesOf(program)
  const firstRead = types.map(() => nodes.length)
  nodes.forEach((node, i) => {
    for (const arg of node.args) firstRead[arg] = Math.min(firstRead[arg]!, i)
  })
  const isOutput = new Set(outputs)
  /** The outputs that are a value; most are of none. */
  const outputsOf = new Map<number, number[]>()
  outputs.forEach((value, output) => outputsOf.set(value, [...(outputsOf.get(value) ?? []), output]))
  /** Whether it is computed for this update, so that it can be computed in the place where all gradients lie. */
  const isComputed = (value: number): boolean => {
    const node = nodes[producer[value]!]
    if (node === undefined || isOutput.has(value)) return false
    return node.op === 'reshape' ? isComputed(node.args[0]!) : node.op !== 'constant' && node.op !== 'iota'
  }
  /** For every result of a node the state that it replaces; null where one replaces none, or is something else as well. */
  const replacedBy = (node: Node, index: number): Map<number, { output: number; result: number }> | null => {
    const replaced = new Map<number, { output: number; result: number }>()
    for (let result = 0; result < node.types.length; result++) {
      const [output, ...others] = outputsOf.get(starts[index]! + result) ?? []
      const input = output === undefined ? null : (own[output] ?? null)
      if (input === null || others.length > 0 || replaced.has(input)) return null
      replaced.set(input, { output: output!, result })
    }
    return replaced
  }

  const update = (node: Node, index: number): Update | null => {
    if (node.body === undefined) return null
    const replaced = replacedBy(node, index)
    const type = node.types[0]!
    if (replaced === null || numel(type.shape) === 0 || type.shape.length === 0) return null
    const isWhole = (other: TensorType): boolean => other.dtype === type.dtype && sameShape(other.shape, type.shape)
    const body = keyOver(node.body, type.shape)
    if (body === null || !node.types.every(isWhole)) return null
    const roles: Role[] = []
    for (const value of node.args) {
      const state = replaced.get(value)
      if (state !== undefined && isWhole(types[value]!)) roles.push({ kind: 'state', input: value, ...state })
      else if (types[value]!.shape.length === 0) roles.push({ kind: 'number', value })
      else if (isWhole(types[value]!) && isComputed(value)) roles.push({ kind: 'gradient', value })
      else return null
    }
    const states = roles.flatMap((role) => (role.kind === 'state' ? [role.result] : []))
    if (new Set(states).size !== states.length || states.length !== node.types.length) return null
    const parts = roles.map((role) =>
      role.kind === 'state' ? `state ${role.result}` : role.kind === 'number' ? `number ${role.value}` : role.kind,
    )
    const key = [node.op, JSON.stringify(node.attrs), type.dtype, ...parts, body].join(';')
    return { index, node, shape: type.shape, roles, key }
  }

  const groups = new Map<string, Update[]>()
  nodes.forEach((node, i) => {
    const found = update(node, i)
    if (found === null) return
    const known = groups.get(found.key)
    if (known === undefined) groups.set(found.key, [found])
    else known.push(found)
  })
  // All are done where the last one stood, so nothing may read a result before.
  return [...groups.values()].filter(
    (updates) =>
      updates.length > 1 &&
      updates.every(({ node, index }) =>
        node.types.every((_, k) => firstRead[starts[index]! + k]! > updates.at(-1)!.index),
      ),
  )
}

/** Updates in as many rows as it takes; what would be alone in one stays apart. */
function fitting(updates: readonly Update[], alignment: number, allocationBytes: number): Update[][] {
  const parts: Update[][] = [[]]
  let bytes = 0
  for (const update of updates) {
    const own = bytesOf({ dtype: update.node.types[0]!.dtype, shape: update.shape })
    const start = Math.ceil(bytes / Math.max(4, alignment)) * Math.max(4, alignment)
    const fits = start + own <= allocationBytes
    if (fits) parts.at(-1)!.push(update)
    else parts.push([update])
    bytes = fits ? start + own : own
  }
  return parts.filter(({ length }) => length > 1)
}

function grouped(updates: readonly Update[], alignment: number): Group {
  const { node, roles } = updates[0]!
  const { dtype } = node.types[0]!
  const { bytes } = DTYPES[dtype]
  // Bytes behind a value up to the next multiple of 4 are its own.
  const unit = Math.max(4, alignment) / bytes
  const offsets: number[] = []
  let end = 0
  for (const { shape } of updates) {
    offsets.push(Math.ceil(end / unit) * unit)
    end = offsets.at(-1)! + numel(shape)
  }
  const rows = roles.flatMap((role, place) =>
    role.kind === 'state'
      ? [
          {
            place,
            result: role.result,
            inputs: updates.map((update) => (update.roles[place] as typeof role).input),
            outputs: updates.map((update) => (update.roles[place] as typeof role).output),
            offsets: offsets.map((offset) => offset * bytes),
            type: { dtype, shape: [end] },
          },
        ]
      : [],
  )
  return { updates, rows, size: end }
}
