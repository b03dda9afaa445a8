/** The whole shader of a dispatch. */
import { fromWord, toWord, withHelpers } from '../wgsl/index.ts'
import { LANES, lines, type Access } from '../kernels/kernel.ts'
import type { Term } from '@glissade/codegen'
import type { Dispatch } from './dispatch.ts'
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

const GRID_PLACE = `let workgroup = place.y * ${ROW} + place.x;`

/** The pieces of one stage, spread over the grid. */
function spread(stage: Stage, access: Access): string {
  const { items, by, body } = stage.work
  return by === 'group'
    ? lines(`let i = workgroup;`, `if (i < ${items}) {`, body(access), '}')
    : lines(`let i = workgroup * ${LANES} + lane;`, `if (i < ${items}) {`, body(access), '}')
}

/** @param numbers words of a run's numbers */
export function shaderOf(dispatch: Dispatch, pattern: Pattern, numbers: number): Shader {
  const body = lines(GRID_PLACE, ...dispatch.stages.map((stage) => spread(stage, accessOf(stage, dispatch, pattern))))
  const uses = (name: string): boolean => body.includes(`${name}[`)
  let binding = 0
  const bind = (declaration: string): string => `@group(0) @binding(${binding++}) ${declaration};`
  const head = [
    ...Array.from({ length: pattern.bindings }, (_, k) => bind(`var<storage, read_write> m${k}: array<u32>`)),
    ...(uses('failures') ? [bind('var<storage, read_write> failures: array<atomic<u32>, 2>')] : []),
    ...(uses('numbers') ? [bind(`var<uniform> numbers: array<vec4<u32>, ${Math.ceil(numbers / 4)}>`)] : []),
    ...(uses('lanes') ? [`var<workgroup> lanes: array<u32, ${LANES}>;`] : []),
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
