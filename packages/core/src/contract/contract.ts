/**
 * The contract between Glissade and a backend: all that a backend author reads. Everything here is data or an
 * interface; it names no backend and runs nothing. `stepByStep` (beside this file) turns a table of kernels into
 * `prepare`, so a first backend is storage and a table of small loops.
 */

/**
 * Element types in the order of promotion: operands of two become the later one. Memory is little-endian; `bool` and `uint8` take
 * one byte, `bool` holds 0 or 1. Float results are rounded once, from float32 arithmetic or wider; sums of float16 too, when they are
 * done. What each is like stands in `DTYPES`.
 */
export const DTYPE_NAMES = ['bool', 'uint8', 'int32', 'float16', 'float32', 'float64'] as const
export type DType = (typeof DTYPE_NAMES)[number]
/** Sizes per axis, outermost first; `[]` is a 0-d tensor with one element. */
export type Shape = readonly number[]
/** The type of a value: what is checked before anything runs. Values are contiguous and row-major. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

// ---- Primitives: the whole instruction set. Frozen with the contract's version. -------------------------------------

/** One operand of any number type. `sign` of NaN is NaN. */
export const UNARY_NUMBER = ['neg', 'abs', 'sign'] as const
/** One floating-point operand. `round` goes to even at halves; `atan` is in radians. */
// oxfmt-ignore
export const UNARY_FLOAT = [
  'floor', 'ceil', 'round', 'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'atan', 'tanh', 'sqrt', 'erf',
] as const
/**
 * Two operands of one type. Integers wrap; integer `div` truncates, and dividing by 0 gives 0; `mod` has the sign of
 * the dividend (C's fmod, 0 for integers modulo 0), negative integer powers are those of 1 / x; `maximum` and `minimum`
 * give NaN when either operand is NaN.
 */
export const BINARY_NUMBER = ['add', 'sub', 'mul', 'div', 'mod', 'pow', 'maximum', 'minimum'] as const
/** Two operands of one type, giving bool. Every comparison with NaN is false. */
export const COMPARISON = ['eq', 'lt', 'le'] as const
/** On bool the logical operation, on int32 and uint8 the bitwise one. */
export const LOGIC = ['and', 'or'] as const
/** Over `axes` (ascending, unique), which disappear. Over nothing: 0, 1, error, error. NaN wins `max` and `min`. */
export const REDUCTION = ['sum', 'prod', 'max', 'min'] as const

/** An operation without attributes. */
export interface None {}
/**
 * What a `gather` or `scatterAdd` throws for an index out of range, in the words of the operation that the user called;
 * `outOfRange` makes the error of it. Only messages depend on it.
 */
