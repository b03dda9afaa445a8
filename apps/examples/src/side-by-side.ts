/** Lines of programs of PyTorch as they are here. The docs show them in a table; a test runs them. */
import { load, save } from '@glissade/checkpoint'
import { loadFile, saveFile } from '@glissade/checkpoint/node'
import { cat, compile, noGrad, randn, setDefaultDevice, slice, tensor, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'

setDefaultDevice(cpu())

/** The lines of the docs' table, with something to look at. `f` is the path of a file to write, which ends with .pt. */
export async function sideBySide(f: string): Promise<Readonly<Record<string, unknown>>> {
  const x = randn([2, 10])
  const sums = x.sum({ dim: 1, keepdim: true })
  const part = x.at(':', slice(1, 3))
  x.setAt([0], 1)
  const { values, indices } = x.max({ dim: 1 })
  const [a, b] = [randn([3, 3]), randn([3, 3])]
  const products = [a.matmul(b), a.add(b.mul(2))]
  const joined = cat([a, b], { dim: 1 })
  const running = x.cumsum(0)
  const whole = tensor([1, 2], { dtype: 'int32' })
  const rows: Tensor[] = []
  for (const row of x.unbind()) rows.push(row)

  const model = new nn.Linear(10, 5, { bias: false })
  const p = model.weight
  const q = randn([5, 10])
  noGrad(() => p.copy_(q))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 30 })
  const step = compile((input: Tensor) => {
    optimizer.zeroGrad()
    const loss = model(input).square().mean()
    loss.backward()
    optimizer.step()
    return loss
  })
  const before = await step(x).item()
  const after = await step(x).item()
  scheduler.step()
  await saveFile(model, f)
  model.loadStateDict(await loadFile(f))
  await saveFile({ model, epoch: 3 }, f)
  const keys = [...(await load(await save(model))).keys()]
  const epoch: unknown = (await loadFile(f)).get('epoch')
  const shapes = [sums, part, values, indices, ...products, joined, running, whole, ...rows].map(({ shape }) => shape)
  return { shapes, keys, epoch, learns: after < before, same: x.at(0, 3).itemSync() }
}
