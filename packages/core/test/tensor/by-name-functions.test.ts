/** Every module looks at its options before anything else, whatever it is given besides. */
import { expect, test } from 'vitest'
import { ones, setDefaultDevice } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { queuedBackend } from '../queued-backend.ts'

/** Which parameter has `{}` as its default, by the source text of a list of parameters; -1 where none has. */
function optionsAt(text: string): number {
  let [depth, index] = [0, 0]
  let parameter = ''
  for (let i = text.indexOf('(') + 1; i < text.length; i++) {
    const sign = text[i]!
    if (depth === 0 && (sign === ',' || sign === ')')) {
      if (/=\s*\{\}\s*$/.test(parameter)) return index
      if (sign === ')') return -1
      index++
      parameter = ''
      continue
    }
    if ('({['.includes(sign)) depth++
    if (')}]'.includes(sign)) depth--
    parameter += sign
  }
  return -1
}
const before = (count: number): undefined[] => Array.from({ length: count }, () => undefined)
type Called = (...args: unknown[]) => unknown
type Made = new (...args: unknown[]) => unknown

/** Constructors as they are written, a class's own or the one that it inherits. */
function constructorOf(module: object): string {
  for (let level: unknown = module; typeof level === 'function'; level = Object.getPrototypeOf(level)) {
    const text = String(level)
    const at = text.search(/\bconstructor\s*\(/)
    if (at >= 0) return text.slice(at)
  }
  return '()'
}
/** These take their number without a name too, and nothing else. */
const NUMBER = new Set(
  'LeakyReLU ELU CELU Hardshrink Softshrink Softmax LogSoftmax Softmin GLU Dropout Dropout1d Dropout2d Dropout3d AlphaDropout'.split(
    ' ',
  ),
)
/** What it takes are modules. */
const NO_OPTIONS = new Set(['ModuleDict'])

const modules = Object.entries(nn).flatMap(([name, value]) =>
  /^[A-Z]/.test(name) && typeof value === 'function' && optionsAt(constructorOf(value)) >= 0 && !NO_OPTIONS.has(name)
    ? [[name, value as unknown as Made] as const]
    : [],
)
const says = (name: string): string => `${name}: options are passed by name, in one object: `

test('the parameters are found', () => {
  expect(optionsAt('(a, [b, c] = [1, 2], { d = {}, e } = {}) {')).toBe(2)
  expect(optionsAt('(a, b = f({})) {')).toBe(-1)
  expect(modules.length).toBeGreaterThan(30)
})
test.each(modules)('new %s', (name, Module) => {
  const at = optionsAt(constructorOf(Module))
  const takesNumber = NUMBER.has(name)
  if (takesNumber) expect(new Module(...before(at), 0.25)).toBeInstanceOf(Module)
  for (const wrong of [...(takesNumber ? [] : [7]), true, 'mean', [1], null])
    expect(() => new Module(...before(at), wrong)).toThrow(says(name))
})

test('options of a call, where PyTorch takes a mask by place', async () => {
  setDefaultDevice(await queuedBackend())
  const [x, mask] = [ones([3, 2, 4]), ones([3, 3])]
  const layer = new nn.TransformerEncoderLayer(4, 2)
  const calls: readonly [string, Called, unknown[]][] = [
    ['TransformerEncoderLayer', layer as unknown as Called, [x]],
    ['TransformerEncoder', new nn.TransformerEncoder(layer, 1) as unknown as Called, [x]],
    ['MultiheadAttention', new nn.MultiheadAttention(4, 2) as unknown as Called, [x, x, x]],
  ]
  for (const [name, call, operands] of calls)
    for (const wrong of [mask, true]) expect(() => call(...operands, wrong)).toThrow(says(name))
  expect(() => new (nn.Upsample as unknown as Made)(2)).toThrow(says('Upsample'))
})
