/**
 * Whole runs: all that training needs to go on as if it had not stopped, in one safetensors file. The tensors of the
 * model are `model.0.weight` and so on, so that any reader of safetensors finds them; what is no tensor is JSON in the
 * file's metadata.
 */
import { defaultGenerator, scope, tensor, type Generator, type Tensor } from '@glissade/core'
import type { LoaderState } from '@glissade/core/data'
import type { AnyModule } from '@glissade/core/nn'
import type { AnyOptimizer, OptimizerStateDict } from '@glissade/core/optim'
import { any, kind, number, optional, signature, string, type Kind, type OptionsOf } from '@glissade/core/signature'
import { CheckpointError, describe, quote, refuseAt, type Refuse } from './error.ts'
import type { HostTensor } from './host-tensor.ts'
import { store as storeKind } from './kinds.ts'
import { orderOf } from './order.ts'
import { OPTIONAL, readRunFile, writeRunFile, type RunHeader } from './run-file.ts'
import type { Store } from './store.ts'
import { pack, unpack, type Get, type Put } from './tree.ts'

/** What has a state dict: schedulers, and whatever follows them. */
export interface Stateful {
  stateDict(): Readonly<Record<string, unknown>>
  loadStateDict(state: Readonly<Record<string, unknown>>): void
}

/** What has a position: data loaders. */
export interface Positioned {
  state(): LoaderState
  loadState(state: LoaderState): void
}

/** An object with these methods. */
const having = <T extends object>(wanted: string, ...methods: readonly (keyof T & string)[]): Kind<T> =>
  kind(
    wanted,
    (value) =>
      (typeof value === 'object' || typeof value === 'function') &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  )
const partRows = {
  /** Its parameters and buffers. */
  model: having<AnyModule>('a module', 'parameters', 'stateDict'),
  /** Its options, its state and its counts. */
  optimizer: having<AnyOptimizer>('an optimizer', 'step', 'stateDict'),
  /** A scheduler, or whatever else has a state dict. */
  scheduler: optional(having<Stateful>('a scheduler', 'stateDict', 'loadStateDict')),
  /** A generator of your own. The default one is always saved, and loaders save theirs. */
  generator: optional(having<Generator>('a Generator', 'getState', 'setState')),
  /** A data loader. */
  loader: optional(having<Positioned>('a data loader', 'state', 'loadState')),
}
/** The parts of a run. Those that are saved must be there when it is loaded. */
export interface RunParts extends OptionsOf<typeof partRows> {}
const runRows = {
  ...partRows,
  /** Steps made. Default 0. */
  step: optional(number, 0),
  /** Anything else: plain objects, arrays, Maps, numbers, strings, typed arrays and tensors. Default null. */
  extra: optional(any(), null),
}
export interface Run extends OptionsOf<typeof runRows> {}
/** What `saveRun` takes. */
export const SAVE_RUN = /* @__PURE__ */ signature('saveRun', { store: storeKind, name: string }, runRows)
/** What `loadRun` takes. */
export const LOAD_RUN = /* @__PURE__ */ signature('loadRun', { store: storeKind, name: string }, partRows)

export interface LoadedRun {
  readonly step: number
  /** A copy; tensors in it are on the default device. */
  readonly extra: unknown
}

const bytes = (data: Uint8Array): HostTensor => ({ dtype: 'uint8', shape: [data.length], data })

/**
 * Saves a run under a name, replacing what was there, atomically (see `Store`). What is saved is the state at the call:
 * training may go on before the promise resolves. Saves of one name to one store are written in the order of the calls:
 * the last call stays. Gradients are not saved: call it after `optimizer.step()`, and after
 * `scheduler.step()` where there is one.
 *
 * @throws (rejects with) CheckpointError: `run` for something in `extra` that cannot be saved, `store` when the place fails.
 */
export async function saveRun(store: Store, name: string, run: Run): Promise<void> {
  const { model, optimizer, scheduler, generator, loader, step, extra } = SAVE_RUN.read(arguments)
  if (!Number.isFinite(step)) refuseAt('run', name)(`step is ${describe(step)}, which is no number of steps`)
  const reading = new Map<string, Promise<HostTensor> | HostTensor>()
  const put = (part: string): Put => {
    const place = (path: readonly unknown[], value: Promise<HostTensor> | HostTensor): string => {
      let unique = [part, ...path].join('.')
      while (reading.has(unique)) unique += '~'
      reading.set(unique, value)
      return unique
    }
    return {
      tensor: (value, path) => place(path, read(value as Tensor)),
      array: (data, path) => place(path, hostArray(data)),
    }
  }
  // Everything up to the first await happens at the call: reads are issued, and give the values of now.
  const header: RunHeader = scope(() => {
    for (const [key, value] of model.stateDict()) reading.set(`model.${key}`, read(value, 'int64'))
    return {
      step,
      parts: OPTIONAL.filter((part) => run[part] !== undefined),
      optimizer: pack(optimizer.stateDict(), put('optimizer')),
      ...(scheduler === undefined ? {} : { scheduler: pack(scheduler.stateDict(), put('scheduler')) }),
      ...(loader === undefined ? {} : { loader: loader.state() }),
      extra: pack(extra, put('extra')),
    }
  })
  reading.set('generator.default', bytes(defaultGenerator.getState()))
  if (generator !== undefined) reading.set('generator.own', bytes(generator.getState()))

  const tensors = Promise.all([...reading].map(async ([key, value]) => [key, await value] as const))
  const write = async (): Promise<void> => store.write(name, writeRunFile(header, new Map(await tensors)))
  await orderOf(store.place ?? store).run(`run ${name}`, write, tensors)
}

