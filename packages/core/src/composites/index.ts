/** Who makes each composite of core: its body, and its gradient. The compiler counts the rows. */
import type { CompositeAttributes, CompositeName } from '../contract/composites.ts'
import type { Composite } from '../engine/op.ts'
import * as activation from '../functional/activation.ts'
import { attentionGradOp, attentionOp } from '../functional/attention.ts'
import { paddedOp } from '../functional/embedding.ts'
import { batchNormOp, groupNormOp, instanceNormOp, layerNormOp } from '../functional/normalization.ts'
import { maxPoolGradOp, maxPoolOp } from '../functional/pooling.ts'
import { crossBinaryOp } from '../functional/probability-loss.ts'
import { gruBackwardOp, gruOp } from '../functional/recurrent/gru.ts'
import { lstmBackwardOp, lstmOp } from '../functional/recurrent/lstm.ts'
import { rnnBackwardOp, rnnOp } from '../functional/recurrent/rnn.ts'
import { floorDivideNode, fmodNode, remainderNode, truncDivideNode } from '../ops/arithmetic.ts'
import * as combination from '../ops/combination.ts'
import { medianNode } from '../ops/order.ts'
import { pickGradOp, pickOp } from '../ops/pick.ts'
import { logsumexp, norm, spread, std } from '../ops/reduction.ts'
import { logSoftmaxOp, softmaxOp } from '../ops/softmax.ts'
import { sigmoidNode, special, truncNode } from '../ops/special.ts'
import { adagradUpdate } from '../optim/adagrad.ts'
import { adamUpdate } from '../optim/adam.ts'
import { rmspropUpdate } from '../optim/rmsprop.ts'
import { sgdUpdate } from '../optim/sgd.ts'

/** What core makes of every bare name: it writes the body, and knows the gradient. */
export const composites: { readonly [N in CompositeName]: Composite<N, CompositeAttributes[N]> } = {
  trunc: truncNode,
  frac: special.frac.composite,
  reciprocal: special.reciprocal.composite,
  rsqrt: special.rsqrt.composite,
  exp2: special.exp2.composite,
  log2: special.log2.composite,
  log10: special.log10.composite,
  tan: special.tan.composite,
  asin: special.asin.composite,
  acos: special.acos.composite,
  sinh: special.sinh.composite,
  cosh: special.cosh.composite,
  asinh: special.asinh.composite,
  acosh: special.acosh.composite,
  atanh: special.atanh.composite,
  sigmoid: sigmoidNode,
  logit: special.logit.composite,
  sinc: special.sinc.composite,
  atan2: combination.atan2.composite,
  hypot: combination.hypot.composite,
  logaddexp: combination.logaddexp.composite,
  logaddexp2: combination.logaddexp2.composite,
  xlogy: combination.xlogy.composite,
  copysign: combination.copysign.composite,
  floorDivide: floorDivideNode,
  truncDivide: truncDivideNode,
  fmod: fmodNode,
  remainder: remainderNode,
  clamp: combination.clamp.composite,
  clampMin: combination.clampMin.composite,
  clampMax: combination.clampMax.composite,
  gelu: activation.geluOp,
  geluTanh: activation.geluTanhOp,
  silu: activation.siluOp,
  mish: activation.mishOp,
  logSigmoid: activation.logSigmoidOp,
  softplus: activation.softplusOp,
  elu: activation.eluOp,
  softmax: softmaxOp,
  logSoftmax: logSoftmaxOp,
  var: spread.composite,
  std: std.composite,
  norm: norm.composite,
  logsumexp: logsumexp.composite,
  medianOfAll: medianNode,
  layerNorm: layerNormOp,
  groupNorm: groupNormOp,
  batchNorm: batchNormOp,
  instanceNorm: instanceNormOp,
  maxPool: maxPoolOp,
  maxPoolGrad: maxPoolGradOp,
  attention: attentionOp,
  attentionGrad: attentionGradOp,
  pick: pickOp,
  pickGrad: pickGradOp,
  embeddingPadded: paddedOp,
  binaryCrossEntropyElement: crossBinaryOp,
  rnn: rnnOp,
  rnnBackward: rnnBackwardOp,
  lstm: lstmOp,
  lstmBackward: lstmBackwardOp,
  gru: gruOp,
  gruBackward: gruBackwardOp,
  sgd: sgdUpdate,
  adam: adamUpdate,
  adagrad: adagradUpdate,
  rmsprop: rmspropUpdate,
}
