/**
 * The instructions of WebAssembly that this backend writes: opcodes by operands and result. They are those of the binary
 * format of the WebAssembly 3.0 specification (https://webassembly.github.io/spec/core/binary); those of a prefixed group
 * are prefix * 0x1000 + number.
 */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'
export type Result = ValueType | 'void'

/** Operations on values only. */
// prettier-ignore
export const PLAIN = {
  'i32 -> i32': { 'i32.eqz': 0x45, 'i32.clz': 0x67 },
  'i32 i32 -> i32': {
    'i32.eq': 0x46, 'i32.ne': 0x47, 'i32.lt_s': 0x48, 'i32.lt_u': 0x49, 'i32.gt_s': 0x4a, 'i32.gt_u': 0x4b,
    'i32.le_s': 0x4c, 'i32.ge_s': 0x4e, 'i32.ge_u': 0x4f, 'i32.add': 0x6a, 'i32.sub': 0x6b, 'i32.mul': 0x6c,
    'i32.div_s': 0x6d, 'i32.div_u': 0x6e, 'i32.rem_s': 0x6f, 'i32.rem_u': 0x70, 'i32.and': 0x71, 'i32.or': 0x72,
    'i32.xor': 0x73, 'i32.shl': 0x74, 'i32.shr_s': 0x75, 'i32.shr_u': 0x76,
  },
  'f32 f32 -> i32': { 'f32.eq': 0x5b, 'f32.ne': 0x5c, 'f32.lt': 0x5d, 'f32.gt': 0x5e },
  'f64 f64 -> i32': { 'f64.eq': 0x61, 'f64.ne': 0x62, 'f64.lt': 0x63, 'f64.gt': 0x64, 'f64.ge': 0x66 },
  'i64 i64 -> i64': {
    'i64.add': 0x7c, 'i64.sub': 0x7d, 'i64.mul': 0x7e, 'i64.and': 0x83, 'i64.shl': 0x86, 'i64.shr_s': 0x87,
    'i64.shr_u': 0x88,
  },
  'f32 -> f32': { 'f32.abs': 0x8b },
  'f32 f32 -> f32': { 'f32.add': 0x92, 'f32.sub': 0x93, 'f32.mul': 0x94 },
  'f64 -> f64': { 'f64.abs': 0x99, 'f64.neg': 0x9a, 'f64.trunc': 0x9d },
  'f64 f64 -> f64': { 'f64.add': 0xa0, 'f64.sub': 0xa1, 'f64.mul': 0xa2, 'f64.div': 0xa3, 'f64.copysign': 0xa6 },
  'i64 -> i32': { 'i32.wrap_i64': 0xa7 },
  'i32 -> i64': { 'i64.extend_i32_s': 0xac, 'i64.extend_i32_u': 0xad },
  'i32 -> f32': { 'f32.convert_i32_s': 0xb2 },
  'f64 -> f32': { 'f32.demote_f64': 0xb6 },
  'i64 -> f64': { 'f64.convert_i64_s': 0xb9, 'f64.reinterpret_i64': 0xbf },
  'f32 -> f64': { 'f64.promote_f32': 0xbb },
  'f32 -> i32': { 'i32.reinterpret_f32': 0xbc },
  'f64 -> i64': { 'i64.reinterpret_f64': 0xbd },
  'v128 v128 -> v128': {
    'i8x16.swizzle': 0xfd00e, 'i32x4.eq': 0xfd037, 'i32x4.ne': 0xfd038, 'i32x4.lt_s': 0xfd039,
    'i32x4.gt_s': 0xfd03b, 'i32x4.le_s': 0xfd03d, 'i32x4.ge_u': 0xfd040, 'f32x4.eq': 0xfd041, 'f32x4.ne': 0xfd042, 'f32x4.lt': 0xfd043,
    'f32x4.gt': 0xfd044, 'f32x4.le': 0xfd045, 'f32x4.ge': 0xfd046, 'f64x2.eq': 0xfd047, 'f64x2.ne': 0xfd048,
    'f64x2.lt': 0xfd049, 'f64x2.gt': 0xfd04a, 'v128.and': 0xfd04e, 'v128.andnot': 0xfd04f, 'v128.or': 0xfd050,
    'v128.xor': 0xfd051, 'i32x4.add': 0xfd0ae, 'i32x4.sub': 0xfd0b1, 'i32x4.mul': 0xfd0b5, 'i32x4.min_s': 0xfd0b6,
    'i32x4.max_s': 0xfd0b8, 'i64x2.add': 0xfd0ce, 'i64x2.sub': 0xfd0d1, 'f32x4.add': 0xfd0e4, 'f32x4.sub': 0xfd0e5,
    'f32x4.mul': 0xfd0e6, 'f32x4.div': 0xfd0e7, 'f32x4.min': 0xfd0e8, 'f32x4.max': 0xfd0e9, 'f32x4.pmin': 0xfd0ea,
    'f32x4.pmax': 0xfd0eb, 'f64x2.add': 0xfd0f0, 'f64x2.sub': 0xfd0f1, 'f64x2.mul': 0xfd0f2, 'f64x2.div': 0xfd0f3,
    'f64x2.pmin': 0xfd0f6, 'f64x2.pmax': 0xfd0f7,
  },
  'i32 -> v128': { 'i32x4.splat': 0xfd011 },
  'f32 -> v128': { 'f32x4.splat': 0xfd013 },
  'f64 -> v128': { 'f64x2.splat': 0xfd014 },
  'v128 -> v128': {
    'v128.not': 0xfd04d, 'f32x4.demote_f64x2_zero': 0xfd05e, 'f64x2.promote_low_f32x4': 0xfd05f,
    'f32x4.ceil': 0xfd067, 'f32x4.floor': 0xfd068, 'f32x4.nearest': 0xfd06a, 'f64x2.nearest': 0xfd094,
    'f64x2.floor': 0xfd075, 'i16x8.extend_low_i8x16_u': 0xfd089, 'i32x4.abs': 0xfd0a0, 'i32x4.neg': 0xfd0a1,
    'i32x4.extend_low_i16x8_u': 0xfd0a9, 'f32x4.abs': 0xfd0e0, 'f32x4.neg': 0xfd0e1, 'f32x4.sqrt': 0xfd0e3,
    'f64x2.abs': 0xfd0ec, 'i32x4.trunc_sat_f32x4_s': 0xfd0f8, 'f32x4.convert_i32x4_s': 0xfd0fa,
    'i32x4.trunc_sat_f64x2_s_zero': 0xfd0fc, 'f64x2.convert_low_i32x4_s': 0xfd0fe,
  },
  'v128 v128 v128 -> v128': {
    'v128.bitselect': 0xfd052, 'f32x4.relaxed_madd': 0xfd105, 'f32x4.relaxed_nmadd': 0xfd106,
  },
  'v128 -> i32': { 'v128.any_true': 0xfd053, 'i32x4.all_true': 0xfd0a3 },
  'v128 i32 -> v128': {
    'i32x4.shl': 0xfd0ab, 'i32x4.shr_s': 0xfd0ac, 'i32x4.shr_u': 0xfd0ad, 'i64x2.shl': 0xfd0cb,
    'i64x2.shr_u': 0xfd0cd,
  },
} as const

