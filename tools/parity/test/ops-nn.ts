/** Rows of torch.nn and torch.nn.functional. */
import * as F from '@glissade/core/functional'
import type { Rows } from './ops-table.ts'

interface Padding {
  pad: readonly number[]
  mode: 'constant' | 'reflect' | 'replicate' | 'circular'
  value: number
}
interface Reduced {
  reduction: F.Reduction
  ii: number
  ls: number
  beta: number
  delta: number
}
interface Conv {
  stride: F.Sizes
  padding: F.Sizes
  dilation: F.Sizes
  groups: number
  op: number
}
interface Pool {
  kernel_size: F.Sizes
  stride?: F.Sizes
  padding?: F.Sizes
  dilation?: F.Sizes
  ceil_mode?: boolean
  count_include_pad?: boolean
}
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
const windows = (A: Pool): F.MaxPoolOptions =>
  given({ stride: A.stride, padding: A.padding, dilation: A.dilation, ceilMode: A.ceil_mode })

const activations: Rows = {
  'F.relu(x)': ({ x }) => F.relu(x),
  'F.relu6(x)': ({ x }) => F.relu6(x),
  'F.leaky_relu(x, A["s"])': ({ x }, A: { s: number }) => F.leakyRelu(x, { negativeSlope: A.s }),
  'F.elu(x, A["a"])': ({ x }, A: { a: number }) => F.elu(x, { alpha: A.a }),
  'F.selu(x)': ({ x }) => F.selu(x),
  'F.celu(x, A["a"])': ({ x }, A: { a: number }) => F.celu(x, { alpha: A.a }),
  'F.gelu(x)': ({ x }) => F.gelu(x),
  'F.gelu(x, approximate="tanh")': ({ x }) => F.gelu(x, { approximate: 'tanh' }),
  'F.silu(x)': ({ x }) => F.silu(x),
  'F.mish(x)': ({ x }) => F.mish(x),
  'F.softplus(x, A["beta"], A["th"])': ({ x }, A: { beta: number; th: number }) =>
    F.softplus(x, { beta: A.beta, threshold: A.th }),
  'F.softsign(x)': ({ x }) => F.softsign(x),
  'F.hardtanh(x, A["lo"], A["hi"])': ({ x }, A: { lo: number; hi: number }) =>
    F.hardtanh(x, { minVal: A.lo, maxVal: A.hi }),
  'F.hardsigmoid(x)': ({ x }) => F.hardsigmoid(x),
  'F.hardswish(x)': ({ x }) => F.hardswish(x),
  'F.logsigmoid(x)': ({ x }) => F.logSigmoid(x),
  'F.tanhshrink(x)': ({ x }) => F.tanhshrink(x),
  'F.softshrink(x, A["l"])': ({ x }, A: { l: number }) => F.softshrink(x, { lambda: A.l }),
  'F.hardshrink(x, A["l"])': ({ x }, A: { l: number }) => F.hardshrink(x, { lambda: A.l }),
  'F.prelu(x, w)': ({ x, w }) => F.prelu(x, w),
  'F.glu(x, dim=A["dim"])': ({ x }, A: { dim: number }) => F.glu(x, A),
  'F.softmax(x, dim=A["dim"])': ({ x }, A: { dim: number }) => F.softmax(x, A),
  'F.log_softmax(x, dim=A["dim"])': ({ x }, A: { dim: number }) => F.logSoftmax(x, A),
  'F.softmax(x, dim=0)': ({ x }) => F.softmax(x, { dim: 0 }),
  'F.softmax(x, dim=-1)': ({ x }) => F.softmax(x, { dim: -1 }),
  'F.softmin(x, dim=1)': ({ x }) => F.softmin(x, { dim: 1 }),
}

