/** Names of PyTorch that are not meant to be here, by the reason. */
import type { Names } from './families.ts'

const MODULES_ELSEWHERE =
  'amp ao backends classes cpu cuda distributed fft functional futures fx hub jit library masked multiprocessing nested onnx ops overrides package profiler quantization quasirandom random return_types serialization sparse storage testing torch_version types utils version'
const COMPILER =
  'AggregationType AliasDb AnyType Argument ArgumentSpec AVG BenchmarkConfig BenchmarkExecutionStats Block BoolType BufferDict CONV_BN_FUSION CallStack Capsule ClassType Code CompilationUnit CompleteArgumentSpec ComplexType ConcreteModuleType ConcreteModuleTypeBuilder DeepCopyMemoTable DeserializationStorageContext DeviceObjType DictType DisableTorchFunction DispatchKey DispatchKeySet EnumType ErrorReport ExcludeDispatchKeyGuard ExecutionPlan FUSE_ADD_RELU FatalError FileCheck FloatType FunctionSchema Future FutureType Gradient Graph GraphExecutorState HOIST_CONV_PACKED_PARAMS INSERT_FOLD_PREPACK_OPS IODescriptor InferredType IntType InterfaceType JITException ListType LiteScriptModule LockingLogger LoggerBase MobileOptimizerType ModuleDict Node NoneType NoopLogger NumberType OperatorInfo OptionalType PRIVATE_OPS ParameterDict PyObjectType PyTorchFileReader PyTorchFileWriter REMOVE_DROPOUT RRefType SUM ScriptClass ScriptClassFunction ScriptDict ScriptDictIterator ScriptDictKeyIterator ScriptFunction ScriptList ScriptListIterator ScriptMethod ScriptModule ScriptModuleSerializer ScriptObject ScriptObjectProperty SerializationStorageContext StaticModule StringType SymFloatNode SymIntNode SymIntType TYPE_CHECKING Tag TensorType ThroughputBenchmark TracingState TupleType Type USE_GLOBAL_DEPS USE_RTLD_GLOBAL_WITH_LIBTORCH UnionType Use Value attr compiled_with_cxx11_abi fork import_ir_module import_ir_module_from_buffer merge_type_from_type_comment name parse_ir parse_schema parse_type_comment read_vitals set_vital unify_type_list vitals_enabled wait'
const DATA_PIPES =
  'DFIterDataPipe DataChunk DataLoader2 IterDataPipe MapDataPipe functional_datapipe guaranteed_datapipes_determinism non_deterministic runtime_validation_disabled'

