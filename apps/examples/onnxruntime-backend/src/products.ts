/** Products and windows, whose attributes ONNX orders otherwise. */
import { numel } from '@glissade/core/backend'
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
function margins(graph: Graph, name: string, shape: Shape, padding: readonly (readonly [number, number])[]): { name: string; pads: number[] } {
  const lead = shape.length - padding.length
  let cropped = name
  if (padding.some(([low, high]) => low < 0 || high < 0)) {
    const starts = padding.map(([low]) => Math.max(0, -low))
    const ends = padding.map(([, high], i) => shape[lead + i]! - Math.max(0, -high))
    cropped = graph.op('Slice', [name, graph.list(starts), graph.list(ends), graph.list(padding.map((_, i) => lead + i))])
  }
  return { name: cropped, pads: [...padding.map(([low]) => Math.max(0, low)), ...padding.map(([, high]) => Math.max(0, high))] }
}

export const conv: Operator<'conv'> = (graph, { strides, padding, dilation, inputDilation, groups }, [x, w]) => {
  let name = x!.name
  const shape = [...x!.type.shape]
  inputDilation.forEach((apart, i) => {
    const [axis, size] = [i + 2, shape[i + 2]!]
    if (apart === 1 || size < 2) return
    const none = [...shape, 0].map(() => 0)
    const rows = graph.op('Pad', [graph.reshape(name, shape.toSpliced(axis + 1, 0, 1)), graph.list([...none, ...none.with(axis + 1, apart - 1)])])
    shape[axis] = size * apart
    const flat = graph.reshape(rows, shape)
    shape[axis] = (size - 1) * apart + 1
    name = graph.op('Slice', [flat, graph.list([0]), graph.list([shape[axis]!]), graph.list([axis])])
  })
  const { name: cropped, pads } = margins(graph, name, shape, padding)
  const dilations = [...dilation]
  return graph.op('Conv', [cropped, w!.name], { strides, dilations, pads, group: groups, kernel_shape: w!.type.shape.slice(2) })
}

/** As images of one channel. */
const images = (shape: Shape, { window }: Window): Shape => {
  const lead = shape.length - window.length
  return [numel(shape.slice(0, lead)), 1, ...shape.slice(lead)]
}

/** A convolution with ones, in float32: sums of integers beyond 2^24 are not exact. */
export const windowSum: Operator<'windowSum'> = (graph, attrs, [x], [result]) => {
  const { window, strides, padding, dilation } = attrs
  const { dtype, shape } = x!.type
  const ones = graph.fill('float32', [1, 1, ...window], 1)
  const { name, pads } = margins(graph, graph.reshape(graph.cast(x!.name, 'float32'), images(shape, attrs)), images(shape, attrs), padding)
  const sums = graph.op('Conv', [name, ones], { strides, pads, dilations: dilation, kernel_shape: window })
  return graph.cast(graph.reshape(sums, result!.shape), dtype)
}

/** MaxPool's second result counts through all images. */
export const windowArgmax: Operator<'windowArgmax'> = (graph, attrs, [x], [result]) => {
  const { window, strides, padding, dilation } = attrs
  const { shape } = x!.type
  const { name, pads } = margins(graph, graph.reshape(graph.cast(x!.name, 'float32'), images(shape, attrs)), images(shape, attrs), padding)
  const [, places] = graph.ops('MaxPool', [name], { strides, pads, dilations: dilation, kernel_shape: window }, 2)
  const space = numel(shape.slice(shape.length - window.length))
  return graph.reshape(graph.cast(graph.op('Mod', [places!, graph.number('int64', space)]), 'int32'), result!.shape)
}
