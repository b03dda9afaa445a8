/** What is assigned to parts of modules and optimizers, and what calls that no signature describes do, ends in words. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  Generator,
  isGlissadeError,
  ones,
  setDefaultDevice,
  setMemoryBudget,
  type Tensor,
  tensor,
} from '../src/index.ts'
import * as nn from '../src/nn/index.ts'
import * as optim from '../src/optim/index.ts'
import { queuedBackend } from './queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

class Child extends nn.Module {
  parent: nn.Module | null = null
  forward(x: Tensor): Tensor {
    return x.mul(2)
  }
}
class Parent extends nn.Module {
  child = new Child()
  twin = this.child
  forward(x: Tensor): Tensor {
    return this.child(x)
  }
}
function ring(): Parent {
  const parent = new Parent()
  parent.child.parent = parent
  return parent
}
const adam = (): optim.Adam => new optim.Adam([new nn.Parameter(ones([2]))], { lr: 0.1 })
/** As JavaScript can. */
const assign = <T extends object>(to: T, values: object): T => Object.assign(to, values)
const within: unknown[] = [1]
within.push(within)

const mistakes: Readonly<Record<string, readonly [run: () => unknown, words: string]>> = {
  'keys of a module that is a part of itself': [
    () => ring().stateDict(),
    'child.parent of Parent is a module that it is a part of',
  ],
  'loading it': [() => ring().loadStateDict({}), 'child.parent of Parent'],
  'printing it': [() => String(ring()), 'child.parent of Parent'],
  'a function for all its parts': [() => ring().apply(() => {}), 'child.parent of Parent'],
  'arguments for a module without a constructor': [
    () => Reflect.construct(Parent, [{ bias: false }]),
    'Parent: takes no arguments: Parent() (got also { bias })',
  ],
  'a mode that is none': [
    () => assign(new nn.Linear(1, 1), { training: 'no' }),
    "mode must be true or false (got 'no')",
  ],
  'a child that is no module': [
    () => assign(new nn.Sequential(new nn.Tanh()), { 0: 5 })(ones([1])),
    'child 0 must be a module (got 5)',
  ],
  'a child that is taken away': [
    () => assign(new nn.ModuleList([new nn.Tanh()]), { 0: null }).length,
    'child 0 must be a module (got null)',
  ],
  'a list within itself': [() => tensor(within as number[]), 'a list has itself among its items'],
  'groups that are none': [
    () => assign(adam(), { paramGroups: null }).step(),
    'paramGroups must be a list of groups (got null)',
  ],
  'parameters that are none': [
    () => {
      const optimizer = adam()
      assign(optimizer.paramGroups[0]!, { params: 5 })
      return optimizer.stateDict()
    },
    'paramGroups[0].params must be a list of tensors (got 5)',
  ],
  'an option of a group that is of another kind': [
    () => {
      const optimizer = adam()
      const group = assign(optimizer.paramGroups[0]!, { betas: null })
      group.params[0]!.grad = ones([2])
      optimizer.step()
    },
    'betas of a group is not a list of numbers (got null)',
  ],
  'an option of a group that is misspelled': [
    () => new optim.SGD([{ params: [new nn.Parameter(ones([2]))], momentun: 0.9 }], { lr: 0.1 }),
    "a param group has the option 'momentun'; did you mean momentum?",
  ],
  'a permutation that the budget has no room for': [
    () => {
      setMemoryBudget(1e6)
      return new Generator(1).randperm(1e9)
    },
    'budget of queued allows',
  ],
  'a factor that is no number': [
    () => new optim.lrScheduler.LambdaLR(adam(), { lrLambda: () => 'half' as unknown as number }).step(),
    "lrLambda must give a number (got 'half')",
  ],
}
describe('ends in words', () => {
  test.each(Object.entries(mistakes))('%s', (_, [run, words]) => {
    let error: unknown
    try {
      run()
    } catch (thrown) {
      error = thrown
    }
    if (!isGlissadeError(error)) throw new Error('no refusal in the words of the library', { cause: error })
    expect(`${error.operation}: ${error.message}`).toContain(words)
  })
})

test('a mode that is assigned is that of one module, as in PyTorch', () => {
  const model = new nn.Sequential(new nn.Dropout(0.5), new nn.Tanh())
  model.training = false
  expect(model.modules().map(({ training }) => training)).toEqual([false, true, true])
})
test('a module may know what it is a part of', () => {
  const parent = ring()
  expect(parent.modules()).toHaveLength(2)
  expect(parent.eval().child.training).toBe(false)
})
test('one module in two places is no mistake', () => {
  expect(String(new Parent())).toBe('Parent(\n  (child): Child()\n  (twin): Child()\n)')
})
test('sizes that are assigned as one number are printed so', () => {
  const conv = assign(new nn.Conv2d(1, 1, 3), { stride: 2, padding: 1, kernelSize: 3 })
  expect(String(conv)).toBe('Conv2d(1, 1, kernel_size=3, stride=2, padding=1)')
  expect(conv(ones([1, 1, 4, 4])).shape).toEqual([1, 1, 2, 2])
})
test('keys of the user stay in a group', () => {
  const { paramGroups } = new optim.SGD([{ params: [new nn.Parameter(ones([2]))], name: 'head', scale: 2 }], { lr: 1 })
  expect(paramGroups[0]).toMatchObject({ name: 'head', scale: 2 })
})