export const OUT_OF_SCOPE: Readonly<Record<string, Names>> = {
  'complex numbers': {
    torch:
      'adjoint angle complex conj conj_physical imag is_complex is_conj isreal polar real resolve_conj resolve_neg sgn vdot view_as_complex view_as_real',
    'torch.Tensor': 'H mH',
  },
  'sparse tensors': {
    torch:
      'hspmm smm sparse_bsc sparse_bsc_tensor sparse_bsr sparse_bsr_tensor sparse_compressed_tensor sparse_coo sparse_coo_tensor sparse_csc sparse_csc_tensor sparse_csr sparse_csr_tensor sspaddmm',
    'torch.Tensor':
      'coalesce col_indices crow_indices dense_dim indices is_coalesced is_sparse is_sparse_csr sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ to_dense to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr values',
    'torch.optim': 'SparseAdam',
  },
  'quantised numbers': {
    torch:
      'dequantize fake_quantize_per_channel_affine fake_quantize_per_tensor_affine per_channel_affine per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine per_tensor_symmetric qscheme quantize_per_channel quantize_per_tensor quantize_per_tensor_dynamic quantized_batch_norm quantized_max_pool1d quantized_max_pool2d',
    'torch.Tensor':
      'int_repr is_quantized q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qscheme',
    'torch.nn': 'intrinsic qat quantizable quantized',
  },
  'decompositions and solvers of linear algebra': {
    torch:
      'cholesky cholesky_inverse cholesky_solve geqrf lobpcg logdet lu lu_solve lu_unpack ormqr pca_lowrank qr svd svd_lowrank symeig triangular_solve',
    'torch.linalg':
      'LinAlgError cholesky cholesky_ex cond det eig eigh eigvals eigvalsh householder_product inv inv_ex ldl_factor ldl_factor_ex ldl_solve lstsq lu lu_factor lu_factor_ex lu_solve matrix_exp matrix_power matrix_rank pinv qr slogdet solve solve_ex solve_triangular svd svdvals tensorinv tensorsolve',
  },
  'signal processing': {
    torch: 'bartlett_window blackman_window hamming_window hann_window istft kaiser_window stft',
  },
  'strides and storages: tensors have values here, and no strides': {
    torch:
      'BFloat16Storage BFloat16Tensor BoolStorage BoolTensor ByteStorage ByteTensor CharStorage CharTensor ComplexDoubleStorage ComplexFloatStorage DoubleStorage DoubleTensor FloatStorage FloatTensor HalfStorage HalfTensor IntStorage IntTensor LongStorage LongTensor QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage QUInt8Storage ShortStorage ShortTensor StorageBase TypedStorage UntypedStorage as_strided as_strided_scatter channels_last channels_last_3d contiguous_format empty_strided is_storage layout legacy_contiguous_format memory_format narrow_copy preserve_format set_default_tensor_type strided unsafe_chunk unsafe_split',
    'torch.Tensor':
      'as_strided_ data_ptr is_set_to layout new_empty_strided resize_ resize_as_ set_ storage storage_offset storage_type type',
    'torch.nn.Module': 'type',
    'torch.nn.utils': 'convert_conv2d_weight_memory_format',
  },
  'copies of views, for compilers': {
    torch:
      'alias_copy as_strided_copy col_indices_copy crow_indices_copy detach_copy diagonal_copy expand_copy indices_copy permute_copy select_copy slice_copy split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy values_copy view_as_complex_copy view_as_real_copy view_copy',
  },
  'devices of PyTorch: tensors and modules move by `to(device)`': {
    torch: 'Stream StreamObjType has_cuda has_cudnn has_lapack has_mkl has_mkldnn has_mps has_openmp has_spectral',
    'torch.Tensor':
      'cpu cuda get_device ipu is_cpu is_cuda is_ipu is_meta is_mkldnn is_mps is_ort is_pinned is_shared is_vulkan is_xpu pin_memory record_stream share_memory_ to_mkldnn xpu',
    'torch.Generator': 'device',
    'torch.nn': 'DataParallel SyncBatchNorm parallel',
    'torch.nn.Module': 'cpu cuda ipu share_memory xpu',
  },
  'dtypes: here are float16, float32, float64, int32, uint8 and bool': {
    torch: 'autocast',
    'torch.Tensor': 'char',
    'torch.nn.Module': 'bfloat16',
  },
  'threads, determinism and numbers of the CPU: backends have options': {
    torch:
      'are_deterministic_algorithms_enabled get_deterministic_debug_mode get_float32_matmul_precision get_num_interop_threads get_num_threads init_num_threads is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal set_num_interop_threads set_num_threads set_warn_always use_deterministic_algorithms',
  },
  'named dimensions and nested tensors': {
    'torch.Tensor': 'align_as align_to has_names is_nested name names refine_names rename rename_ to_padded_tensor',
  },
  'the memory of Python': { torch: 'asarray from_dlpack frombuffer to_dlpack' },
  'constants that JavaScript has: `Infinity`, `NaN`, `Math.PI`, `Math.E`': {
    torch: 'e inf nan pi',
    'torch.optim.lr_scheduler': 'inf',
  },
  "PyTorch's compiler and files: `compile` and `@glissade/checkpoint` are others": { torch: COMPILER },
  'subclasses of tensors, and what PyTorch says to itself': {
    'torch.Tensor': 'as_subclass output_nr reinforce volatile',
    'torch.nn.Module': 'T_destination dump_patches',
    'torch.nn.functional':
      'GRID_SAMPLE_INTERPOLATION_MODES GRID_SAMPLE_PADDING_MODES TYPE_CHECKING conv_tbc handle_torch_function has_torch_function has_torch_function_unary has_torch_function_variadic native_channel_shuffle reproducibility_notes sparse_support_notes tf32_notes',
    'torch.nn.utils.rnn': 'PackedSequence_',
    'torch.optim.lr_scheduler': 'EPOCH_DEPRECATION_WARNING',
    'torch.autograd': 'NestedIOFunction Variable is_tensor_like kineto_available',
    'torch.special': 'common_args multi_dim_common',
    'torch.linalg': 'common_notes',
  },
  'old names that PyTorch gives up': {
    torch: 'range',
    'torch.nn': 'Container NLLLoss2d',
    'torch.nn.init':
      'constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform xavier_normal xavier_uniform',
    'torch.nn.utils': 'clip_grad_norm',
  },
  'data pipes, which PyTorch gave up': { 'torch.utils.data': DATA_PIPES },
  'modules that this page does not count': {
    torch: MODULES_ELSEWHERE,
    'torch.autograd': 'forward_ad graph profiler profiler_legacy profiler_util',
    'torch.utils.data': 'backward_compatibility communication datapipes dataloader_experimental graph graph_settings',
    'torch.distributions': 'constraint_registry constraints',
    'torch.nn': 'grad',
  },
}
