/** Files by their paths, for Node: one line each way. */
import { fileURLToPath } from 'node:url'
import { any, kind, oneOf, optional, signature, type Kind, type OptionsOf } from '@glissade/core/signature'
import { refuseAt } from './error.ts'
import { load, type Loaded } from './load.ts'
import { readRows, type ReadOptions } from './read-options.ts'
import { rows as saveRows, save, type Saveable } from './save.ts'
import { failed } from './store.ts'
import { readWhole, writeFileAtomic } from './store-node.ts'

/** A path, or a `file:` URL as `new URL('model.pt', import.meta.url)` makes it. Declarations may be read where no URL is known. */
export type Path = string | { readonly href: string; readonly protocol: string }

const pathKind: Kind<Path> = /* @__PURE__ */ kind(
  'a path or a file: URL',
  (value) => typeof value === 'string' || (value instanceof URL && value.protocol === 'file:'),
  (value) => (value instanceof URL ? 'fetch it: load(fetch(url))' : 'load(source) takes what is no path'),
)
const rows = {
  ...saveRows,
  /** Default: what the name ends with says ('.safetensors', or '.pt', '.pth', '.bin' or '.ckpt'). */
  format: optional(/* @__PURE__ */ oneOf('safetensors', 'pt')),
}
export interface SaveFileOptions extends OptionsOf<typeof rows> {}
export const LOAD_FILE = /* @__PURE__ */ signature('loadFile', { path: pathKind }, readRows)
export const SAVE_FILE = /* @__PURE__ */ signature('saveFile', { value: any(), path: pathKind }, rows)

/**
 * What the file at a path holds: `load` of its bytes.
 *
 * @throws (rejects with) CheckpointError: `store` when it cannot be read, with the system's error as `cause`, and as `load`.
 */
export async function loadFile(path: Path, options?: ReadOptions): Promise<Loaded>
export async function loadFile(path: Path): Promise<Loaded> {
  const options = LOAD_FILE.read(arguments)
  let bytes: Uint8Array
  try {
    bytes = await readWhole(nameOf(path))
  } catch (error) {
    throw failed(nameOf(path), 'read', error)
  }
  return load(bytes, options)
}

/**
 * Writes what `save` gives to a file, atomically: a reader finds the old file or the new one, whole.
 *
 * @throws (rejects with) CheckpointError: as `save`, and `store` when it cannot be written; then what was there is kept.
 */
export async function saveFile(value: Saveable, path: Path, options?: SaveFileOptions): Promise<void>
export async function saveFile(value: Saveable, path: Path): Promise<void> {
  const { format = formatFor(path), metadata } = SAVE_FILE.read(arguments)
  await writeFileAtomic(nameOf(path), await save(value, { format, metadata }))
}

const nameOf = (path: Path): string => (typeof path === 'string' ? path : fileURLToPath(path.href))

function formatFor(path: Path): 'safetensors' | 'pt' {
  const name = nameOf(path)
  if (/\.safetensors$/i.test(name)) return 'safetensors'
  if (/\.(pt|pth|bin|ckpt)$/i.test(name)) return 'pt'
  return refuseAt(
    'file',
    name,
  )("the name does not say which format; pass { format: 'safetensors' } or { format: 'pt' }")
}