export interface Refusal {
  readonly kind: 'IndexError' | 'OptionError' | 'DTypeError'
  readonly operation: string
  /** `{index}` stands for the index as the user gave it. */
  readonly message: string
  /** What was added to indices beyond the end of their own axis, to send them beyond the end of this one. */
  readonly beyond: number
}
export interface Axes {
  readonly axes: readonly number[]
}
/** Windows over the last `window.length` axes; `padding` is [low, high] per axis; a window element is `dilation` apart. */
export interface Window {
  readonly window: readonly number[]
  readonly strides: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

// oxfmt-ignore
type Plain = (typeof UNARY_NUMBER | typeof UNARY_FLOAT | typeof BINARY_NUMBER | typeof COMPARISON | typeof LOGIC)[number]

/** Every primitive with its attributes. The semantics in float64 are `ir/evaluate.ts`, the type rules `ir/infer.ts`. */
export interface Attributes extends Record<Plain, None>, Record<(typeof REDUCTION)[number], Axes> {
  /** Logical on bool, bitwise on integers. */
  not: None
  /** (bool, a, b): a where true, else b. All of one shape. */
  where: None
  /** Float to integer truncates and saturates at int32, NaN gives 0; to uint8 wraps; to bool is `x != 0`. */
  cast: { readonly dtype: DType }
  /** Index of the first maximum along `axis`, which disappears; NaN counts as greatest. int32. */
  argmax: { readonly axis: number }
  /** Running sum along `axis`; from the end when `reverse`. */
  cumsum: { readonly axis: number; readonly reverse: boolean }
  reshape: { readonly shape: Shape }
  /** Axis i of the result is axis `order[i]` of the operand. */
  permute: { readonly order: readonly number[] }
  /** Broadcasting: shapes are aligned at the right, size 1 repeats. Kernels may fold it into their indexing. */
  expand: { readonly shape: Shape }
  /** Elements `start, start + step, ...` below `stop`, per axis; steps are positive. */
  slice: { readonly start: readonly number[]; readonly stop: readonly number[]; readonly step: readonly number[] }
  /** `value` put before, behind and between (`interior`) the elements of each axis. Amounts are not negative. */
  // oxfmt-ignore
  pad: { readonly low: readonly number[]; readonly high: readonly number[]; readonly interior: readonly number[]; readonly value: number }
  flip: Axes
  concat: { readonly axis: number }
  /** [...batch, m, k] by [...batch, k, n]; with `transposeA` the first is [...batch, k, m], with `transposeB` the second [...batch, n, k]. */
  dot: { readonly transposeA: boolean; readonly transposeB: boolean }
  /**
   * Cross-correlation of [n, c, ...space] with [o, c / groups, ...window]. `inputDilation - 1` zeros stand between
   * input elements. Padding may be negative: it crops.
   */
  conv: {
    readonly strides: readonly number[]
    readonly padding: readonly (readonly [number, number])[]
    readonly dilation: readonly number[]
    readonly inputDilation: readonly number[]
    readonly groups: number
  }
  /** Sum of every window; padding counts as 0. */
  windowSum: Window
  /** Row-major index, in the unpadded space, of every window's first maximum; a window of padding alone is an error. int32. */
  windowArgmax: Window
  /** (x, index): axis `axis` of x is replaced by the shape of the int32 index. An index out of range is an error (`says`). */
  gather: { readonly axis: number; readonly says?: Refusal }
  /** (x, index, updates): x with `updates`, shaped as `gather(x, index)`, added at the indices, in ascending order. */
  scatterAdd: { readonly axis: number; readonly says?: Refusal }
  /** Stable; gives (values, int32 indices). NaN counts as greatest. */
  sort: { readonly axis: number; readonly descending: boolean }
  /**
   * One number everywhere, or all elements in row-major order. With `unread` it is a gap in a `concat`: no result depends on what is
   * there, so nobody need write it.
   */
  // oxfmt-ignore
  constant: { readonly dtype: DType; readonly shape: Shape; readonly value: number | readonly number[]; readonly unread?: true }
  /** The index along `axis`, rounded to the dtype. */
  iota: { readonly dtype: DType; readonly shape: Shape; readonly axis: number }
}
export type Primitive = keyof Attributes

// ---- Programs: typed nodes in static single assignment form ---------------------------------------------------------

/**
 * Values are numbered: first the inputs, then the scalars (0-d, numbers that differ from run to run), then the results
 * of each node in turn. A node whose `op` is no primitive is a composite: `body` defines it, with the node's arguments
 * as its inputs and no scalars of its own.
 */
export interface Node {
  readonly op: string
  readonly attrs: object
  readonly args: readonly number[]
  readonly types: readonly TensorType[]
  readonly body?: Program
  /** Where in the user's model it came from (`layers.0.linear`); for messages, never part of a key. */
  readonly origin?: string
}
export interface Program {
  readonly inputs: readonly TensorType[]
  readonly scalars: readonly DType[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly number[]
  /**
   * Per output: the input in whose place it may be written, or null. Whoever makes the program sees to it that no later
   * node reads the input, and that the output's own node, if it reads it, goes element by element.
   */
  readonly donated: readonly (number | null)[]
}

// ---- The backend ----------------------------------------------------------------------------------------------------

/** Bytes on the device. Only its backend looks inside. Who uses one after its release is told so by a StateError. */
export interface Storage {
  readonly byteLength: number
}
/** A value's place: `byteOffset` is a multiple of `limits.alignment`. Bytes behind it up to the next multiple of 4 are its own. */
export interface Slice {
  readonly storage: Storage
  readonly byteOffset: number
  readonly type: TensorType
}

export interface Capabilities {
  /** float32, int32 and bool at least. It runs every primitive on those that it has. */
  readonly dtypes: ReadonlySet<DType>
  /** Names of composites it runs itself; the bodies of all others are inlined before `prepare`. */
  readonly runs: ReadonlySet<string>
  readonly limits: {
    /** Bytes of one storage. Core lays no more side by side, and `layout` plans scratch in pieces of no more. */
    readonly allocationBytes: number
    /** Bytes of all storages together. Default: as many as there are. */
    readonly memoryBytes?: number
    /** A power of two, of which every offset is a multiple. */
    readonly alignment: number
    /** Storages that one loop may touch, 4 or more: every input and every output of the program, and scratch. Default: any number. */
    readonly storages?: number
    /**
     * Runs in flight, 1 or more: wherever core waits, it waits until there are no more (`settle`). Default: 16, and any number where
     * there is `readSync`.
     */
    readonly runsInFlight?: number
  }
  /**
   * `ieee`: correctly rounded arithmetic, NaN and infinities kept. `wgsl`: WGSL's bounds, NaN and infinities kept where values are
   * moved, compared or chosen.
   */
  readonly accuracy: 'ieee' | 'wgsl'
  /** `collected`: storages belong to the garbage collector. `released`: core calls `release`. */
  readonly memory: 'collected' | 'released'
}

/**
 * Core checks shapes, dtypes and options once, before it calls; a backend validates nothing but indices.
 *
 * *Failed runs.* What is wrong with a run throws, or is found late: an index out of range, memory that is not to be had, code that does
 * not compile. Then every `read` and `settle` that was issued after the run rejects with the error, which names the operation and where
 * it came from, until one of them has; later ones do not, and runs that failed meanwhile are part of it. What the run was to write is
 * undefined, nothing else is, and the device lives.
 *
 * *A lost device.* From `lost` on, and likewise from `destroy` on, `allocate`, `write`, `prepare` and `run` throw a StateError, `read`
 * and `settle` reject with one, those that are pending too; nothing gives bytes that might be wrong. `release` and `memory` of a lost
 * device go on as before.
 */
export interface Backend {
  readonly name: string
  readonly contract: 1
  readonly capabilities: Capabilities
  /** Resolves with the reason when the device is gone, and for nothing else. */
  readonly lost: Promise<Error>
  /** The contents are undefined. Throws MemoryError when it cannot. */
  allocate(byteLength: number): Storage
  /** Takes effect after work already issued. Once per storage. */
  release(storage: Storage): void
  /** Copies `bytes` before it returns. */
  write(target: Slice, bytes: Uint8Array): void
  /** Sees every run issued before it, none after. */
  read(source: Slice): Promise<Uint8Array>
  /** Present where the backend can. */
  readSync?(source: Slice): Uint8Array
  /** Host memory without a copy, where there is such a thing; valid until the next run. */
  view?(source: Slice): Uint8Array
  /** Throws UnsupportedError, naming the node. */
  prepare(program: Program): Executable
  /** Resolves when at most `pending` (0) runs are still in flight. */
  settle(pending?: number): Promise<void>
  /**
   * `live`: bytes of storages allocated and not released (on `collected`: those it holds itself), scratch of prepared programs among
   * them where each has its own. A release shows at once, or when it takes effect: `settle()` has seen it. `reserved`: bytes it has
   * from the system.
   */
  memory(): { readonly live: number; readonly reserved: number }
  /** Everything it allocated is gone. */
  destroy(): void
}

/** What a kernel of a prepared program took. */
export interface KernelTime {
  /** In the backend's own words. */
  readonly kernel: string
  /** Indices of the program's nodes whose work it did: of several where they are fused, of none for copies. */
  readonly nodes: readonly number[]
  /** Nanoseconds, of all its passes together. */
  readonly ns: number
}

/** A prepared program. */
export interface Executable {
  /** Compilation may be asynchronous; runs issued before it is done wait for it. Where it rejects, they have failed, and later ones throw. */
  readonly ready: Promise<void>
  readonly scratchBytes: number
  /** `scalars` and the lists are read before it returns. Outputs never overlap inputs, except where donated. */
  run(inputs: readonly Slice[], outputs: readonly Slice[], scalars: Float64Array): void
  /**
   * A run, with all that is said of `run`, that resolves with what every kernel took, in their order. A node that computes is in
   * one entry, one that only moves or makes constants in one or none. What fails rejects it, and nothing else. Present where the
   * backend can.
   */
  profile?(inputs: readonly Slice[], outputs: readonly Slice[], scalars: Float64Array): Promise<readonly KernelTime[]>
  release(): void
}
