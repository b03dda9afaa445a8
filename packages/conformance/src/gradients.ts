/**
 * Gradients of every primitive, run on the backend and measured against finite differences of the float64 definition; to
 * the second order where there is one. One row per primitive, and the compiler counts them.
 */
import { isFloat, valueTypes, type Backend, type DType, type Primitive } from '@glissade/core/backend'
import { gradients } from '@glissade/core/autograd'
import type { Builder, Sym } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { failed, lacking, passed, type Case, type Measurement } from './case.ts'
import { compare, type Wanted } from './compare.ts'
import { derive, DIFFERENCE_ERROR, differences, differentiable, gradientProgram } from './derivative.ts'
import {
  between,
  draw,
  FLOATS,
  integers,
  operand,
  ordinary,
  seedOf,
  show,
  type Fill,
  type OperandSpec,
} from './generators/sample.ts'
import { programOf } from './laws/law.ts'
import { withSession, type Operand, type Session } from './session.ts'
import type { Program } from '@glissade/core/backend'

interface Call {
  readonly operands: readonly OperandSpec[]
  readonly write: (values: readonly Sym[], builder: Builder) => readonly Sym[]
  readonly what?: string
}

/** Stands for the float dtype of a case. */
const f32 = (shape: readonly number[], fill: Fill = ordinary('float32')): OperandSpec => operand('float32', shape, fill)
const i32 = (shape: readonly number[], below: number): OperandSpec => operand('int32', shape, integers(0, below - 1))
const call = (operands: readonly OperandSpec[], write: Call['write'], what?: string): Call => ({
  operands,
  write,
  ...(what === undefined ? {} : { what }),
})
/** All at least 1/8 apart, in no order. */
const distinct: Fill = (_, i) => ((i * 7) % 31) / 8 - 2
/** Away from integers and from zero. */
const offGrid: Fill = (random) => random.integer(-3, 2) + 0.25 + random.number() / 2

type Unary =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'atan'
  | 'tanh'
  | 'sqrt'
  | 'erf'
const unary = (op: Unary, fill: Fill = between(-2, 2)): Call[] => [call([f32([2, 3], fill)], ([x]) => [x![op]()])]
type Binary = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'pow' | 'maximum' | 'minimum'
const binary = (op: Binary, a: Fill = distinct, b: Fill = (random, i) => distinct(random, i + 3) + 1 / 16): Call[] => [
  call([f32([2, 3], a), f32([2, 3], b)], ([x, y]) => [x![op](y!)]),
]
const reduced = (op: 'sum' | 'prod' | 'max' | 'min', fill: Fill): Call[] => [
  call([f32([2, 3, 2], fill)], ([x]) => [x![op]([1])], 'axes [1]'),
  call([f32([3, 4], fill)], ([x]) => [x![op]([0, 1])], 'axes [0,1]'),
]

const halves: Fill = (random) => 0.6 + random.number()
const plain = { strides: [1], padding: [[0, 0]] as const, dilation: [1], inputDilation: [1], groups: 1 }