/** Operations with the number of a lane. */
export const LANE = {
  'v128 -> i32': { 'i32x4.extract_lane': 0xfd01b },
  'v128 i32 -> v128': { 'i32x4.replace_lane': 0xfd01c },
  'v128 -> f32': { 'f32x4.extract_lane': 0xfd01f },
  'v128 f32 -> v128': { 'f32x4.replace_lane': 0xfd020 },
} as const

/** Operations on memory; the first operand is the address, to which a constant offset is added. */
export const MEMORY = {
  'i32 -> i32': { 'i32.load': 0x28, 'i32.load8_u': 0x2d, 'i32.atomic.load': 0xfe010 },
  'i32 -> i64': { 'i64.load': 0x29 },
  'i32 -> f32': { 'f32.load': 0x2a },
  'i32 i32 -> void': { 'i32.store': 0x36, 'i32.store8': 0x3a, 'i32.atomic.store': 0xfe017 },
  'i32 f32 -> void': { 'f32.store': 0x38 },
  'i32 -> v128': {
    'v128.load': 0xfd000,
    'v128.load32_splat': 0xfd009,
    'v128.load32_zero': 0xfd05c,
    'v128.load64_zero': 0xfd05d,
  },
  'i32 v128 -> void': { 'v128.store': 0xfd00b },
  'i32 i32 -> i32': { 'memory.atomic.notify': 0xfe000, 'i32.atomic.rmw.add': 0xfe01e },
  'i32 i32 i64 -> i32': { 'memory.atomic.wait32': 0xfe001 },
} as const

/** The same with the number of a lane. */
export const MEMORY_LANE = {
  'i32 v128 -> void': { 'v128.store32_lane': 0xfd05a },
} as const

/** Blocks of bytes: target, source or value, length. */
export const BULK = {
  'i32 i32 i32 -> void': { 'memory.copy': 0xfc00a, 'memory.fill': 0xfc00b },
} as const

/** What is written for an instruction, and what it gives. */
export interface Instruction {
  readonly opcode: number
  readonly result: Result
}

type Table = Readonly<Record<string, Readonly<Record<string, number>>>>
export const instructionsOf = (table: Table): [string, Instruction][] =>
  Object.entries(table).flatMap(([signature, names]) => {
    const result = signature.split('-> ')[1] as Result
    return Object.entries(names).map(([name, opcode]): [string, Instruction] => [name, { opcode, result }])
  })
