/** The part of the WebAssembly JavaScript API that is used here; the language library of this project has none. */
import type { OwnBytes } from '@glissade/core/backend'

export interface LinearMemory {
  readonly buffer: ArrayBufferLike
  grow(pages: number): number
}
export interface CompiledModule {
  readonly brand: 'WebAssembly.Module'
}
interface Engine {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared?: boolean }) => LinearMemory
  readonly Module: new (bytes: OwnBytes) => CompiledModule
  readonly Instance: new (
    module: CompiledModule,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
  readonly validate: (bytes: OwnBytes) => boolean
}

export const engine: Engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly
