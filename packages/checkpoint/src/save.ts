/** The one line from what there is to the bytes of a file, in either format. */
import { scope, type Tensor } from '@glissade/core'
import type { OwnBytes } from '@glissade/core/backend'
import { any, oneOf, optional, signature, type Kind, type OptionsOf } from '@glissade/core/signature'
import { isHostTensor } from './dtype.ts'
import { describe, quote, refuseAt } from './error.ts'
import type { HostTensor } from './host-tensor.ts'
import { named } from './kinds.ts'
import { formatPath, MAX_DEPTH } from './pickle-value.ts'
import type { WritableValue } from './pickle-writer.ts'
import { writePt } from './pt.ts'
import { writeSafetensors, type Texts } from './safetensors.ts'
import { hosted, isTensor } from './tensors.ts'

export const rows = {
  /** 'safetensors' (default) holds tensors by name; 'pt' holds whatever `torch.save` would. */
  format: optional(oneOf('safetensors', 'pt'), 'safetensors'),
  /** Texts in a safetensors file. Default `{ format: 'pt' }`: the tensors are laid out as PyTorch's, which some readers ask. */
  metadata: optional(named as Kind<Texts>),
}
export interface SaveOptions extends OptionsOf<typeof rows> {}
export const SAVE = /* @__PURE__ */ signature('save', { value: any() }, rows)

/** What has a state: modules, optimizers, schedulers. */
export interface HasState {
  stateDict(): unknown
}
/**
 * What can be saved: a model, its state dict, or dicts (Maps, plain objects) and lists of these with plain values among them.
 * What is inside is looked at when it is saved: state dicts of optimizers and schedulers have unknown values.
 */
export type Saveable = HasState | Tensor | WritableValue | object

/**
 * The bytes of a file with the state of a model: `await save(model)`, or of all that training has:
 * `await save({ model, optimizer, epoch }, { format: 'pt' })`. Whatever has a `stateDict()` stands for that. What is saved
 * is the state at the call: training may go on before the promise resolves. PyTorch reads it (`weights_only=True` too);
 * int32 is written as int64, which it stands for.
 *
 * @throws (rejects with) CheckpointError (`safetensors` or `pt`) naming what the format cannot hold.
 */
export async function save(value: Saveable, options?: SaveOptions): Promise<OwnBytes>
export async function save(value: Saveable): Promise<OwnBytes> {
  const { format, metadata } = SAVE.read(arguments)
  const refuse = refuseAt(format, 'save')
  if (format === 'pt' && metadata !== undefined) return refuse('a .pt file has no metadata; put texts into the value')
  const reading: Promise<void>[] = []
  // Everything up to the first await happens at the call: reads are issued, and give the values of now.
  const taken = scope(() => take(value, reading, [], format))
  await Promise.all(reading)
  if (format === 'pt') return writePt(taken as WritableValue)
  return writeSafetensors(tensorsOf(taken), metadata ?? { format: 'pt' })
}

/** A copy in which tensors are in host memory, as soon as what is being read is there. */
function take(
  value: unknown,
  reading: Promise<void>[],
  path: readonly unknown[],
  format: 'pt' | 'safetensors',
): unknown {
  if (path.length > MAX_DEPTH)
    refuseAt(format, formatPath(path.slice(0, 3)))(`nested deeper than ${MAX_DEPTH}; does it contain itself?`)
  const inner = (key: unknown, part: unknown): unknown => take(part, reading, [...path, key], format)
  if (isTensor(value)) return issue(value, reading)
  if (hasState(value)) return take(value.stateDict(), reading, path, format)
  if (Array.isArray(value)) {
    const list = value.map((part: unknown, i) => inner(i, part))
    return Object.isFrozen(value) ? Object.freeze(list) : list
  }
  if (value instanceof Map)
    return new Map([...(value as Map<unknown, unknown>)].map(([key, part]) => [key, inner(key, part)]))
  if (typeof value !== 'object' || value === null) return value
  // It may be written to before the file is.
  if (isHostTensor(value)) return { ...value, data: copyOf(value.data) }
  if (value instanceof Uint8Array) return copyOf(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  // What is an instance of a class is refused by the writer, with its place.
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(key, part)]))
}

/** `slice` of Node's Buffer is a view. */
const copyOf = <A extends HostTensor['data']>(data: A): A =>
  (data instanceof Uint8Array ? new Uint8Array(data) : data.slice()) as A

const hasState = (value: unknown): value is HasState =>
  (typeof value === 'function' || (typeof value === 'object' && value !== null)) &&
  typeof (value as Partial<HasState>).stateDict === 'function'

function issue(tensor: Tensor, reading: Promise<void>[]): HostTensor {
  const host = { ...hosted(tensor, new Float32Array(0)) } as { -readonly [K in keyof HostTensor]: HostTensor[K] }
  const fill = async (data: Promise<HostTensor['data']>): Promise<void> => {
    host.data = await data
  }
  reading.push(fill(tensor.data()))
  return host as HostTensor
}

/** What safetensors can hold. */
function tensorsOf(value: unknown): ReadonlyMap<string, HostTensor> {
  const refuse = refuseAt('safetensors', 'save')
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isHostTensor(value))
    return refuse(`it holds tensors by name, not ${describe(value)}; { format: 'pt' } holds anything`)
  const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value)
  return new Map(
    entries.map(([name, part]): [string, HostTensor] => {
      if (typeof name !== 'string') return refuse(`the name ${describe(name)} is no text; { format: 'pt' } holds any`)
      if (typeof part === 'object' && part !== null && isHostTensor(part)) return [name, part]
      return refuse(`${quote(name)} is no tensor but ${describe(part)}; { format: 'pt' } holds anything`)
    }),
  )
}
