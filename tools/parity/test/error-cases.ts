/** The cases of errors.json in TypeScript: the same programs, by their ids. */
import { manualSeed, ones, randint, randperm, stack, tensor, zeros, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'

const { lrScheduler: L, SGD } = optim

export interface Row {
  /** May be asynchronous: what depends on values is found when they are read. */
  readonly run: () => unknown
  /** What our message says where it is not PyTorch's sentence: names of kinds, of options, or another rule. */
  readonly says?: RegExp
}

/** What a program in JavaScript can do that TypeScript forbids. */
const wrong = <T>(value: unknown): T => value as T

const parameter = (...shape: number[]): Tensor => zeros(shape, { requiresGrad: true })
const p = (): Tensor[] => [parameter(2)]
const three = (): { q: Tensor[]; o: optim.SGD; o2: optim.SGD; o3: optim.SGD } => {
  const q = [parameter(2), parameter(3)]
  return {
    q,
    o: new SGD(p(), { lr: 0.1, momentum: 0.9 }),
    o2: new SGD(q, { lr: 0.1 }),
    o3: new SGD([{ params: q.slice(0, 1) }, { params: q.slice(1) }], { lr: 0.1 }),
  }
}
const o = (): optim.SGD => new SGD([parameter(1)], { lr: 0.1 })
const o2 = (): optim.SGD => new SGD([{ params: [parameter(1)] }, { params: [parameter(1)] }], { lr: 0.1 })

/** Two groups with one loaded into the other. */
const loading = (run: (set: ReturnType<typeof three>) => void): Row => ({ run: () => run(three()) })

export const rows: Readonly<Record<string, Row>> = {
  lr_negative: { run: () => new SGD(p(), { lr: -0.1 }) },
  lr_missing: { run: () => new SGD(p()) },
  lr_missing_in_one_group: { run: () => new SGD([{ params: p(), lr: 0.1 }, { params: [parameter(1)] }]) },
  momentum_negative: { run: () => new SGD(p(), { lr: 0.1, momentum: -0.5 }) },
  weight_decay_negative: { run: () => new SGD(p(), { lr: 0.1, weightDecay: -0.5 }) },
  dampening_negative_ok: { run: () => new SGD(p(), { lr: 0.1, momentum: 0.9, dampening: -0.5 }) },
  nesterov_dampening: { run: () => new SGD(p(), { lr: 0.1, momentum: 0.9, dampening: 0.1, nesterov: true }) },
  order_lr_before_nesterov: { run: () => new SGD(p(), { lr: -1, momentum: -1, weightDecay: -1, nesterov: true }) },
  order_momentum_before_wd: { run: () => new SGD(p(), { lr: 1, momentum: -1, weightDecay: -1, nesterov: true }) },
  group_nesterov_not_checked: { run: () => new SGD([{ params: p(), nesterov: true }], { lr: 0.1 }) },
  lr_nan: { run: () => new SGD(p(), { lr: NaN }) },
  lr_string: {
    run: () => new SGD(p(), { lr: wrong('0.1') }),
    says: /lr must be a number or a 1-element tensor \(got '0.1'\)/,
  },
  lr_tensor_2: { run: () => new SGD(p(), { lr: tensor([0.1, 0.2]) }) },
  unknown_kwarg: {
    run: () => new SGD(p(), wrong({ lr: 0.1, foo: 1 })),
    says: /there is no option foo; the options are lr, momentum/,
  },
  maximize_positional: {
    run: () => new (wrong<new (...args: unknown[]) => optim.SGD>(SGD))(p(), 0.1, 0.9, 0, 0, false, true),
    says: /options are passed by name, in one object/,
  },
  empty_iterator: { run: () => new SGD(([] as Tensor[]).values(), { lr: 0.1 }) },
  single_tensor: {
    run: () => new SGD(wrong(p()[0]), { lr: 0.1 }),
    says: /params argument given to the optimizer should be an iterable of Tensors or dicts, but got Tensor/,
  },
  not_tensor: {
    run: () => new SGD(wrong([1]), { lr: 0.1 }),
    says: /optimizer can only optimize Tensors, but one of the params is number/,
  },
  group_without_params: { run: () => new SGD(wrong([{ lr: 0.1 }]), { lr: 0.1 }) },
  non_leaf: { run: () => new SGD([p()[0]!.mul(2)], { lr: 0.1 }) },
  non_leaf_retains_grad: {
    run: () => {
      const q = p()[0]!.mul(2)
      q.retainGrad()
      return new SGD([q], { lr: 0.1 })
    },
  },
  duplicate_in_group: {
    run: () => {
      const [one] = p()
      return new SGD([one!, one!], { lr: 0.1 })
    },
  },
  two_groups_same_param: {
    run: () => {
      const [one] = p()
      return new SGD([{ params: [one!] }, { params: [one!] }], { lr: 0.1 })
    },
  },
  mixed_dict_and_tensor: {
    run: () => new SGD(wrong([{ params: p() }, parameter(1)]), { lr: 0.1 }),
    says: /param group must be a dict, but got Tensor/,
  },
  group_params_single_tensor_ok: { run: () => new SGD([{ params: parameter(2) }], { lr: 0.1 }) },
  dict_of_params: {
    run: () => new SGD(wrong({ params: p() }), { lr: 0.1 }),
    says: /optimizer can only optimize Tensors, so put groups in an array/,
  },
  unknown_group_key_kept: {
    run: () => {
      const group = new SGD([{ params: p(), name: 'w' }], { lr: 0.1 }).paramGroups[0]!
      if (group['name'] !== 'w') throw new Error('the key is lost')
    },
  },
  named_mixed: { run: () => new SGD([['a', parameter(2)], parameter(1)], { lr: 0.1 }) },
  load_group_count: loading(({ o: into, o3 }) => into.loadStateDict(o3.stateDict())),
  load_group_size: loading(({ o: into, o2: from }) => into.loadStateDict(from.stateDict())),
  load_extra_keys_ok: loading(({ o: into }) => into.loadStateDict(wrong({ ...into.stateDict(), foo: 1 }))),
  load_wrong_type: {
    ...loading(({ o: into }) => into.loadStateDict(wrong([1]))),
    says: /a state dict must be an object or a Map \(got Array\)/,
  },
  add_group_not_dict: {
    ...loading(({ o: into, q }) => into.addParamGroup(wrong(q))),
    says: /param group must be a dict, but got Array/,
  },
  add_group_non_leaf: loading(({ o: into, q }) => into.addParamGroup({ params: [q[0]!.mul(2)] })),
  add_group_set: loading(({ o: into, q }) => into.addParamGroup({ params: new Set([q[0]!]) })),
  step_no_grads_ok: loading(({ o: into }) => into.step()),
  base_step: {
    run: () => new (wrong<new (...args: unknown[]) => optim.SGD>(optim.Optimizer))(optim.sgd, p(), {}),
    says: /the base has no update of its own; use a subclass/,
  },
  sched_not_optimizer: { run: () => new L.StepLR(wrong('x'), { stepSize: 3 }), says: /string is not an Optimizer/ },
  sched_last_epoch_without_initial_lr: {
    run: () => new L.StepLR(o(), { stepSize: 3, lastEpoch: 5 }),
    says: /param 'initial_lr' is not specified in param_groups\[0\] when resuming an optimizer/,
  },
  multiplicative_count: { run: () => new L.MultiplicativeLR(o2(), { lrLambda: [() => 1] }) },
  constant_factor: { run: () => new L.ConstantLR(o(), { factor: 1.5 }) },
  linear_start: { run: () => new L.LinearLR(o(), { startFactor: 0 }) },
  linear_end: { run: () => new L.LinearLR(o(), { endFactor: -0.1 }) },
  warm_T0: { run: () => new L.CosineAnnealingWarmRestarts(o(), { t0: 0 }) },
  warm_T0_float: { run: () => new L.CosineAnnealingWarmRestarts(o(), { t0: 1.5 }) },
  warm_step_negative: { run: () => new L.CosineAnnealingWarmRestarts(o(), { t0: 2 }).step(-1) },
  cyclic_mode: { run: () => new L.CyclicLR(o(), { baseLr: 0.1, maxLr: 0.2, mode: wrong('foo') }) },
  cyclic_no_momentum: { run: () => new L.CyclicLR(o(), { baseLr: 0.1, maxLr: 0.2 }) },
  onecycle_no_total: { run: () => new L.OneCycleLR(o(), { maxLr: 0.1, cycleMomentum: false }) },
  onecycle_total: { run: () => new L.OneCycleLR(o(), { maxLr: 0.1, totalSteps: -1, cycleMomentum: false }) },
  onecycle_epochs: {
    run: () => new L.OneCycleLR(o(), { maxLr: 0.1, epochs: 0, stepsPerEpoch: 2, cycleMomentum: false }),
  },
  onecycle_pct: {
    run: () => new L.OneCycleLR(o(), { maxLr: 0.1, totalSteps: 5, pctStart: 1.5, cycleMomentum: false }),
  },
  onecycle_anneal: {
    run: () => new L.OneCycleLR(o(), { maxLr: 0.1, totalSteps: 5, annealStrategy: wrong('x'), cycleMomentum: false }),
  },
  onecycle_no_momentum: { run: () => new L.OneCycleLR(o(), { maxLr: 0.1, totalSteps: 5 }) },
  plateau_factor: { run: () => new L.ReduceLROnPlateau(o(), { factor: 1 }) },
  plateau_mode: { run: () => new L.ReduceLROnPlateau(o(), { mode: wrong('x') }) },
  plateau_threshold_mode: { run: () => new L.ReduceLROnPlateau(o(), { thresholdMode: wrong('x') }) },
  plateau_step_without_metric: {
    run: () => wrong<{ step(): void }>(new L.ReduceLROnPlateau(o())).step(),
    says: /step\(\) missing 1 required positional argument: 'metrics'/,
  },
  sequential_other_opt: {
    run: () => {
      const own = o()
      return new L.SequentialLR(own, {
        schedulers: [new L.StepLR(own, { stepSize: 1 }), new L.StepLR(o2(), { stepSize: 1 })],
        milestones: [3],
      })
    },
    says: /SequentialLR expects all schedulers to belong to the same optimizer, but got scheduler StepLR at index 1/,
  },
  sequential_count: {
    run: () => {
      const own = o()
      return new L.SequentialLR(own, {
        schedulers: [new L.StepLR(own, { stepSize: 1 }), new L.StepLR(own, { stepSize: 1 })],
        milestones: [3, 5],
      })
    },
  },
  chained_other_opt: {
    run: () => new L.ChainedScheduler([new L.StepLR(o(), { stepSize: 1 }), new L.StepLR(o2(), { stepSize: 1 })]),
    says: /ChainedScheduler expects all schedulers to belong to the same optimizer, but got scheduler StepLR at index 1/,
  },
  chained_empty: { run: () => new L.ChainedScheduler([]) },
  multistep_unsorted_ok: { run: () => new L.MultiStepLR(o(), { milestones: [5, 3] }) },
  step_epoch_deprecated_warns: {
    run: () => {
      const own = o()
      const scheduler = new L.StepLR(own, { stepSize: 1 })
      own.step()
      scheduler.step(3)
    },
  },
  step_size_zero: { run: () => new L.StepLR(o(), { stepSize: 0 }) },

  backward_nonscalar: { run: () => ones([2], { requiresGrad: true }).mul(2).backward(), says: /one element|scalar/ },
  backward_twice: {
    run: () => {
      const x = ones([2], { requiresGrad: true })
      const y = x.mul(x).sum()
      y.backward()
      y.backward()
    },
    says: /the graph was already freed at .*; call backward\(\{ retainGraph: true \}\)/,
  },
  leaf_inplace: {
    run: () => ones([2], { requiresGrad: true }).add_(1),
    says: /a leaf tensor that requires gradients cannot be changed in place/,
  },
  broadcast_shape: {
    // @ts-expect-error the compiler finds it too
    run: () => zeros([2, 3]).add(zeros([4])),
    says: /\[2,3\] and \[4\]/,
  },
  reshape_bad: { run: () => zeros([6]).reshape([4, -1]), says: /the size of -1 does not follow.*\[6\] and \[4,-1\]/ },
  index_oob: { run: () => zeros([3]).select(0, 5), says: /index 5 is out of range for dimension 0 of size 3/ },
  dim_oob: {
    run: () => zeros([2, 3]).sum({ dim: 2 }),
    says: /dimension out of range: expected to be in \[-2, 1\] \(got 2\)/,
  },
  stack_mismatch: { run: () => stack([zeros([2]), zeros([3])]), says: /\[2\] and \[3\]/ },
  linear_shape: { run: () => new nn.Linear(3, 2)(zeros([1, 4])), says: /\[1,4\] and \[2,3\]/ },
  conv_channels: {
    run: () => F.conv2d(zeros([1, 4, 2, 2]), zeros([2, 3, 1, 1])),
    says: /must have 3 channels.*\[1,4,2,2\] and \[2,3,1,1\]/,
  },
  ce_target_oob: {
    run: async () => await F.crossEntropy(zeros([1, 3]), tensor([3], { dtype: 'int32' })).data(),
    says: /class 3 is out of range for 3 classes/,
  },
  ce_float_target: { run: () => F.crossEntropy(zeros([2, 3]), zeros([2])), says: /class targets are int32/ },
  dropout_p: { run: () => F.dropout(zeros([1]), { p: 1.5 }) },
  load_sd_missing: {
    run: () => new nn.Linear(2, 2).loadStateDict(new Map()),
    says: /Missing key\(s\) in state_dict: "weight", "bias"/,
  },
  load_sd_shape: {
    run: () =>
      new nn.Linear(2, 2).loadStateDict(
        new Map<string, Tensor>([
          ['weight', zeros([3, 2])],
          ['bias', zeros([2])],
        ]),
      ),
    says: /size mismatch for weight.*\[3,2\] and \[2,2\]/,
  },
  bn_train_one_value: {
    run: () => F.batchNorm(zeros([1, 2]), null, null, { training: true }),
    says: /more than 1 value per channel.*\[1,2\]/,
  },
  manual_seed_float: { run: () => manualSeed(1.5) },
  randperm_negative: { run: () => randperm(-1), says: /-1/ },
  randint_empty: { run: () => randint(5, 5, [1]) },
  normal_negative_std: { run: () => nn.init.normal_(zeros([1]), 0, -1) },
}

/** Cases that have no counterpart, and why. */
export const meaningless: Readonly<Record<string, string>> = {
  inplace_saved:
    'values never change: an assignment moves the tensor to a new value and backward keeps the old one, so the gradient is right',
  view_noncontig: 'values are always contiguous, so every tensor can be viewed in every shape of its size',
  bool_many: 'JavaScript asks no object for its truth: every tensor is true, and the type checker warns',
  mean_int: 'integers become float32 in mean, as they do in division',
  bce_range: 'it depends on values, and no operation reads values from a device; the result is NaN',
}
