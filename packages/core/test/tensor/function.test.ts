/** Functions with a backward of their own, and derivatives of functions. */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  customFunction,
  grad,
  gradcheck,
  gradgradcheck,
  hessian,
  hvp,
  jacobian,
  jvp,
  noGrad,
  setDefaultDevice,
  tensor,
  vjp,
  type Tensor,
} from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeAll(async () => setDefaultDevice(await queuedBackend()))

const real = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true })
const cube = customFunction('cube', {
  forward: (context, x: Tensor) => {
    context.saveForBackward(x)
    return x.mul(x).mul(x)
  },
  // 3 x^2
  backward: (context, g) => g.mul(context.savedTensors[0]!.pow(2).mul(3)),
})

describe('customFunction', () => {
  test('its backward is the gradient, to second order', async () => {
    const x = real([1, -2, 0.5])
    expect(await gradcheck(cube, [x])).toBe(true)
    expect(await gradgradcheck(cube, [x])).toBe(true)
  })
  test('a result that is saved carries the history of the call', async () => {
    const exp = customFunction('exp', {
      forward: (context, x: Tensor) => {
        const y = x.exp()
        context.saveForBackward(y)
        return y
      },
      backward: (context, g) => g.mul(context.savedTensors[0]!),
    })
    expect(await gradgradcheck(exp, [real([0.3, -1])])).toBe(true)
  })
  test('several operands and results: what needs no gradient gets null, what nothing reached is zero', async () => {
    const seen: unknown[] = []
    const both = customFunction('both', {
      forward: (_: unknown, x: Tensor, k: number, y: Tensor): [Tensor, Tensor] => [x.mul(k), y.mul(k)],
      backward: (context, gx, gy) => {
        seen.push(context.needsInputGrad, gy)
        return [gx.mul(2), null, gy.mul(2)]
      },
    })
    const [x, y] = [real([1, 2]), tensor([3], { dtype: 'float64' })]
    const [first] = both(x, 2, y)
    first.sum().backward()
    expect(await x.grad!.toArray()).toEqual([2, 2])
    expect(y.grad).toBeNull()
    expect(seen[0]).toEqual([true, false, false])
    expect(await (seen[1] as Tensor).toArray()).toEqual([0])
  })
  test('noGrad calls forward alone', () => {
    const y = noGrad(() => cube(real([2])))
    expect(y.requiresGrad).toBe(false)
  })
  test('an operand given back is a new tensor whose gradient passes through backward', async () => {
    const twice = customFunction('twice', { forward: (_, x: Tensor) => x, backward: (_, g) => g.mul(2) })
    const x = real([1])
    const y = twice(x)
    expect(y).not.toBe(x)
    y.sum().backward()
    expect(await x.grad!.item()).toBe(2)
  })
  test('a second backward through a freed call is an error that says what to do', () => {
    const y = cube(real([2])).sum()
    y.backward()
    expect(() => y.backward()).toThrow(/already freed .*retainGraph/)
  })
  test('gradients of another number or shape are errors', () => {
    const few = customFunction('few', { forward: (_, a: Tensor, b: Tensor) => a.mul(b), backward: (_, g) => g })
    expect(() =>
      few(real([1]), real([1]))
        .sum()
        .backward(),
    ).toThrow('few: backward gave 1 gradients for 2 arguments of forward')
    const wide = customFunction('wide', { forward: (_, x: Tensor) => x.sum(), backward: (_, g) => g })
    expect(() => wide(real([1, 2])).backward()).toThrow(
      'the gradient of argument 0 is float64[], but the argument is float64[2]',
    )
  })
})

describe('gradcheck', () => {
  test('finds a wrong gradient and names the elements', async () => {
    const wrong = customFunction('wrong', { forward: (_, x: Tensor) => x.mul(x), backward: (_, g) => g })
    await expect(gradcheck(wrong, [real([3])])).rejects.toThrow(
      /element 0 of output 0 by element 0 of input 0 is 1, by differences 6/,
    )
    expect(await gradcheck(wrong, [real([3])], { raiseException: false })).toBe(false)
  })
  test('finds a wrong second gradient', async () => {
    const flat = customFunction('flat', {
      forward: (context, x: Tensor) => {
        context.saveForBackward(x.detach())
        return x.mul(x)
      },
      backward: (context, g) => g.mul(context.savedTensors[0]!.mul(2)),
    })
    expect(await gradcheck(flat, [real([3])])).toBe(true)
    expect(await gradgradcheck(flat, [real([3])], { raiseException: false })).toBe(false)
  })
  test('refuses float32, where differences are too coarse', async () => {
    await expect(gradcheck(cube, [tensor([1], { requiresGrad: true })])).rejects.toThrow('use float64')
  })
})

describe('derivatives of functions', () => {
  // f(x) = [x0 x1, sin x0]: J = [[x1, x0], [cos x0, 0]]
  const f = (x: Tensor): Tensor => {
    const [a, b] = x.unbind() as [Tensor, Tensor]
    return a
      .mul(b)
      .reshape([1])
      .mul(tensor([1, 0], { dtype: 'float64' }))
      .add(a.sin().mul(tensor([0, 1], { dtype: 'float64' })))
  }
  const near = async (found: Tensor, wanted: unknown): Promise<void> => {
    const flat: number[] = (wanted as number[]).flat(Infinity)
    ;[...(await found.data())].forEach((value, i) => expect(value).toBeCloseTo(flat[i]!, 5))
    expect(found.numel()).toBe(flat.length)
  }
  test('jacobian has the shape of the result and the input', async () => {
    const J = jacobian(f, real([0.5, 2]))
    expect(J.shape).toEqual([2, 2])
    await near(J, [
      [2, 0.5],
      [Math.cos(0.5), 0],
    ])
  })
  test('vjp and jvp are the rows and columns of the jacobian', async () => {
    const [x, v] = [real([0.5, 2]), tensor([3, -1], { dtype: 'float64' })]
    await near(vjp(f, x, v)[1], [3 * 2 - Math.cos(0.5), 3 * 0.5])
    await near(jvp(f, x, v)[1], [3 * 2 - 0.5, 3 * Math.cos(0.5)])
  })
  test('hessian of x0^2 x1 is [[2 x1, 2 x0], [2 x0, 0]], and hvp its product', async () => {
    const g = (x: Tensor): Tensor => x.at(0).pow(2).mul(x.at(1))
    const x = real([3, 5])
    await near(hessian(g, x), [
      [10, 6],
      [6, 0],
    ])
    await near(hvp(g, x, tensor([1, 2], { dtype: 'float64' }))[1], [22, 6])
  })
  test('several inputs give blocks, zeros where one does not matter', async () => {
    const g = (a: Tensor, b: Tensor): Tensor => a.pow(3).sum().add(b.sum())
    const [[aa, ab], [ba, bb]] = hessian(g, [real([2]), real([1, 1])]) as [[Tensor, Tensor], [Tensor, Tensor]]
    await near(aa, [12])
    await near(ab, [0, 0])
    await near(ba, [0, 0])
    await near(bb, [0, 0, 0, 0])
  })
  test('with createGraph the jacobian has a gradient', async () => {
    const x = real([2])
    const [g] = grad(jacobian((y: Tensor) => y.pow(3), x, { createGraph: true }).sum(), x)
    // d(3 x^2)/dx = 6 x
    await near(g!, [12])
  })
})