const maps: Rows = {
  'F.one_hot(x, A["n"])': ({ x }, A: { n: number }) => F.oneHot(x, A.n),
  'F.pad(x, A["pad"], mode=A["mode"], value=A["value"])': ({ x }, A: Padding) =>
    F.pad(x, A.pad, { mode: A.mode, value: A.value }),
  'F.pad(x, A["pad"], mode=A["mode"])': ({ x }, A: Padding) => F.pad(x, A.pad, { mode: A.mode }),
  'F.linear(x, w, b)': ({ x, w, b }) => F.linear(x, w, b),
  'F.linear(x, w)': ({ x, w }) => F.linear(x, w),
  'F.bilinear(x, y, w, b)': ({ x, y, w, b }) => F.bilinear(x, y, w, b),
  'F.embedding(i, w)': ({ i, w }) => F.embedding(i, w),
  'F.embedding(i, w, padding_idx=A["p"])': ({ i, w }, A: { p: number }) => F.embedding(i, w, { paddingIdx: A.p }),
  'F.softmax((q @ k.transpose(-2, -1)) / math.sqrt(q.shape[-1]) + mask, -1) @ v': ({ q, k, v, mask }) =>
    F.scaledDotProductAttention(q, k, v, { attnMask: mask }),
}

const convolutions: Rows = {
  'F.conv2d(x, w, b, stride=A["stride"], padding=A["padding"], dilation=A["dilation"], groups=A["groups"])': (
    { x, w, b },
    A: Conv,
  ) => F.conv2d(x, w, b, A),
  'F.conv2d(x, w, None, stride=A["stride"], padding=A["padding"], dilation=A["dilation"], groups=A["groups"])': (
    { x, w },
    A: Conv,
  ) => F.conv2d(x, w, null, A),
  'F.conv2d(x, w, padding="same")': ({ x, w }) => F.conv2d(x, w, null, { padding: 'same' }),
  'F.conv2d(x, w, b)': ({ x, w, b }) => F.conv2d(x, w, b),
  'F.conv1d(x, w, b, stride=A["stride"], padding=A["padding"])': ({ x, w, b }, A: Conv) => F.conv1d(x, w, b, A),
  'F.conv_transpose2d(x, w, b, stride=A["stride"], padding=A["padding"], output_padding=A["op"])': (
    { x, w, b },
    A: Conv,
  ) => F.convTranspose2d(x, w, b, { stride: A.stride, padding: A.padding, outputPadding: A.op }),
  'F.conv3d(x, w, b)': ({ x, w, b }) => F.conv3d(x, w, b),
}

const pools: Rows = {
  'F.max_pool2d(x, **A)': ({ x }, A: Pool) => F.maxPool2d(x, A.kernel_size, windows(A)),
  'F.avg_pool2d(x, **A)': ({ x }, A: Pool) =>
    F.avgPool2d(x, A.kernel_size, { ...windows(A), countIncludePad: A.count_include_pad ?? true }),
  'F.max_pool2d(x, 2)': ({ x }) => F.maxPool2d(x, 2),
  'F.max_pool1d(x, A["k"])': ({ x }, A: { k: number }) => F.maxPool1d(x, A.k),
  'F.avg_pool1d(x, A["k"], stride=1)': ({ x }, A: { k: number }) => F.avgPool1d(x, A.k, { stride: 1 }),
  'F.adaptive_avg_pool2d(x, A["o"])': ({ x }, A: { o: number[] }) => F.adaptiveAvgPool2d(x, A.o),
  'F.adaptive_max_pool2d(x, A["o"])': ({ x }, A: { o: number[] }) => F.adaptiveMaxPool2d(x, A.o),
  'F.interpolate(x, scale_factor=A["s"], mode="nearest")': ({ x }, A: { s: number }) =>
    F.interpolate(x, { scaleFactor: A.s }),
  'F.interpolate(x, size=A["size"], mode="bilinear", align_corners=A["ac"])': (
    { x },
    A: { size: number[]; ac: boolean },
  ) => F.interpolate(x, { size: A.size, mode: 'bilinear', alignCorners: A.ac }),
  'F.unfold(x, A["k"])': ({ x }, A: { k: number[] }) => F.unfold(x, A.k),
  'F.pixel_shuffle(x, 2)': ({ x }) => F.pixelShuffle(x, 2),
}

