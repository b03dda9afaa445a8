/** What a program of PyTorch may miss here, by subject. A name leaves this table when it is reached. */
import type { Names } from './families.ts'

const DISTRIBUTIONS =
  'Bernoulli Beta Binomial Categorical Cauchy Chi2 ContinuousBernoulli Dirichlet Distribution Exponential ExponentialFamily FisherSnedecor Gamma Geometric Gumbel HalfCauchy HalfNormal Independent Kumaraswamy LKJCholesky Laplace LogNormal LogisticNormal LowRankMultivariateNormal MixtureSameFamily Multinomial MultivariateNormal NegativeBinomial Normal OneHotCategorical OneHotCategoricalStraightThrough Pareto Poisson RelaxedBernoulli RelaxedOneHotCategorical StudentT TransformedDistribution Uniform VonMises Weibull Wishart'
const TRANSFORMS =
  'AbsTransform AffineTransform CatTransform ComposeTransform CorrCholeskyTransform CumulativeDistributionTransform ExpTransform IndependentTransform LowerCholeskyTransform PowerTransform ReshapeTransform SigmoidTransform SoftmaxTransform SoftplusTransform StackTransform StickBreakingTransform TanhTransform Transform biject_to identity_transform transform_to'
const SPECIAL =
  'airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w entr erfcx gammaln hermite_polynomial_h hermite_polynomial_he i0e i1 i1e laguerre_polynomial_l legendre_polynomial_p log_ndtr modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 ndtr ndtri psi scaled_modified_bessel_k0 scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w spherical_bessel_j0 xlog1py zeta'
const PRUNING =
  'BasePruningMethod CustomFromMask Identity L1Unstructured LnStructured PruningContainer RandomStructured RandomUnstructured custom_from_mask global_unstructured identity is_pruned l1_unstructured ln_structured random_structured random_unstructured remove'

export const MISSING: Readonly<Record<string, Names>> = {
  'forms, splits and joins': {
    torch:
      'atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes cartesian_prod column_stack combinations diagflat dsplit dstack fliplr flipud hsplit tril_indices triu_indices vsplit',
    'torch.Tensor': 'T fill_diagonal_ new_empty new_full new_ones new_tensor new_zeros stride sum_to_size',
  },
  'elementwise arithmetic': {
    torch:
      'bitwise_left_shift bitwise_right_shift float_power fmax fmin frexp gcd heaviside lcm ldexp nextafter positive',
  },
  'sums, products and differences': {
    torch:
      'addbmm addr cdist chain_matmul cross cummax cummin cumulative_trapezoid diff gradient kron logcumsumexp renorm trapezoid vander',
    'torch.linalg': 'cross multi_dot vander vecdot',
  },
  'statistics, sorting and counting': {
    torch:
      'argwhere bincount bucketize corrcoef cov histc histogram histogramdd isin mode msort nanmedian nanquantile quantile searchsorted std_mean unique unique_consecutive var_mean',
  },
  'special functions': {
    torch: 'digamma erfc erfinv i0 igamma igammac lgamma mvlgamma polygamma',
    'torch.special': SPECIAL,
  },
  'norms by other names': { 'torch.linalg': 'matrix_norm norm vector_norm' },
  'writing into places': {
    torch: 'diagonal_scatter index_reduce scatter_reduce select_scatter slice_scatter',
    'torch.Tensor': 'put',
  },
  'random numbers': { torch: 'poisson', 'torch.Tensor': 'cauchy_ geometric_ log_normal_' },
  'questions about tensors and dtypes': {
    torch: 'can_cast get_default_dtype is_nonzero promote_types result_type set_default_dtype',
    'torch.Tensor': 'element_size grad_fn is_same_size is_signed retains_grad',
  },
  printing: { torch: 'set_printoptions', 'torch.optim.lr_scheduler._LRScheduler': 'print_lr verbose' },
  'modes of autograd': { torch: 'inference_mode is_inference is_inference_mode_enabled set_grad_enabled' },
  'functions of each element, on the host': { 'torch.Tensor': 'apply_ map2_ map_' },
  layers: {
    'torch.nn':
      'ChannelShuffle ConstantPad1d ConstantPad2d ConstantPad3d CrossMapLRN2d EmbeddingBag FeatureAlphaDropout Fold FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LocalResponseNorm MaxUnpool1d MaxUnpool2d MaxUnpool3d RReLU ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d Unfold UpsamplingBilinear2d UpsamplingNearest2d ZeroPad2d',
    'torch.nn.functional':
      'affine_grid channel_shuffle embedding_bag feature_alpha_dropout fractional_max_pool2d fractional_max_pool2d_with_indices fractional_max_pool3d fractional_max_pool3d_with_indices grid_sample gumbel_softmax local_response_norm lp_pool1d lp_pool2d max_unpool1d max_unpool2d max_unpool3d pdist rrelu upsample upsample_bilinear upsample_nearest',
  },
  'recurrent cells and transformers': {
    'torch.nn': 'GRUCell LSTMCell RNNBase RNNCell RNNCellBase Transformer TransformerDecoder TransformerDecoderLayer',
  },
  losses: {
    'torch.nn': 'AdaptiveLogSoftmaxWithLoss CTCLoss MultiLabelMarginLoss TripletMarginWithDistanceLoss',
    'torch.nn.functional': 'ctc_loss multilabel_margin_loss triplet_margin_with_distance_loss',
  },
  'layers that learn their sizes from the first input': {
    'torch.nn':
      'LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear UninitializedBuffer UninitializedParameter',
  },
  'modules by name': {
    'torch.nn': 'ParameterDict factory_kwargs',
    'torch.nn.Module':
      'add_module get_buffer get_extra_state get_parameter get_submodule register_backward_hook register_full_backward_hook register_load_state_dict_post_hook register_module register_parameter set_extra_state to_empty',
    'torch.nn.utils': 'fuse_conv_bn_eval fuse_conv_bn_weights skip_init',
  },
  'sequences of different lengths': {
    'torch.nn.utils.rnn':
      'PackedSequence pack_padded_sequence pack_sequence pad_packed_sequence pad_sequence unpack_sequence unpad_sequence',
  },
  'weights made of other weights': {
    'torch.nn.utils': 'remove_spectral_norm remove_weight_norm spectral_norm weight_norm',
    'torch.nn.utils.parametrizations': 'orthogonal spectral_norm',
    'torch.nn.utils.parametrize':
      'ParametrizationList cached is_parametrized register_parametrization remove_parametrizations transfer_parametrizations_and_params type_before_parametrizations',
    'torch.nn.utils.prune': PRUNING,
  },
  optimizers: { 'torch.optim': 'ASGD Adadelta Adamax LBFGS NAdam RAdam Rprop' },
  'batch norm of averaged weights': { 'torch.optim.swa_utils': 'update_bn' },
  data: { 'torch.utils.data': 'ChainDataset default_convert get_worker_info' },
  'probability distributions': {
    'torch.distributions': `${DISTRIBUTIONS} ${TRANSFORMS} kl_divergence register_kl`,
  },
}
