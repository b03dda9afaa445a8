/** Every row of the gradient table against finite differences of the definition, to second order. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/autograd/gradients.ts'
import { vjp } from '../../src/autograd/vjp.ts'
import type { Attributes, Primitive, Program, TensorType } from '../../src/contract/contract.ts'
import { Builder } from '../../src/ir/builder.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { rules } from '../../src/ir/infer.ts'
import { isFloat } from '../../src/ir/type.ts'
import { numel } from '../../src/contract/dtype.ts'

interface Sample {
  readonly attrs?: object
  readonly shapes: readonly (readonly number[])[]
  /** Integer operands by position, with their values. */
  readonly integers?: Readonly<Record<number, readonly number[]>>
  /** Bool operands by position, with their values. */
  readonly bools?: Readonly<Record<number, readonly number[]>>
}
const WINDOW = {
  window: [2, 2],
  strides: [2, 1],
  padding: [
    [1, 0],
    [0, 1],
  ],
  dilation: [1, 2],
} as const

/** Operands where one float tensor in (0.1, 0.9) will not do. Primitives without a row here are tried on [2, 3] operands. */
const samples: { readonly [P in Primitive]?: readonly (Sample & { readonly attrs?: Attributes[P] })[] } = {
  where: [
    {
      shapes: [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      bools: { 0: [1, 0, 1, 0, 0, 1] },
    },
  ],
  cast: [{ attrs: { dtype: 'float32' }, shapes: [[2, 3]] }],
  sum: [
    { attrs: { axes: [0] }, shapes: [[2, 3]] },
    { attrs: { axes: [0, 1] }, shapes: [[2, 3]] },
  ],
  prod: [{ attrs: { axes: [1] }, shapes: [[2, 3]] }],
  max: [{ attrs: { axes: [0, 2] }, shapes: [[2, 3, 2]] }],
  min: [{ attrs: { axes: [1] }, shapes: [[2, 3]] }],
  cumsum: [
    { attrs: { axis: 1, reverse: false }, shapes: [[2, 3]] },
    { attrs: { axis: 0, reverse: true }, shapes: [[3, 2]] },
  ],
  reshape: [{ attrs: { shape: [3, 2] }, shapes: [[2, 3]] }],
  permute: [{ attrs: { order: [2, 0, 1] }, shapes: [[2, 3, 4]] }],
  expand: [
    { attrs: { shape: [4, 2, 3] }, shapes: [[2, 1]] },
    { attrs: { shape: [2, 3] }, shapes: [[]] },
  ],
  slice: [
    { attrs: { start: [0, 1], stop: [2, 5], step: [1, 2] }, shapes: [[3, 5]] },
    { attrs: { start: [1], stop: [1], step: [1] }, shapes: [[3]] },
  ],
  pad: [{ attrs: { low: [1, 0], high: [0, 2], interior: [0, 1], value: 3 }, shapes: [[2, 3]] }],
  flip: [{ attrs: { axes: [0, 1] }, shapes: [[2, 3]] }],
  concat: [
    {
      attrs: { axis: 1 },
      shapes: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
    },
  ],
  dot: [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      attrs: { transposeA, transposeB },
      shapes: [transposeA ? [2, 4, 3] : [2, 3, 4], transposeB ? [2, 2, 4] : [2, 4, 2]],
    })),
  ),
  conv: [
    {
      attrs: { strides: [2], padding: [[1, 1]], dilation: [2], inputDilation: [1], groups: 1 },
      shapes: [
        [2, 3, 7],
        [4, 3, 2],
      ],
    },
    {
      attrs: {
        strides: [1, 2],
        padding: [
          [0, 1],
          [1, 0],
        ],
        dilation: [1, 1],
        inputDilation: [1, 1],
        groups: 2,
      },
      shapes: [
        [2, 4, 4, 5],
        [4, 2, 2, 3],
      ],
    },
    {
      attrs: { strides: [1], padding: [[2, -1]], dilation: [1], inputDilation: [3], groups: 1 },
      shapes: [
        [1, 2, 3],
        [2, 2, 2],
      ],
    },
  ],
  windowSum: [{ attrs: WINDOW, shapes: [[2, 4, 5]] }],
  gather: [{ attrs: { axis: 1 }, shapes: [[2, 3], [4]], integers: { 1: [0, 2, 2, 1] } }],
  scatterAdd: [{ attrs: { axis: 0 }, shapes: [[3, 2], [4], [4, 2]], integers: { 1: [0, 2, 2, 1] } }],
  sort: [
    { attrs: { axis: 1, descending: true }, shapes: [[2, 4]] },
    { attrs: { axis: 0, descending: false }, shapes: [[3, 2]] },
  ],
}
/** Nothing flows through these: their results are integers or bool, or they have no operands. */
const WITHOUT: readonly Primitive[] = [
  'eq',
  'lt',
  'le',
  'and',
  'or',
  'not',
  'argmax',
  'windowArgmax',
  'constant',
  'iota',
]
/** Steps: the derivative is 0 between them. */
const BINARY: readonly Primitive[] = ['add', 'sub', 'mul', 'div', 'mod', 'pow', 'maximum', 'minimum']

