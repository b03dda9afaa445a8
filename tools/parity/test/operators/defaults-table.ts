/** Why defaults and arguments differ from PyTorch's. */
import { arange, cat, manualSeed, tensor, zeros, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'

/** By owner, function and argument. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  'core.jvp.v': 'always given',
  'core.vhp.v': 'always given',
  'core.hvp.v': 'always given',
  'core.tensor.shape': 'of a typed array',
  'core.arange.start': 'one number is the end, as in PyTorch',
  'core.arange.end': 'one number is the end, as in PyTorch',
  'core.randint.low': 'always given: numbers are in their places',
  'core.randintLike.low': 'always given: numbers are in their places',
  'core.randperm.dtype': 'not said: int32, which stands for int64',
  'core.normal.std': 'always given: numbers are in their places',
  'core.normal.requiresGrad': 'as everything that makes tensors',
  'core.meshgrid.indexing': 'what PyTorch takes, with a warning',
  'core.gradcheck.eps': 'not said: it follows from the dtype',
  'core.gradgradcheck.eps': 'not said: it follows from the dtype',
  'Tensor.maskedSelect.count': 'spares the waiting',
  'Tensor.transpose.dim0': 'the last two without any',
  'Tensor.transpose.dim1': 'the last two without any',
  'Tensor.var.dim': 'all',
  'Tensor.std.dim': 'all',
  'Tensor.var.correction': "the 1 of PyTorch's unbiased",
  'Tensor.std.correction': "the 1 of PyTorch's unbiased",
  'Tensor.norm.p': "PyTorch's Frobenius norm is the norm by 2",
  'Tensor.max.other': 'not there: the maximum of all',
  'Tensor.min.other': 'not there: the minimum of all',
  'data.randomSplit.generator': "not said: the generator that manualSeed seeds, which is PyTorch's too",
  'data.DistributedSampler.numReplicas': 'there is no process group to ask',
  'data.DistributedSampler.rank': 'there is no process group to ask',
  'data.DataLoader.shuffle': "PyTorch's null is false, and says whether a sampler may be given",
  'data.DataLoader.collate': 'collate_fn',
  'data.DataLoader.prefetch': 'prefetch_factor without workers',
  'data.BatchSampler.dropLast': 'false everywhere else',
  'functional.softshrink.lambda': 'lambd, which avoids a word of Python',
  'functional.hardshrink.lambda': 'lambd, which avoids a word of Python',
  'functional.oneHot.numClasses': 'what follows from the values would have to be waited for',
  'functional.pad.value': "PyTorch's null is 0",
  'functional.interpolate.alignCorners': "PyTorch's null is false",
  'functional.interpolate.recomputeScaleFactor': "PyTorch's null is false",
  'nn.Softshrink.lambda': 'lambd, which avoids a word of Python',
  'nn.Hardshrink.lambda': 'lambd, which avoids a word of Python',
  'nn.PReLU.numParameters': 'not said: 1, unless options stand in its place',
  'nn.Upsample.alignCorners': "PyTorch's null is false",
  'nn.Upsample.recomputeScaleFactor': "PyTorch's null is false",
  'nn.Softmax.dim': 'PyTorch guesses it with a warning',
  'nn.LogSoftmax.dim': 'PyTorch guesses it with a warning',
  'nn.Softmin.dim': 'PyTorch guesses it with a warning',
  'functional.softmin.dim': 'PyTorch guesses it with a warning',
  'nn.TransformerEncoderLayer.activation': 'by name',
  'nn.Parameter.data': 'always given',
  'nn.zeroGrad.setToNone': 'true in later versions of PyTorch',
  'optim.zeroGrad.setToNone': 'true in later versions of PyTorch',
  'optim.step.closure': 'not said: none, as in the optimizers of PyTorch',
  'optim.SGD.lr': '1e-3, as in later versions of PyTorch',
  'optim.Adam.fused': "PyTorch's later null",
  'optim.Adam.decoupledWeightDecay': 'of later versions of PyTorch',
  'optim.AdamW.decoupledWeightDecay': 'of later versions of PyTorch',
  'optim.Adagrad.differentiable': 'of later versions of PyTorch',
  'optim.AdamW.differentiable': 'of later versions of PyTorch',
  'optim.RMSprop.capturable': 'of later versions of PyTorch',
  'lrScheduler.ChainedScheduler.optimizer': 'of later versions of PyTorch',
  'nn.LayerNorm.bias': 'of later versions of PyTorch',
  'nn.TransformerEncoderLayer.bias': 'of later versions of PyTorch',
  'functional.multiHeadAttentionForward.isCausal': 'of later versions of PyTorch',
  'functional.multiHeadAttentionForward.inProjBias': 'what is null in a call of PyTorch is left out',
  'functional.multiHeadAttentionForward.biasK': 'what is null in a call of PyTorch is left out',
  'functional.multiHeadAttentionForward.biasV': 'what is null in a call of PyTorch is left out',
  'functional.multiHeadAttentionForward.outProjBias': 'what is null in a call of PyTorch is left out',
  'functional.multiHeadAttentionForward.addZeroAttn': 'what is false in a call of PyTorch is left out',
  'functional.multiHeadAttentionForward.dropoutP': 'what is 0 in a call of PyTorch is left out',
}
/** What the code says and no table: a call without the argument, and with PyTorch's default of it. */
export const IN_CODE: Readonly<Record<string, readonly [without: () => Tensor, given: () => Tensor]>> = {
  'core.arange.step': [() => arange(2, 5), () => arange(2, 5, 1)],
  'Tensor.add.alpha': [() => x().add(2), () => x().add(2, { alpha: 1 })],
  'Tensor.sub.alpha': [() => x().sub(2), () => x().sub(2, { alpha: 1 })],
  'Tensor.rsub.alpha': [() => x().rsub(2), () => x().rsub(2, { alpha: 1 })],
  'Tensor.rot90.k': [() => x().rot90(), () => x().rot90(1)],
  'Tensor.rot90.dims': [() => x().rot90(1), () => x().rot90(1, [0, 1])],
  'Tensor.unbind.dim': [() => cat(x().unbind()), () => cat(x().unbind(0))],
  'Tensor.uniform_.from': [drawn((y) => y.uniform_()), drawn((y) => y.uniform_(0))],
  'Tensor.uniform_.to': [drawn((y) => y.uniform_(0)), drawn((y) => y.uniform_(0, 1))],
  'Tensor.normal_.mean': [drawn((y) => y.normal_()), drawn((y) => y.normal_(0))],
  'Tensor.normal_.std': [drawn((y) => y.normal_(0)), drawn((y) => y.normal_(0, 1))],
  'Tensor.bernoulli_.p': [drawn((y) => y.bernoulli_()), drawn((y) => y.bernoulli_(0.5))],
  'nn.train.mode': [() => mode((layer) => layer.train()), () => mode((layer) => layer.train(true))],
  'nn.namedModules.prefix': [() => paths(), () => paths('')],
}
const mode = (change: (layer: nn.Module) => void): Tensor => {
  const layer = new nn.Identity().eval()
  change(layer)
  return tensor([Number(layer.training)])
}
/** The lengths of the paths of a module and its child. */
const paths = (...prefix: readonly string[]): Tensor =>
  tensor(new nn.Sequential(new nn.Identity()).namedModules(...prefix).map(([path]) => path.length))
function x(): Tensor {
  return arange(6).reshape([2, 3])
}
function drawn(draw: (y: Tensor) => Tensor): () => Tensor {
  return () => {
    manualSeed(0)
    return draw(zeros([8]))
  }
}
/** By argument, wherever it is. */
export const ANYWHERE: Readonly<Record<string, string>> = {
  generator: 'whose random numbers, where PyTorch has only the one of its device',
  flavour: "whose stream of draws, of PyTorch's several",
  fused: 'accepted everywhere: a group is one program anyway',
}
