/** Products and windows, whose attributes ONNX orders otherwise. */
import { numel, UnsupportedError } from '@glissade/core/backend'
import type { Shape, Window } from '@glissade/core/backend'
import type { Graph } from './graph.ts'
import type { Operator } from './operators.ts'

export const dot: Operator<'dot'> = (graph, { transposeA, transposeB }, [a, b]) => {
  const turned = (name: string, rank: number, transpose: boolean): string => {
    if (!transpose) return name
    const perm = Array.from({ length: rank }, (_, axis) => axis)
    return graph.op('Transpose', [name], { perm: [...perm.slice(0, -2), rank - 1, rank - 2] })
  }
  const rank = a!.type.shape.length
  return graph.op('MatMul', [turned(a!.name, rank, transposeA), turned(b!.name, rank, transposeB)])
}

/** Pads and crops the last axes; ONNX wants padding that is not negative. */
function margins(
  graph: Graph,
  name: string,
  shape: Shape,
  padding: readonly (readonly [number, number])[],
): { name: string; pads: number[] } {
  const lead = shape.length - padding.length
  let cropped = name
  if (padding.some(([low, high]) => low < 0 || high < 0)) {
    const starts = padding.map(([low]) => Math.max(0, -low))
    const ends = padding.map(([, high], i) => shape[lead + i]! - Math.max(0, -high))
    cropped = graph.op('Slice', [
      name,
      graph.list(starts),
      graph.list(ends),
      graph.list(padding.map((_, i) => lead + i)),
    ])
  }
  return {
    name: cropped,
    pads: [...padding.map(([low]) => Math.max(0, low)), ...padding.map(([, high]) => Math.max(0, high))],
  }
}

export const conv: Operator<'conv'> = (graph, { strides, padding, dilation, inputDilation, groups }, [x, w]) => {
  let name = x!.name
  const shape = [...x!.type.shape]
  inputDilation.forEach((apart, i) => {
    const [axis, size] = [i + 2, shape[i + 2]!]
    if (apart === 1 || size < 2) return
    const none = [...shape, 0].map(() => 0)
    const rows = graph.op('Pad', [
      graph.reshape(name, shape.toSpliced(axis + 1, 0, 1)),
      graph.list([...none, ...none.with(axis + 1, apart - 1)]),
    ])
    shape[axis] = size * apart
    const flat = graph.reshape(rows, shape)
    shape[axis] = (size - 1) * apart + 1
    name = graph.op('Slice', [flat, graph.list([0]), graph.list([shape[axis]]), graph.list([axis])])
  })
  const { name: cropped, pads } = margins(graph, name, shape, padding)
  const dilations = [...dilation]
  return graph.op('Conv', [cropped, w!.name], {
    strides,
    dilations,
    pads,
    group: groups,
    kernel_shape: w!.type.shape.slice(2),
  })
}

/** Every index of a small shape. */
const taps = (window: Shape): number[][] =>
  window.reduce<number[][]>(
    (all, size) => all.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  )

/** The elements under one tap of every window: a slice of what is padded. */
const under = (
  graph: Graph,
  padded: string,
  { strides, dilation, window }: Window,
  positions: Shape,
  tap: readonly number[],
): string => {
  const lead = positions.length - window.length
  const start = tap.map((i, axis) => i * dilation[axis]!)
  const stop = start.map((from, axis) => from + (positions[lead + axis]! - 1) * strides[axis]! + 1)
  const axes = window.map((_, axis) => lead + axis)
  return graph.op('Slice', [padded, graph.list(start), graph.list(stop), graph.list(axes), graph.list(strides)])
}
const padded = (graph: Graph, name: string, shape: Shape, padding: Window['padding'], filler: string): string => {
  const { name: cropped, pads } = margins(graph, name, shape, padding)
  const none = shape.slice(padding.length).map(() => 0)
  return graph.op('Pad', [
    cropped,
    graph.list([...none, ...pads.slice(0, padding.length), ...none, ...pads.slice(padding.length)]),
    filler,
  ])
}

/** A sum of slices, one per tap. ONNX's pools are for floats, and refuse padding as wide as the window. */
/** Windows are sums of as many slices; a graph of more takes ONNX Runtime minutes to load. */
const MOST_TAPS = 4096
export const windowSum: Operator<'windowSum'> = (graph, attrs, [x], [result]) => {
  const { dtype, shape } = x!.type
  if (numel(attrs.window) > MOST_TAPS)
    throw new UnsupportedError(
      'windowSum',
      `a window of ${numel(attrs.window)} elements would be as many nodes of a graph`,
    )
  const around = padded(graph, x!.name, shape, attrs.padding, graph.number(dtype, 0))
  return taps(attrs.window)
    .map((tap) => under(graph, around, attrs, result!.shape, tap))
    .reduce((sum, part) => graph.op('Add', [sum, part]))
}

/** The greatest so far and where it is, tap by tap; -1 marks padding. */
export const windowArgmax: Operator<'windowArgmax'> = (graph, attrs, [x], [result]) => {
  const { dtype, shape } = x!.type
  const space = shape.slice(shape.length - attrs.window.length)
  const grid = graph.constant(
    'int32',
    space,
    Array.from({ length: numel(space) }, (_, i) => i),
  )
  const [zero, none] = [graph.number('int32', 0), graph.number('int32', -1)]
  const values = padded(graph, x!.name, shape, attrs.padding, graph.number(dtype, 0))
  const places = padded(graph, graph.op('Expand', [grid, graph.list(shape)]), shape, attrs.padding, none)
  let best = { value: graph.fill(dtype, result!.shape, 0), place: graph.fill('int32', result!.shape, -1) }
  for (const tap of taps(attrs.window)) {
    const [value, place] = [values, places].map((all) => under(graph, all, attrs, result!.shape, tap)) as [
      string,
      string,
    ]
    let greater = graph.op('Greater', [value, best.value])
    if (dtype === 'float32') {
      const isFirstNaN = graph.op('And', [
        graph.op('IsNaN', [value]),
        graph.op('Not', [graph.op('IsNaN', [best.value])]),
      ])
      greater = graph.op('Or', [greater, isFirstNaN])
    }
    const isInside = graph.op('GreaterOrEqual', [place, zero])
    const takes = graph.op('And', [isInside, graph.op('Or', [graph.op('Less', [best.place, zero]), greater])])
    best = {
      value: graph.op('Where', [takes, value, best.value]),
      place: graph.op('Where', [takes, place, best.place]),
    }
  }
  return graph.op('Max', [best.place, zero])
}
