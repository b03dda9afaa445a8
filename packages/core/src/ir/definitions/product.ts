/** Sums of products. */
import { numel, stridesOf } from '../../contract/dtype.ts'
import { each, position, product, stored, tabulate, type Definition } from './value.ts'
import { inputIndex } from './window.ts'

export const dot: Definition<'dot'> = ({ transposeA, transposeB }, [a, b], [type]) => {
  const [m, n] = type!.shape.slice(-2) as [number, number]
  const k = a!.type.shape.at(transposeA ? -2 : -1)!
  const times = product(type!.dtype)
  const atA = (batch: number, i: number, l: number): number =>
    a!.data[batch * m * k + (transposeA ? l * m + i : i * k + l)]!
  const atB = (batch: number, l: number, j: number): number =>
    b!.data[batch * k * n + (transposeB ? j * k + l : l * n + j)]!
  const batches = numel(type!.shape.slice(0, -2))
  const data = new Float64Array(type!.size)
  each([batches, m, n], ([batch, i, j], at) => {
    // c[i, j] = sum over l of a[i, l] b[l, j]
    let sum = 0
    for (let l = 0; l < k; l++) sum = stored[type!.dtype](sum + times(atA(batch!, i!, l), atB(batch!, l, j!)))
    data[at] = sum
  })
  return [data]
}

export const conv: Definition<'conv'> = ({ strides, padding, dilation, inputDilation, groups }, [x, w], [type]) => {
  const [, , ...space] = x!.type.shape
  const [outputs, channels, ...window] = w!.type.shape as [number, number, ...number[]]
  const [atX, atW] = [stridesOf(x!.type.shape), stridesOf(w!.type.shape)]
  return [
    tabulate(type!, ([n, o, ...at]) => {
      // y[n, o, p] = sum over c, t of x[n, first + c, p stride - low + t dilation] w[o, c, t]
      const first = Math.floor(o! / (outputs / groups)) * channels
      let sum = 0
      each([channels, ...window], ([c, ...tap]) => {
        const source = inputIndex({ space, strides, padding, dilation, inputDilation }, at, tap)
        if (source === null) return
        sum += x!.data[position(atX, [n!, first + c!, ...source])]! * w!.data[position(atW, [o!, c!, ...tap])]!
      })
      return sum
    }),
  ]
}