/** Issues the read at once. int32 is PyTorch's int64 in a model's file. */
async function read(value: Tensor, int32As: 'int32' | 'int64' = 'int32'): Promise<HostTensor> {
  const { dtype, shape } = value
  const data = await value.data()
  return { dtype, shape, data, ...(dtype === 'int32' ? { as: int32As } : {}) } as HostTensor
}

const DTYPE_OF: ReadonlyMap<string, readonly [HostTensor['dtype'], new (data: never) => HostTensor['data']]> = new Map([
  ['Float32Array', ['float32', Float32Array]],
  ['Float64Array', ['float64', Float64Array]],
  ['Int32Array', ['int32', Int32Array]],
  ['Uint8Array', ['uint8', Uint8Array]],
])

function hostArray(data: HostTensor['data']): HostTensor {
  // A copy: the array may change before the file is written. Not `slice`, which is a view where Node overrides it.
  const [dtype, Own] = DTYPE_OF.get(data[Symbol.toStringTag])!
  return { dtype, shape: [data.length], data: new Own(data as never) } as HostTensor
}

/**
 * Brings these parts to the state of a saved run: training that goes on from here gives the same bits as if it had not
 * stopped, on the same backend and version. The parts must be made as they were for the run; their own state, and
 * the numbers drawn while making them, do not matter.
 *
 * @returns the number of steps and the extra value that were saved.
 * @throws (rejects with) CheckpointError: `store` when there is no such file, `run` when it is damaged or not a run, has
 * other parts than these, or one does not fit (other keys or shapes, other groups, another number of batches), with the
 * error of that part as `cause`. Then nothing has changed.
 */
export async function loadRun(store: Store, name: string, parts: RunParts): Promise<LoadedRun> {
  const { model, optimizer, scheduler, generator, loader } = LOAD_RUN.read(arguments)
  const { header, tensors } = readRunFile(await store.read(name), name)
  const refuse = refuseAt('run', name)
  for (const part of OPTIONAL) {
    const [saved, given] = [header.parts.includes(part), parts[part] !== undefined]
    if (saved && !given) refuse(`the run has a ${part}, without which it would go on differently; pass it to loadRun`)
    if (given && !saved) refuse(`the run was saved without a ${part}`)
  }
  // Each belongs to one place: a small header could otherwise ask for any number of copies.
  const host = (key: string): HostTensor => {
    const found = tensors.get(key) ?? refuse(`it lacks ${quote(key)}, or has it in two places`)
    tensors.delete(key)
    return found
  }
  const getHost: Get = { tensor: host, array: (key) => host(key).data }
  const getTensor: Get = { tensor: (key) => toTensor(host(key)), array: (key) => host(key).data }
  const extra = unpack(header.extra, getTensor, refuse)
  const states = {
    model: modelState(model, tensors, refuse),
    optimizer: unpack(header.optimizer, getHost, refuse) as OptimizerStateDict,
    scheduler: unpack(header.scheduler, getHost, refuse) as Readonly<Record<string, unknown>>,
    default: host('generator.default').data as Uint8Array,
    own: generator === undefined ? null : (host('generator.own').data as Uint8Array),
  }
  for (const key of tensors.keys()) refuse(`it has ${quote(key)}, which no part of it mentions`)

  const loads: Readonly<Record<string, () => void>> = {
    model: () => model.loadStateDict(new Map([...states.model].map(([key, place]) => [key, place()]))),
    optimizer: () => optimizer.loadStateDict(states.optimizer),
    scheduler: () => scheduler?.loadStateDict(states.scheduler),
    loader: () => loader?.loadState(header.loader as LoaderState),
    'default generator': () => defaultGenerator.setState(states.default),
    generator: () => generator?.setState(states.own!),
  }
  const undo = remember(parts)
  for (const [part, load] of Object.entries(loads)) {
    try {
      scope(load)
    } catch (error) {
      scope(undo)
      const what = error instanceof Error ? error.message : String(error)
      throw new CheckpointError('run', name, `what was saved of the ${part} does not fit: ${what}`, { cause: error })
    }
  }
  return { step: header.step, extra }
}

const toTensor = ({ data, dtype, shape }: HostTensor, device?: Tensor['device']): Tensor =>
  tensor(data, { dtype, shape, ...(device === undefined ? {} : { device }) })

const MODEL = 'model.'

/** What makes the model's tensors, each where the model has it; they are taken out of `tensors`. */
function modelState(model: AnyModule, tensors: Map<string, HostTensor>, refuse: Refuse): Map<string, () => Tensor> {
  const own = model.stateDict()
  const state = new Map<string, () => Tensor>()
  for (const [key, value] of tensors) {
    if (!key.startsWith(MODEL)) continue
    tensors.delete(key)
    const target = own.get(key.slice(MODEL.length))
    // A cast would lose bits that the run had.
    if (target !== undefined && target.dtype !== value.dtype)
      refuse(`${key} is ${value.dtype} in the file and ${target.dtype} in the model`)
    state.set(key.slice(MODEL.length), () => toTensor(value, target?.device))
  }
  return state
}

/** Gives what brings the parts back to where they are now. */
function remember({ model, optimizer, scheduler, generator, loader }: RunParts): () => void {
  const before = {
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    scheduler: scheduler?.stateDict(),
    loader: loader?.state(),
    default: defaultGenerator.getState(),
    own: generator?.getState(),
  }
  return () => {
    model.loadStateDict(before.model)
    optimizer.loadStateDict(before.optimizer)
    if (before.scheduler !== undefined) scheduler!.loadStateDict(before.scheduler)
    if (before.loader !== undefined) loader!.loadState(before.loader)
    defaultGenerator.setState(before.default)
    if (before.own !== undefined) generator!.setState(before.own)
  }
}
