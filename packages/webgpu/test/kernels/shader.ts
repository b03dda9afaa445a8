/** A work as a shader of its own, over operands at the bindings after its result's. */
import type { TensorType } from '@glissade/core/backend'
import { LANES, lines, SHARED, type Work } from '../../src/kernels/kernel.ts'
import { fromWord, toWord, withHelpers } from '../../src/wgsl/index.ts'

export function shaderOf({ items, by, body }: Work, args: readonly TensorType[], result: TensorType): string {
  const text = body({
    load: (operand, at) => fromWord(args[operand]!.dtype, `m${operand + 1}[${at}]`),
    store: (_, at, value) => `m0[${at}] = ${toWord(result.dtype, value)};`,
    table: () => '',
    fail: () => '',
  })
  const main = lines(
    `@compute @workgroup_size(${LANES})`,
    'fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {',
    by === 'group' ? 'let i = place.x;' : `let i = place.x * ${LANES} + lane; if (i >= ${items}) { return; }`,
    text,
    '}',
  )
  return lines(
    ...[result, ...args].map((_, k) => `@group(0) @binding(${k}) var<storage, read_write> m${k}: array<u32>;`),
    ...Object.entries(SHARED).flatMap(([name, type]) =>
      main.includes(`${name}[`) ? [`var<workgroup> ${name}: ${type};`] : [],
    ),
    withHelpers(main),
    main,
  )
}