/** Empty where a primitive's results or operands carry no gradient. */
const calls: { readonly [P in Primitive]: readonly Call[] } = {
  neg: unary('neg'),
  abs: unary('abs', offGrid),
  sign: unary('sign', offGrid),
  floor: unary('floor', offGrid),
  ceil: unary('ceil', offGrid),
  round: unary('round', (random) => random.integer(-3, 3) - 0.25 + random.number() / 2),
  exp: unary('exp'),
  expm1: unary('expm1'),
  log: unary('log', between(0.3, 3)),
  log1p: unary('log1p', between(-0.6, 3)),
  sin: unary('sin'),
  cos: unary('cos'),
  atan: unary('atan'),
  tanh: unary('tanh'),
  sqrt: unary('sqrt', between(0.3, 3)),
  erf: unary('erf'),
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div', distinct, halves),
  mod: binary(
    'mod',
    (random) => 2 * random.integer(-2, 2) + 0.5 + random.number() / 4,
    () => 2,
  ),
  pow: binary('pow', halves, between(-2, 3)),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  eq: [],
  lt: [],
  le: [],
  and: [],
  or: [],
  not: [],
  argmax: [],
  windowArgmax: [],
  where: [call([operand('bool', [7]), f32([7]), f32([7])], ([c, a, b]) => [c!.where(a!, b!)])],
  cast: [call([f32([5])], ([x], builder) => [builder.emit('cast', { dtype: 'float32' }, [x!])])],
  sum: reduced('sum', distinct),
  prod: [
    ...reduced('prod', halves),
    ...[[1], [1, 3], [3, 4]].map((zeros) =>
      call(
        [f32([2, 3], (_, i) => (zeros.includes(i) ? 0 : 0.5 + i / 4))],
        ([x]) => [x!.prod([1])],
        zeros.length === 1 ? 'with a zero' : `with zeros at ${zeros.join(' and ')}`,
      ),
    ),
  ],
  max: reduced('max', distinct),
  min: reduced('min', distinct),
  cumsum: [false, true].map((reverse) =>
    call([f32([3, 4])], ([x]) => [x!.cumsum(1, reverse)], reverse ? 'reverse' : 'forward'),
  ),
  reshape: [call([f32([2, 6])], ([x]) => [x!.reshape([3, 4])])],
  permute: [call([f32([2, 3, 2])], ([x]) => [x!.permute([2, 0, 1])])],
  expand: [
    call([f32([3, 1])], ([x]) => [x!.expand([2, 3, 4])], 'leading and trailing'),
    call([f32([2, 1, 3])], ([x]) => [x!.expand([2, 3, 3])], 'middle'),
  ],
  slice: [call([f32([5, 6])], ([x]) => [x!.slice([1, 0], [4, 6], [1, 2])])],
  pad: [call([f32([2, 3])], ([x]) => [x!.pad([1, 0], [0, 2], [1, 2], 1.5)])],
  flip: [call([f32([2, 3])], ([x]) => [x!.flip([1])])],
  concat: [call([f32([2, 2]), f32([2, 1])], ([a, b], builder) => [builder.concat([a!, b!, a!], 1)])],
  dot: [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) =>
      call(
        [f32([2, ...(transposeA ? [4, 3] : [3, 4])]), f32([2, ...(transposeB ? [2, 4] : [4, 2])])],
        ([a, b]) => [a!.dot(b!, transposeA, transposeB)],
        `transposed ${Number(transposeA)}${Number(transposeB)}`,
      ),
    ),
  ),
  conv: [
    call(
      [f32([2, 2, 5]), f32([3, 2, 2])],
      ([x, w]) => [x!.conv(w!, { ...plain, strides: [2], padding: [[1, 0]] })],
      'strides and padding',
    ),
    call(
      [f32([1, 4, 4]), f32([2, 2, 2])],
      ([x, w]) => [x!.conv(w!, { ...plain, groups: 2, dilation: [2] })],
      'groups and dilation',
    ),
    call(
      [f32([1, 2, 3]), f32([2, 2, 2])],
      ([x, w]) => [x!.conv(w!, { ...plain, inputDilation: [2], padding: [[0, -1]] })],
      'dilated input, cropped',
    ),
    call(
      [f32([1, 2, 4, 3]), f32([2, 2, 2, 2])],
      ([x, w]) => [
        x!.conv(w!, {
          strides: [2, 1],
          padding: [
            [1, 1],
            [0, 1],
          ],
          dilation: [1, 1],
          inputDilation: [1, 1],
          groups: 1,
        }),
      ],
      'two axes',
    ),
  ],
  windowSum: [
    call([f32([2, 6, 5])], ([x]) => [
      x!.windowSum({
        window: [3, 2],
        strides: [2, 1],
        padding: [
          [1, 0],
          [0, 1],
        ],
        dilation: [1, 2],
      }),
    ]),
  ],
  gather: [call([f32([4, 3]), i32([5], 4)], ([x, index]) => [x!.gather(index!, 0)])],
  scatterAdd: [
    call([f32([4, 2]), i32([5], 4), f32([5, 2])], ([x, index, updates]) => [x!.scatterAdd(index!, updates!, 0)]),
  ],
  sort: [false, true].map((descending) =>
    call([f32([3, 5], distinct)], ([x]) => [x!.sort(1, descending)[0]], descending ? 'descending' : 'ascending'),
  ),
  constant: [call([f32([3])], ([x], builder) => [x!.mul(builder.data(x!.dtype, [3], [1.5, -2, 0.25]))])],
  iota: [call([f32([2, 3])], ([x], builder) => [x!.mul(builder.iota(x!.dtype, [2, 3], 1))])],
}

