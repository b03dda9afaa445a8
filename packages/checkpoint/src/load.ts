/** The one line from a file to what is in it, whichever of the two formats it has. */
import { signature } from '@glissade/core/signature'
import { describe, refuseAt } from './error.ts'
import { describeFile, formatOf } from './file-kind.ts'
import { readPt } from './pt.ts'
import { readRows, type ReadOptions } from './read-options.ts'
import { readSafetensors } from './safetensors.ts'
import { readSource, source as sourceKind, type Source } from './source.ts'

export const LOAD = /* @__PURE__ */ signature('load', { source: sourceKind }, readRows)

/** What is under a name depends on the file, as with `JSON.parse`: a tensor in a file of weights, anything in a checkpoint. */
// oxlint-disable-next-line no-explicit-any -- who reads it knows what it is; loadStateDict looks at it
export type Loaded = Map<string, any>

/**
 * What a .pt or safetensors file holds, by name: `model.loadStateDict(await load(source))` for a file of weights, and
 * `model.loadStateDict((await load(source)).get('model'))` for a checkpoint with more in it. Tensors are in host memory, and
 * `loadStateDict` puts them where the model is, on whatever backend. The format is told by the first bytes.
 *
 * @param source bytes, a Blob or File, a Response, a stream, or a promise of one: `load(fetch(url))`. A path in Node:
 * `loadFile` of `@glissade/checkpoint/node`.
 * @throws (rejects with) CheckpointError: `source` when the bytes cannot be had, `file` when they are no checkpoint (and what
 * they are instead), `pt` or `safetensors` as `readPt` and `readSafetensors` say.
 */
export async function load(source: Source, options?: ReadOptions): Promise<Loaded>
export async function load(source: Source): Promise<Loaded> {
  const options = LOAD.read(arguments)
  const bytes = await readSource('load', source)
  const format = formatOf(bytes)
  if (format === 'safetensors') return readSafetensors(bytes, options).tensors
  if (format !== 'pt') return refuseAt('file', 'start of the file')(describeFile(bytes))
  const value = readPt(bytes, options)
  return value instanceof Map
    ? (value as Loaded)
    : refuseAt('pt', 'value')(`the file holds ${describe(value)} and no dict with names; readPt gives it as it is`)
}
