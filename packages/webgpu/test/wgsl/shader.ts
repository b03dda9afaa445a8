/** A shader that computes one expression, element by element. */
import type { DType } from '@glissade/core/backend'
import { fromWord, toWord, withHelpers } from '../../src/wgsl/index.ts'

export const LANES = 64

/** `expression` of operands that are given as text. */
export function shaderOf(
  operands: readonly DType[],
  result: DType,
  expression: (operands: readonly string[]) => string,
): string {
  const names = operands.map((_, i) => `x${i}`)
  const body = `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
${names.map((name, i) => `@group(0) @binding(${i + 1}) var<storage, read_write> ${name}_words: array<u32>;`).join('\n')}
@compute @workgroup_size(${LANES}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&out)) { return; }
${names.map((name, i) => `  let ${name} = ${fromWord(operands[i]!, `${name}_words[i]`)};`).join('\n')}
  out[i] = ${toWord(result, expression(names))};
}`
  return body + '\n' + withHelpers(body)
}
