/** Operators of PyTorch that are not here, and what is here that PyTorch has no samples of: each with its reason. */

/** By reason: names of op_db without their variants. */
const REASONS: Readonly<Record<string, string>> = {
  'complex numbers':
    'angle complex conj conj_physical H imag mH polar real resolve_conj resolve_neg vdot view_as_complex view_as_real sgn isreal chalf',
  'namespaces that are not here': 'linalg fft special sparse masked',
  'decompositions and solvers of linear algebra':
    'cholesky cholesky_inverse cholesky_solve geqrf logdet lu lu_solve lu_unpack matrix_exp ormqr pca_lowrank pinverse qr svd svd_lowrank symeig triangular_solve',
  'signal processing': 'stft istft',
  'special functions': 'digamma erfc erfinv i0 igamma igammac lgamma mvlgamma polygamma nextafter',
  'dtypes that are not here': 'bfloat16 char short to_sparse frexp ldexp',
  'statistics and counting':
    'bincount corrcoef cov histc histogram histogramdd mode nanmedian quantile nanquantile std_mean var_mean unique unique_consecutive bucketize searchsorted isin',
  'strides, which values have none of here':
    'as_strided as_strided_scatter new_empty_strided resize_ resize_as_ narrow_copy',
  'copies with a part replaced: setAt does it': 'diagonal_scatter select_scatter slice_scatter put',
  'made of others in a line, or an old name':
    'addbmm addr atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes cartesian_prod cdist column_stack combinations cross cumulative_trapezoid diagflat diff dsplit dstack fliplr flipud float_power gradient heaviside hsplit kron new_empty new_full new_ones new_zeros positive renorm sum_to_size T trapezoid trapz tril_indices triu_indices vsplit gcd lcm fmax fmin logcumsumexp cummax cummin bitwise_left_shift bitwise_right_shift',
  'reductions into places other than sums': 'index_reduce scatter_reduce segment_reduce',
  'internals of PyTorch':
    'native_batch_norm native_layer_norm jiterator_unary jiterator_binary jiterator_binary_return_by_ref jiterator_2inputs_2outputs jiterator_4inputs_with_extra_args',
  'functions of networks that are not here':
    'nn.functional.ctc_loss nn.functional.embedding_bag nn.functional.feature_alpha_dropout nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d nn.functional.grid_sample nn.functional.local_response_norm nn.functional.max_unpool1d nn.functional.max_unpool2d nn.functional.max_unpool3d nn.functional.multilabel_margin_loss nn.functional.pdist nn.functional.rrelu nn.functional.triplet_margin_with_distance_loss nn.functional.upsample_bilinear nn.functional.upsample_nearest',
  'random numbers: the tests of the generator compare them draw by draw':
    'uniform bernoulli multinomial normal rand_like randint_like randn randn_like nn.functional.dropout nn.functional.dropout2d nn.functional.dropout3d',
  'values that PyTorch leaves open': 'empty empty_like',
  'half.test.ts compares halves, bit for bit': 'half',
}
/** Why an operator has no row, by name. */
export const ABSENT: ReadonlyMap<string, string> = new Map(
  Object.entries(REASONS).flatMap(([reason, names]) =>
    names.split(' ').map((name): [string, string] => [name, reason]),
  ),
)

/** By reason: methods and functions that PyTorch's operator data do not reach. */
const WITHOUT: Readonly<Record<string, string>> = {
  'gives no numbers, or the elements themselves':
    'Tensor.constructor Tensor.dim Tensor.numel Tensor.size Tensor.isFloatingPoint Tensor.isContiguous Tensor.data Tensor.dataSync Tensor.item Tensor.itemSync Tensor.toArray Tensor.toArraySync Tensor.format Tensor.toString Tensor.type Tensor.device Tensor.shape Tensor.dtype Tensor.requiresGrad Tensor.isLeaf Tensor.grad core.isTensor core.Tensor',
  'autograd, state and devices':
    'Tensor.backward Tensor.detach Tensor.retainGrad Tensor.registerHook Tensor.requiresGrad_ Tensor.assign Tensor.copy_ Tensor.toAsync Tensor.typeAs core.grad core.hessian core.hvp core.jacobian core.jvp core.vhp core.vjp core.compose core.customFunction core.firstAvailable core.getDefaultDevice core.leakReport core.memory core.setDefaultDevice core.setMemoryBudget core.trackAllocations core.gradcheck core.gradgradcheck core.enableGrad core.isGradEnabled core.noGrad core.keep core.scope core.compile core.logPrograms core.firstDifference core.firstNotFinite core.runNodeByNode core.detectAnomaly core.isAnomalyEnabled core.setDetectAnomaly core.isGlissadeError',
  'random numbers: the tests of the generator compare them draw by draw':
    'Tensor.uniform_ Tensor.normal_ Tensor.exponential_ Tensor.bernoulli_ Tensor.random_ core.manualSeed core.Generator core.rand core.randn core.randint core.randperm core.randLike core.randnLike core.randintLike core.normal core.bernoulli core.multinomial',
  'values that PyTorch leaves open': 'core.empty core.emptyLike',
  'takes arrays, of which every sample is made': 'core.tensor',
  'half.test.ts compares halves, bit for bit': 'Tensor.half core.finfo core.iinfo',
  'internals, which users do not call':
    'Tensor.value Tensor.node Tensor.index Tensor.cell Tensor.eachRoot Tensor.version Tensor.markView Tensor.lend Tensor.moveTo Tensor.rawGrad Tensor.gradConsumed Tensor.restoreGrad Tensor.restoreNode Tensor.root Tensor.lastNode Tensor.isTracked Tensor.standAlone',
}
/** Why a method or function has no samples, by owner and name. */
export const WITHOUT_SAMPLES: ReadonlyMap<string, string> = new Map(
  Object.entries(WITHOUT).flatMap(([reason, names]) =>
    names.split(' ').map((name): [string, string] => [name, reason]),
  ),
)