interface Norm {
  shape: number[]
  eps: number
  momentum: number
}
const norms: Rows = {
  'F.layer_norm(x, A["shape"], w, b, A["eps"])': ({ x, w, b }, A: Norm) =>
    F.layerNorm(x, A.shape, { weight: w, bias: b, eps: A.eps }),
  'F.layer_norm(x, A["shape"], w, b)': ({ x, w, b }, A: Norm) => F.layerNorm(x, A.shape, { weight: w, bias: b }),
  'F.layer_norm(x, A["shape"])': ({ x }, A: Norm) => F.layerNorm(x, A.shape),
  'F.layer_norm(x, [4])': ({ x }) => F.layerNorm(x, [4]),
  'F.batch_norm(x, running_mean, running_var, w, b, True, A["momentum"], A["eps"])': (
    { x, running_mean, running_var, w, b },
    A: Norm,
  ) =>
    F.batchNorm(x, running_mean, running_var, { weight: w, bias: b, training: true, momentum: A.momentum, eps: A.eps }),
  'F.batch_norm(x, running_mean, running_var, w, b, False, 0.1, 1e-5)': ({ x, running_mean, running_var, w, b }) =>
    F.batchNorm(x, running_mean, running_var, { weight: w, bias: b }),
  'F.group_norm(x, 2, w, b)': ({ x, w, b }) => F.groupNorm(x, 2, { weight: w, bias: b }),
  'F.instance_norm(x)': ({ x }) => F.instanceNorm(x),
  'F.normalize(x, p=2.0, dim=A["dim"])': ({ x }, A: { dim: number }) => F.normalize(x, { p: 2, dim: A.dim }),
  'F.cosine_similarity(x, y, dim=1)': ({ x, y }) => F.cosineSimilarity(x, y, { dim: 1 }),
  'F.pairwise_distance(x, y)': ({ x, y }) => F.pairwiseDistance(x, y),
  'F.dropout(x, A["p"], training=True)': ({ x }, A: { p: number }) => F.dropout(x, A),
  'F.dropout(x, 0.0, training=True)': ({ x }) => F.dropout(x, { p: 0 }),
  'F.dropout(x, 1.0, training=True)': ({ x }) => F.dropout(x, { p: 1 }),
  'F.dropout(x, 0.5, training=False)': ({ x }) => F.dropout(x, { p: 0.5, training: false }),
  'F.dropout2d(x, A["p"], training=True)': ({ x }, A: { p: number }) => F.dropout2d(x, A),
}

