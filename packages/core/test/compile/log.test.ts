/** What is told of programs as they are made. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { compile, logPrograms, ones, setDefaultDevice, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend } from '../queued-backend.ts'

let lines: string[] = []
beforeEach(async () => {
  setDefaultDevice(await queuedBackend())
  lines = []
  logPrograms((line) => lines.push(line.replaceAll(/[\d.]+ ms/g, '# ms')))
})
afterEach(() => logPrograms(null))

test('a line for every program, with the reason', () => {
  const twice = compile((x: Tensor, mode: string) => (mode === 'up' ? x.add(x) : x.neg()), { name: 'twice' })
  twice(ones([2]), 'up')
  twice(ones([2]), 'up')
  twice(ones([3]), 'up')
  twice(ones([3]), 'down')
  expect(lines).toEqual([
    'twice: program 1, the first call; 1 kernel, recorded in # ms, prepared in # ms',
    'twice: program 2, operand 0 is float32[3] and not float32[2]; 1 kernel, recorded in # ms, prepared in # ms',
    'twice: program 3, operand 1 is down and not up; 1 kernel, recorded in # ms, prepared in # ms',
  ])
})

test('reasons that lie outside of the operands', () => {
  const model = new nn.Sequential(new nn.Linear(2, 1))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, dampening: 0.1 })
  const step = compile(
    (x: Tensor) => {
      optimizer.zeroGrad()
      model(x).sum().backward()
      optimizer.step()
    },
    { name: 'step' },
  )
  const x = ones([1, 2])
  for (let i = 0; i < 3; i++) step(x)
  optimizer.paramGroups[0]!.weightDecay = 0.1
  step(x)
  const [weight] = [...model.parameters()]
  weight!.requiresGrad = false
  step(x)
  expect(lines.map((line) => line.replace(/;.*/, ''))).toEqual([
    'step: program 1, the first call',
    'step: program 2, the call before made state, which this one reads',
    'step: program 3, the options of SGD changed',
    'step: program 4, a tensor from outside (float32[1,2]) requires gradients no more',
  ])
})

test('nothing is told unless somebody asked, and console.debug is where it goes by default', () => {
  const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
  try {
    const square = (): Tensor => compile((x: Tensor) => x.mul(x), { name: 'square' })(ones([2]))
    logPrograms(null)
    square()
    expect(debug).not.toHaveBeenCalled()
    logPrograms()
    square()
    expect(debug.mock.calls.map(([line]) => String(line).slice(0, 17))).toEqual(['square: program 1'])
    expect(lines).toEqual([])
  } finally {
    debug.mockRestore()
  }
})

test('many programs are a warning, with the reason of the last', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  try {
    const neg = compile((x: Tensor) => x.neg(), { name: 'neg' })
    for (let size = 1; size <= 20; size++) neg(ones([size]))
    expect(warn.mock.calls).toEqual([
      [
        'neg: 16 programs were made, the last because operand 0 is float32[16] and not float32[15]; ' +
          'pass what changes as numbers or tensors, and keep shapes few',
      ],
    ])
  } finally {
    warn.mockRestore()
  }
})
