/** What the packages have, found by looking into them: what an entry exports, and the public members of instances. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as checkpoint from '@glissade/checkpoint'
import * as core from '@glissade/core'
import { DTYPES } from '@glissade/core/backend'
import * as data from '@glissade/core/data'
import * as functional from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'

core.setDefaultDevice(cpu())
const optimizer = new optim.SGD([new nn.Parameter(core.zeros([1]))])
const scheduler = new optim.lrScheduler.LambdaLR(optimizer, { lrLambda: () => 1 })
class Net extends nn.Module {
  override forward(x: core.Tensor): core.Tensor {
    return x
  }
}

const source = join(import.meta.dirname, '../../../../packages/core/src')
const text = (path: string): string => readFileSync(join(source, path), 'utf8')

/** Members that declarations do not have, or that are for subclasses alone. */
const HIDDEN = /(?:@internal[^\n]*\n\s*|\bprotected )(?:(?:abstract|override|readonly|protected|get|set) )*(\w+)/gu
/** Members of an instance, its classes' included, without what `files` declare internal or protected. */
function members(instance: object, files: readonly string[]): ReadonlySet<string> {
  const hidden = new Set(files.flatMap((file) => [...text(file).matchAll(HIDDEN)].map(([, name]) => name!)))
  const names = new Set(Object.keys(instance))
  for (let one: object = Object.getPrototypeOf(instance); Object.getPrototypeOf(one) !== null;) {
    for (const name of Object.getOwnPropertyNames(one)) names.add(name)
    one = Object.getPrototypeOf(one) as object
  }
  return new Set(
    [...names].filter((name) => name !== 'constructor' && !name.startsWith('glissade') && !hidden.has(name)),
  )
}
const exported = (entry: object): ReadonlySet<string> => new Set(Object.keys(entry))
/** Types are gone at run time: the text of an entry has them, as `type { A, B }` and as `type A`. */
const types = (...entries: readonly string[]): ReadonlySet<string> =>
  new Set(
    entries.flatMap((entry) =>
      [...text(entry).matchAll(/\btype (?:\{([^}]*)\}|(\w+))/gu)].flatMap(([, list, name]) =>
        list === undefined ? name! : list.split(',').map((one) => one.trim()),
      ),
    ),
  )

const owners = {
  core: { names: exported(core), title: '`@glissade/core`' },
  functional: { names: exported(functional), title: '`@glissade/core/functional`' },
  nn: { names: exported(nn), title: '`@glissade/core/nn`' },
  init: { names: exported(nn.init), title: '`init` of `@glissade/core/nn`' },
  utils: { names: exported(nn.utils), title: '`utils` of `@glissade/core/nn`' },
  optim: { names: exported(optim), title: '`@glissade/core/optim`' },
  lrScheduler: { names: exported(optim.lrScheduler), title: '`lrScheduler` of `@glissade/core/optim`' },
  data: { names: exported(data), title: '`@glissade/core/data`' },
  checkpoint: { names: exported(checkpoint), title: '`@glissade/checkpoint`' },
  x: { names: members(core.zeros([1]), ['engine/handle.ts', 'tensor/tensor.ts']), member: 'tensors' },
  module: { names: members(new Net(), ['nn/module.ts']), member: 'modules' },
  optimizer: { names: members(optimizer, ['optim/optimizer.ts']), member: 'optimizers' },
  scheduler: {
    names: members(
      scheduler,
      ['scheduler', 'lr-scheduler', 'lambda-lr'].map((name) => `optim/schedulers/${name}.ts`),
    ),
    member: 'schedulers',
  },
  generator: { names: members(core.defaultGenerator, ['random/generator.ts']), member: 'generators' },
  dtype: { names: exported(DTYPES), said: 'A string' },
  type: { names: types('index.ts', 'data/index.ts'), said: 'A type of TypeScript' },
} as const
export type Owner = keyof typeof owners
/** Where something is: what an import names, whose member it is, or what else it is. */
export interface Home {
  readonly names: ReadonlySet<string>
  readonly title?: string
  readonly member?: string
  readonly said?: string
}
export const HERE: Readonly<Record<Owner, Home>> = owners

/** Who may have what PyTorch has in a place. */
export const OWNERS: Readonly<Record<string, readonly Owner[]>> = {
  torch: ['core', 'x', 'dtype'],
  'torch.Tensor': ['x', 'core'],
  'torch.Generator': ['generator'],
  'torch.nn': ['nn'],
  'torch.nn.Module': ['module'],
  'torch.nn.functional': ['functional', 'core', 'x'],
  'torch.nn.init': ['init'],
  'torch.nn.utils': ['utils'],
  'torch.nn.utils.rnn': ['utils'],
  'torch.nn.utils.parametrizations': ['utils'],
  'torch.nn.utils.parametrize': ['utils'],
  'torch.nn.utils.prune': ['utils'],
  'torch.nn.utils.stateless': ['nn'],
  'torch.optim': ['optim'],
  'torch.optim.Optimizer': ['optimizer'],
  'torch.optim.lr_scheduler': ['lrScheduler'],
  'torch.optim.lr_scheduler._LRScheduler': ['scheduler'],
  'torch.optim.swa_utils': ['optim', 'lrScheduler'],
  'torch.utils.data': ['data'],
  'torch.distributions': [],
  'torch.autograd': ['core'],
  'torch.autograd.functional': ['core'],
  'torch.special': ['core', 'x'],
  'torch.linalg': [],
}