const losses: Rows = {
  'F.mse_loss(x, t, reduction=A["reduction"])': ({ x, t }, A: Reduced) => F.mseLoss(x, t, A),
  'F.mse_loss(x, t)': ({ x, t }) => F.mseLoss(x, t),
  'F.l1_loss(x, t, reduction=A["reduction"])': ({ x, t }, A: Reduced) => F.l1Loss(x, t, A),
  'F.l1_loss(x, t)': ({ x, t }) => F.l1Loss(x, t),
  'F.smooth_l1_loss(x, t, reduction=A["reduction"], beta=A["beta"])': ({ x, t }, A: Reduced) => F.smoothL1Loss(x, t, A),
  'F.huber_loss(x, t, reduction=A["reduction"], delta=A["delta"])': ({ x, t }, A: Reduced) => F.huberLoss(x, t, A),
  'F.binary_cross_entropy(x, t, reduction=A["reduction"])': ({ x, t }, A: Reduced) => F.binaryCrossEntropy(x, t, A),
  'F.binary_cross_entropy(x, t, weight=w, reduction=A["reduction"])': ({ x, t, w }, A: Reduced) =>
    F.binaryCrossEntropy(x, t, { weight: w, reduction: A.reduction }),
  'F.binary_cross_entropy(x, t)': ({ x, t }) => F.binaryCrossEntropy(x, t),
  'F.binary_cross_entropy_with_logits(x, t, reduction=A["reduction"])': ({ x, t }, A: Reduced) =>
    F.binaryCrossEntropyWithLogits(x, t, A),
  'F.binary_cross_entropy_with_logits(x, t, weight=w, pos_weight=pw, reduction=A["reduction"])': (
    { x, t, w, pw },
    A: Reduced,
  ) => F.binaryCrossEntropyWithLogits(x, t, { weight: w, posWeight: pw, reduction: A.reduction }),
  'F.binary_cross_entropy_with_logits(x, t)': ({ x, t }) => F.binaryCrossEntropyWithLogits(x, t),
  'F.nll_loss(x, y, reduction=A["reduction"])': ({ x, y }, A: Reduced) => F.nllLoss(x, y, A),
  'F.nll_loss(x, y, weight=w, ignore_index=A["ii"], reduction=A["reduction"])': ({ x, y, w }, A: Reduced) =>
    F.nllLoss(x, y, { weight: w, ignoreIndex: A.ii, reduction: A.reduction }),
  'F.cross_entropy(x, y, reduction=A["reduction"])': ({ x, y }, A: Reduced) => F.crossEntropy(x, y, A),
  'F.cross_entropy(x, y, weight=w, reduction=A["reduction"])': ({ x, y, w }, A: Reduced) =>
    F.crossEntropy(x, y, { weight: w, reduction: A.reduction }),
  'F.cross_entropy(x, y, label_smoothing=A["ls"], reduction=A["reduction"])': ({ x, y }, A: Reduced) =>
    F.crossEntropy(x, y, { labelSmoothing: A.ls, reduction: A.reduction }),
  'F.cross_entropy(x, y, weight=w, label_smoothing=A["ls"], ignore_index=A["ii"], reduction=A["reduction"])': (
    { x, y, w },
    A: Reduced,
  ) => F.crossEntropy(x, y, { weight: w, labelSmoothing: A.ls, ignoreIndex: A.ii, reduction: A.reduction }),
  'F.cross_entropy(x, t, reduction=A["reduction"])': ({ x, t }, A: Reduced) => F.crossEntropy(x, t, A),
  'F.cross_entropy(x, t, weight=w, label_smoothing=A["ls"], reduction=A["reduction"])': ({ x, t, w }, A: Reduced) =>
    F.crossEntropy(x, t, { weight: w, labelSmoothing: A.ls, reduction: A.reduction }),
  'F.cross_entropy(x, y)': ({ x, y }) => F.crossEntropy(x, y),
  'F.kl_div(x, t, reduction=A["reduction"])': ({ x, t }, A: Reduced) => F.klDiv(x, t, A),
  'F.kl_div(x, t, reduction="batchmean", log_target=True)': ({ x, t }) =>
    F.klDiv(x, t, { reduction: 'batchmean', logTarget: true }),
  'F.poisson_nll_loss(x, t)': ({ x, t }) => F.poissonNllLoss(x, t),
  'F.hinge_embedding_loss(x, t)': ({ x, t }) => F.hingeEmbeddingLoss(x, t),
  'F.margin_ranking_loss(x, y, t, margin=A["m"])': ({ x, y, t }, A: { m: number }) =>
    F.marginRankingLoss(x, y, t, { margin: A.m }),
  'F.triplet_margin_loss(x, y, z)': ({ x, y, z }) => F.tripletMarginLoss(x, y, z),
  'F.cosine_embedding_loss(x, y, t)': ({ x, y, t }) => F.cosineEmbeddingLoss(x, y, t),
  'F.soft_margin_loss(x, t)': ({ x, t }) => F.softMarginLoss(x, t),
}

export const nnRows: Rows = { ...activations, ...maps, ...convolutions, ...pools, ...norms, ...losses }
