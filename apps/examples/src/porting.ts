/** A program of PyTorch as it is here. The docs show both; a test runs it. */
import { manualSeed, noGrad, randn, setDefaultDevice, slice, type Tensor } from '@glissade/core'
import { DataLoader, TensorDataset } from '@glissade/core/data'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'

// #region program
class Net extends nn.Module {
  readonly hidden: nn.Linear
  readonly dropout = new nn.Dropout({ p: 0.1 })
  readonly out: nn.Linear

  constructor(width: number) {
    super()
    this.hidden = new nn.Linear(4, width)
    this.out = new nn.Linear(width, 3)
  }
  override forward(x: Tensor): Tensor {
    const hidden = F.relu(this.hidden(x))
    return this.out(this.dropout(hidden))
  }
}

setDefaultDevice(cpu())
manualSeed(0)
const x = randn([96, 4])
const y = x.at(':', slice(0, 3)).argmax({ dim: 1 })
const loader = new DataLoader(new TensorDataset(x, y), { batchSize: 32, shuffle: true })
const model = new Net(16)
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 })
const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: 5 })
const losses: number[] = []

for (let epoch = 0; epoch < 5; epoch++) {
  let total = 0
  for await (const [inputs, targets] of loader) {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model(inputs), targets)
    loss.backward()
    nn.utils.clipGradNorm_(model.parameters(), 1)
    optimizer.step()
    total += await loss.item()
  }
  scheduler.step()
  losses.push(total / loader.length) // 1.1131, 1.0447, 0.9715, 0.9338, 0.9248
}

model.eval()
const right = noGrad(() => model(x).argmax({ dim: 1 }).eq(y).float().mean())
const accuracy = await right.item() // 0.7708
// #endregion program

export { accuracy, losses }
