/** Glissade: `glissade-cpu` (compiled), `glissade-cpu-eager`, `glissade-wasm`. */
import { compile, setDefaultDevice, tensor } from '../../../packages/core/dist/index.js'
import * as nn from '../../../packages/core/dist/nn/index.js'
import * as optim from '../../../packages/core/dist/optim/index.js'

export async function glissade(work, { backend, compiled }) {
  const module = await import(`../../../packages/${backend}/dist/index.js`)
  setDefaultDevice(await module[backend]())
  const layers = work.weights.map((layer) => {
    const linear = new nn.Linear(layer.in, layer.out)
    linear.loadStateDict(
      new Map([
        ['weight', tensor(layer.weight, { shape: [layer.out, layer.in] })],
        ['bias', tensor(layer.bias)],
      ]),
    )
    return linear
  })
  const model = new nn.Sequential(...layers.flatMap((layer, i) => (i === 0 ? [layer] : [new nn.ReLU(), layer])))
  const criterion = work.kind === 'regression' ? new nn.MSELoss() : new nn.CrossEntropyLoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: work.lr, momentum: work.momentum })
  const batches = work.batches.map(({ x, y }) => [
    tensor(x, { shape: [work.batch, work.sizes[0]] }),
    tensor(y, work.kind === 'regression' ? { shape: [work.batch, 1] } : {}),
  ])
  const plain = (x, y) => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss
  }
  const step = compiled ? compile(plain) : plain
  return { step: (i) => step(...batches[i % batches.length]), read: async (loss) => await loss.item() }
}