/** What the differences give, with the error of the program that is to give the same. */
function wantedGradients(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  of: Program,
  cotangents: readonly ArrayLike<number>[],
  backend: Backend,
): Wanted[] {
  const bounds = bounded(program, [...inputs, ...cotangents], [], backend.capabilities.accuracy)
  const expected = differences(of, inputs, [], cotangents)
  return bounds.map(({ type, data, error }, k) => ({
    type,
    data: expected[k]!,
    error: error.map((e, i) => e + DIFFERENCE_ERROR * Math.max(1, Math.abs(data[i]!))),
  }))
}

/** Gradients of the outputs, as drawn. */
function cotangentsOf(program: Program, seed: number): Operand[] {
  const types = valueTypes(program)
  return draw(
    differentiable(program).given.map((i) => {
      const { dtype, shape } = types[program.outputs[i]!]!
      return operand(dtype, shape, between(-2, 2))
    }),
    seed,
  )
}

/** Forward and backward as two programs, what is saved staying on the backend. */
async function inTwo(
  session: Session,
  program: Program,
  operands: readonly Operand[],
  cotangents: readonly Operand[],
): Promise<Float64Array[]> {
  const { wanted, given } = differentiable(program)
  const { program: backward, savedInputs, savedOutputs, takes, gives } = derive(program)
  const types = valueTypes(program)
  const inputs = operands.map((one) => session.upload(one))
  const outputs = program.outputs.map((value) => session.room(types[value]!))
  session.prepare(program).run(inputs, outputs, new Float64Array(0))
  const uploaded = cotangents.map((one) => session.upload(one))
  const results = gives.map((i) => session.room(program.inputs[i]!))
  const saved = [
    ...savedInputs.map((i) => inputs[i]!),
    ...savedOutputs.map((i) => outputs[i]!),
    ...takes.map((i) => uploaded[given.indexOf(i)]!),
  ]
  session.prepare(backward).run(saved, results, new Float64Array(0))
  const got = await Promise.all(results.map((place) => session.results(place)))
  return wanted.map((i) => (gives.includes(i) ? got[gives.indexOf(i)]! : new Float64Array(operands[i]!.data.length)))
}

type Mode = 'eager' | 'compiled' | 'second'
function gradientCase(mode: Mode, dtype: DType, op: Primitive, { operands: written, write, what }: Call): Case {
  const operands = written.map((one) => (isFloat(one.type.dtype) ? operand(dtype, one.type.shape, one.fill) : one))
  const types = operands.map(({ type }) => type)
  const order = mode === 'second' ? 'second gradient' : 'gradient'
  const name = `${op}/${dtype}/${types.map(({ shape }) => show(shape)).join('x')}/${order}${what === undefined ? '' : `, ${what}`}`
  return {
    id: `${mode === 'eager' ? 'eager' : 'compiled'}/${name}`,
    level: 'must',
    excuse: (backend) => lacking(backend, ['float32', 'int32', 'bool', dtype]),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const base = programOf(types, (values, _, builder) => write(values, builder))
        const given = draw(operands, seedOf(name))
        const first = cotangentsOf(base, seedOf(`${name} cotangents`))
        const program = mode === 'second' ? gradientProgram(base) : base
        const all = mode === 'second' ? [...given, ...first] : given
        const cotangents = mode === 'second' ? cotangentsOf(program, seedOf(`${name} second`)) : first
        const backward = gradientProgram(program)
        const wanted = wantedGradients(
          backward,
          all.map(({ data }) => data),
          program,
          cotangents.map(({ data }) => data),
          backend,
        )
        const got =
          mode === 'eager'
            ? await inTwo(session, program, all, cotangents)
            : await session.execute(backward, [...all, ...cotangents])
        return compare(wanted, got, (output, index) => `the ${order} of ${op} by operand ${output}, element ${index},`)
      }),
  }
}

const rowCase = (op: Primitive): Case => ({
  id: `core/gradients/-/-/a row for ${op}`,
  level: 'must',
  excuse: () => null,
  run: async () => (Object.hasOwn(gradients, op) ? passed : failed(`core's table of gradients has no row for ${op}`)),
})

export function gradientCases(): Case[] {
  const all = Object.entries(calls).flatMap(([op, list]) => list.map((one) => ({ op: op as Primitive, one })))
  return [
    ...Object.keys(calls).map((op) => rowCase(op as Primitive)),
    ...(['eager', 'compiled', 'second'] as const).flatMap((mode) =>
      FLOATS.flatMap((dtype) => all.map(({ op, one }) => gradientCase(mode, dtype, op, one))),
    ),
  ]
}
