/** The whole shader of a dispatch. */
import { fromWord, toWord, withHelpers } from '../wgsl/index.ts'
import { LANES, lines, SHARED, type Access } from '../kernels/kernel.ts'
import type { Term } from '@glissade/codegen'
import type { Dispatch, Spread } from './dispatch.ts'
import type { InMemory, Operand, Stage } from './stage.ts'

/** Where the storages of a dispatch are bound: storages in one range of a buffer are one binding. In their order there. */
export interface Pattern {
  readonly bindings: number
  readonly at: readonly { readonly binding: number; readonly word: number }[]
}

/** A shader, and what it is given besides storages. */
export interface Shader {
  readonly code: string
  readonly bindings: number
  readonly usesFailures: boolean
  readonly usesNumbers: boolean
}

/** Workgroups of a row of the grid, which WebGPU bounds in each direction. */
const ROW = 32768
/** The grid of so many workgroups. */
export const gridOf = (workgroups: number): readonly [x: number, y: number] => [
  Math.min(workgroups, ROW),
  Math.ceil(workgroups / ROW),
]

/** How the work of a stage reaches memory. */
function accessOf({ operands, results, table, failure }: Stage, { storages }: Dispatch, { at }: Pattern): Access {
  const element = ({ storage, word }: InMemory, place: Term): string => {
    const { binding, word: first } = at[storages.indexOf(storage)]!
    const before = first + word
    return `m${binding}[${before === 0 ? '' : `${before} + `}${place}]`
  }
  const load = (operand: Operand, place: Term): string =>
    fromWord(operand.dtype, operand.of === 'numbers' ? number(operand.word) : element(operand, place))
  return {
    load: (operand, place) => load(operands[operand]!, place),
    store: (result, place, value) => `${element(results[result]!, place)} = ${toWord(results[result]!.dtype, value)};`,
    table: (place) => load(table!, place),
    fail: (index) =>
      `if (atomicCompareExchangeWeak(&failures[0], 0u, ${number(failure!)}).exchanged) { atomicStore(&failures[1], bitcast<u32>(${index})); }`,
  }
}
const number = (word: number): string => `numbers[${word >> 2}].${'xyzw'[word & 3]}`

/** How the pieces of a stage are walked over, by how its dispatch is spread: what opens the walk, and what closes it. */
const WALKS: {
  readonly [S in Spread]: (stage: Stage, workgroups: number) => readonly [open: string, close: string]
} = {
  wide: ({ work: { items, by } }) => [
    `{ let i = ${by === 'group' ? 'workgroup' : `workgroup * ${LANES} + lane`}; if (i < ${items}) {`,
    '} }',
  ],
  team: ({ work: { items, by } }) => [
    by === 'group' ? `for (var i = 0u; i < ${items}; i++) {` : `for (var i = lane; i < ${items}; i += ${LANES}) {`,
    '}',
  ],
  rows: ({ work: { items, by } }, rows) => {
    const count = items / rows
    const step = by === 'group' ? `var q = 0u; q < ${count}; q++` : `var q = lane; q < ${count}; q += ${LANES}`
    return [`for (${step}) { let i = workgroup * ${count} + q;`, '}']
  },
}

/** All stages of a dispatch, in a workgroup that there is: the grid may have a few more. */
function writeParts(dispatch: Dispatch, pattern: Pattern): string {
  const { spread, parts, workgroups } = dispatch
  const written = parts.map(({ stage, waits }) => {
    const [open, close] = WALKS[spread](stage, workgroups)
    return lines(waits ? 'storageBarrier();' : '', open, stage.work.body(accessOf(stage, dispatch, pattern)), close)
  })
  return lines(
    `let workgroup = place.y * ${ROW} + place.x;`,
    ...(spread === 'rows' && workgroups > ROW ? [`if (workgroup >= ${workgroups}) { return; }`] : []),
    ...written,
  )
}

/** @param numbers words of a run's numbers */
export function shaderOf(dispatch: Dispatch, pattern: Pattern, numbers: number): Shader {
  const body = writeParts(dispatch, pattern)
  const uses = (name: string): boolean => body.includes(`${name}[`)
  let binding = 0
  const bind = (declaration: string): string => `@group(0) @binding(${binding++}) ${declaration};`
  const head = [
    ...Array.from({ length: pattern.bindings }, (_, k) => bind(`var<storage, read_write> m${k}: array<u32>`)),
    ...(uses('failures') ? [bind('var<storage, read_write> failures: array<atomic<u32>, 2>')] : []),
    ...(uses('numbers') ? [bind(`var<uniform> numbers: array<vec4<u32>, ${Math.ceil(numbers / 4)}>`)] : []),
    ...Object.entries(SHARED).flatMap(([name, type]) => (uses(name) ? [`var<workgroup> ${name}: ${type};`] : [])),
  ]
  const main = lines(
    `@compute @workgroup_size(${LANES})`,
    'fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {',
    body,
    '}',
  )
  return {
    code: lines(...head, withHelpers(main), main),
    bindings: pattern.bindings,
    usesFailures: uses('failures'),
    usesNumbers: uses('numbers'),
  }
}