/** Distinct numbers in (0.1, 0.9), the same every time. */
function* distinct(): Generator<number> {
  for (let i = 1; ; i++) yield 0.1 + 0.8 * ((i * 0.6180339887498949) % 1)
}

function programOf(op: Primitive, sample: Sample): { program: Program; inputs: number[][]; wanted: boolean[] } {
  const builder = new Builder()
  const draw = distinct()
  const next = (): number => draw.next().value as number
  const inputs: number[][] = []
  const args = sample.shapes.map((shape, i) => {
    const dtype = sample.integers?.[i] ? 'int32' : sample.bools?.[i] ? 'bool' : 'float64'
    inputs.push([...(sample.integers?.[i] ?? sample.bools?.[i] ?? Array.from({ length: numel(shape) }, next))])
    return builder.input({ dtype, shape })
  })
  const wanted = args.map((arg) => isFloat(arg.dtype))
  const outs = builder.primitive(op, sample.attrs ?? {}, args)
  return { program: builder.finish([outs[0]!]), inputs, wanted }
}

/** <seed, f(x)> */
function weighted(
  program: Program,
  inputs: readonly (readonly number[])[],
  seeds: readonly (readonly number[])[],
): number {
  return evaluate(program, inputs).reduce(
    (sum, out, k) => sum + out.reduce((part, x, i) => part + x * seeds[k]![i]!, 0),
    0,
  )
}

function check(program: Program, inputs: readonly number[][], wanted: readonly boolean[], order: number): void {
  const types = outputTypes(program)
  const draw = distinct()
  const seeds = types.map((type) =>
    Array.from({ length: numel(type.shape) }, () => (draw.next().value as number) - 0.3),
  )
  const given = types.map((type) => isFloat(type.dtype))
  const derivative = vjp(program, wanted, given)
  const outputs = evaluate(program, inputs)
  const args = [
    ...derivative.savedInputs.map((i) => inputs[i]!),
    ...derivative.savedOutputs.map((i) => [...outputs[i]!]),
    ...derivative.takes.map((i) => seeds[i]!),
  ]
  const found = evaluate(derivative.program, args)
  const STEP = 1e-5
  wanted.forEach((is, input) => {
    if (!is) return
    const at = derivative.gives.indexOf(input)
    const analytic = at < 0 ? inputs[input]!.map(() => 0) : [...found[at]!]
    inputs[input]!.forEach((x, i) => {
      const moved = (by: number): number =>
        weighted(
          program,
          inputs.map((values, k) => (k === input ? values.with(i, x + by) : values)),
          seeds,
        )
      const numeric = (moved(STEP) - moved(-STEP)) / (2 * STEP)
      const error = Math.abs(analytic[i]! - numeric) / Math.max(1, Math.abs(numeric))
      expect(
        error,
        `input ${input}, element ${i}: gradient ${analytic[i]}, difference quotient ${numeric}`,
      ).toBeLessThan(2e-6)
    })
  })
  if (order > 1 && derivative.gives.length > 0) {
    // Saved outputs are functions of the inputs; as independent inputs their partial derivatives must be right as well.
    // (An extreme value is compared with its operands: there only the given gradient can vary by itself.)
    const fixed = program.nodes.some(({ op }) => op === 'max' || op === 'min')
      ? derivative.program.inputs.length - derivative.takes.length
      : 0
    const floats = derivative.program.inputs.map((type, i) => isFloat(type.dtype) && i >= fixed)
    check(derivative.program, args, floats, order - 1)
  }
}

