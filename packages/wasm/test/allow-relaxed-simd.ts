import { setFlagsFromString } from 'node:v8'

/** Node 20 has relaxed SIMD behind a flag of V8; later ones have it always, and no such flag. */
export function allowRelaxedSimd(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
}