const outputTypes = (program: Program): TensorType[] => {
  const types = [
    ...program.inputs,
    ...program.scalars.map((dtype) => ({ dtype, shape: [] })),
    ...program.nodes.flatMap((node) => node.types),
  ]
  return program.outputs.map((value) => types[value]!)
}

describe('gradients agree with finite differences, and so do their own gradients', () => {
  for (const op of Object.keys(gradients) as Primitive[]) {
    if (WITHOUT.includes(op)) continue
    const rows: readonly Sample[] = samples[op] ?? [
      {
        shapes: BINARY.includes(op)
          ? [
              [2, 3],
              [2, 3],
            ]
          : [[2, 3]],
      },
    ]
    rows.forEach((sample, i) => {
      test(`${op} ${i}`, () => {
        const { program, inputs, wanted } = programOf(op, sample)
        check(program, inputs, wanted, op === 'cast' ? 0 : 2)
      })
    })
  }
})

test('the table has a row per primitive', () => {
  expect(Object.keys(gradients).toSorted()).toEqual(Object.keys(rules).toSorted())
})

test('cast passes the gradient back in the dtype of its operand, and stops at integers', () => {
  const builder = new Builder()
  const x = builder.input({ dtype: 'float64', shape: [2] })
  const derivative = vjp(builder.finish([x.cast('float32')]), [true], [true])
  expect(outputTypes(derivative.program).map((type) => type.dtype)).toEqual(['float64'])
  const other = new Builder()
  const y = other.input({ dtype: 'float64', shape: [2] })
  expect(vjp(other.finish([y.cast('int32').cast('float64')]), [true], [true]).gives).toEqual([])
})

test('at a tie maximum gives half to each operand, and a reduction shares among all maxima', () => {
  const builder = new Builder()
  const [a, b] = [builder.input({ dtype: 'float64', shape: [2] }), builder.input({ dtype: 'float64', shape: [2] })]
  const pair = vjp(builder.finish([a.maximum(b)]), [true, true], [true])
  expect(
    evaluate(pair.program, [
      [1, 5],
      [1, 2],
      [8, 8],
    ]).map((g) => [...g]),
  ).toEqual([
    [4, 8],
    [4, 0],
  ])
  const other = new Builder()
  const x = other.input({ dtype: 'float64', shape: [4] })
  const reduced = vjp(other.finish([x.max([0])]), [true], [true])
  expect(evaluate(reduced.program, [[3, 1, 3, 3], [3], [6]]).map((g) => [...g])).toEqual([[2, 0, 2, 2]])
})

test('the gradient of a product with one zero reaches only the zero, with two it reaches nothing', () => {
  const builder = new Builder()
  const x = builder.input({ dtype: 'float64', shape: [2, 3] })
  const { program } = vjp(builder.finish([x.prod([1])]), [true], [true])
  // rows: d/dx (2*0*5) = (0, 10, 0); d/dx (0*0*5) = (0, 0, 0)
  expect(
    evaluate(program, [
      [2, 0, 5, 0, 0, 5],
      [1, 1],
    ]).map((g) => [...g]),
  ).toEqual([[0, 10, 0, 0, 0, 0]])
})
