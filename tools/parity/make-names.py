"""Makes fixtures/pytorch-names.json: the public names of PyTorch that docs/pytorch-names.md is about.

    /usr/bin/python3 tools/parity/make-names.py
"""
import inspect
import json
import pathlib
import re

import torch
import torch.nn.functional as F
import torch.optim.lr_scheduler


def public(owner, wanted):
    return sorted(n for n in dir(owner) if not n.startswith("_") and wanted(getattr(owner, n)))


def modules(owner, base):
    return sorted(n for n, v in vars(owner).items() if inspect.isclass(v) and issubclass(v, base) and not n.startswith("_"))


# Names that belong to other subjects (complex numbers, sparse and quantised tensors, devices, storages, tracing, matrix
# decompositions, window functions), that are aliases of others, or that are functions of torch.nn.functional.
OUT = re.compile(r"""^(
    .*(cuda|xpu|ipu|mkldnn|sparse|quant|storage|complex|fft|cudnn|miopen|autocast|fbgemm|with_indices|_copy_?$(?<!index_copy)(?<!index_copy_)) .*
  | (q|is|set|get|init|has|rnn|lstm|gru|quantized|parse|merge|unify|import|native|fake|fused|choose|linalg|special|batch_norm|are|use|to|as|row|col|crow|ccol|resize|new|resolve|feature|segment|align|refine|symeig|unsafe|cudnn|clear|prepare|compiled|matrix|nuclear|frobenius|slice|select|diagonal|module|record|share|pin|from)_.+(?<!is_tensor)(?<!is_floating_point)(?<!is_grad_enabled)(?<!is_contiguous)(?<!is_leaf)
  | (real|imag|conj|angle|names|rename|polar|lu|qr|svd|eig|ger|geqrf|ormqr|orgqr|cholesky|lobpcg|lstsq|triangular|det|logdet|slogdet|pinverse|pca_lowrank|inverse|solve|chain_matmul|stft|istft|vander
    |bartlett_window|blackman_window|hamming_window|hann_window|kaiser_window|abs(olute)|clip|concat|row_stack|greater.*|less.*|not_equal|multiply|divide|subtract|true_divide|negative|positive|fix|arc.*|moveaxis|swap.*
    |hspmm|smm|sspaddmm|saddmm|dsmm|hsmm|spmm|dense_dim|int_repr|coalesce|indices|layout|fork|wait|script.*|vitals?.*|typename|classproperty|obj|type|output_nr|name|volatile|qscheme|retains_grad|reinforce|data_ptr|cpu|cfloat|cdouble|chalf|bfloat16|half|char|short
    |dequantize|dequantize_self|frombuffer|asarray|numpy|promote_types|result_type|can_cast|save|load|seed|initial_seed|conv_tbc|norm_except_dim|grid_sampler.*|affine_grid_generator|ctc_loss|embedding_.*|constant_pad_nd|alpha_dropout|dropout|embedding|layer_norm|group_norm|instance_norm|batch_norm|bilinear|binary_cross_entropy_with_logits|conv.*|cosine_.*|hardshrink|hinge.*|kl_div|margin.*|max_pool.*|avg_pool.*|adaptive_.*|pairwise_distance|pdist|pixel.*|channel_shuffle|poisson_nll_loss|prelu|rrelu|selu|candidate|read_vitals|gru|lstm|lu_.*|cholesky_.*|symeig|svd_lowrank|triangular_solve|view_as_real|isreal|conj_physical|new|resize|set|column_stack|concatenate|values|binomial|msort|range|celu|threshold|triplet.*|native_.*|log_softmax_.*|cudnn.*)_?
)$""", re.X)
keep = lambda n: OUT.match(n) is None
plain = lambda names: [n for n in names if keep(n)]

tensor = public(torch.Tensor, lambda v: callable(v) or inspect.isgetsetdescriptor(v) or isinstance(v, property))
names = {
    "torch": plain(n for n in public(torch, lambda v: inspect.isbuiltin(v) or inspect.isfunction(v)) if not n.endswith("_")),
    "torch.Tensor": plain(n for n in tensor if not n.endswith("_")),
    "torch.Tensor, in place": plain(n for n in tensor if n.endswith("_")),
    "torch.nn": [n for n in modules(torch.nn, torch.nn.Module) if "Lazy" not in n],
    "torch.nn.functional": [n for n in public(F, lambda v: inspect.isfunction(v) or inspect.isbuiltin(v)) if not n.endswith("_") and n in (F.__dict__.keys()) and (n not in dir(torch) or n in ("relu", "softmax", "log_softmax"))
                            and not n.startswith(("boolean", "handle", "has_torch", "assert", "adaptive_max_pool1d_with", "adaptive_max_pool2d_with", "adaptive_max_pool3d_with", "max_pool1d_with", "max_pool2d_with", "max_pool3d_with", "fractional_max_pool2d_with", "fractional_max_pool3d_with", "multi_head"))],
    "torch.optim": modules(torch.optim, torch.optim.Optimizer),
    "torch.optim.lr_scheduler": [n for n in modules(torch.optim.lr_scheduler, object) if n.endswith(("LR", "Plateau", "Restarts", "Scheduler"))],
    "torch.nn.init": [n for n in public(torch.nn.init, inspect.isfunction) if n.endswith("_") or n == "calculate_gain"],
    "torch.autograd": ["grad", "backward", "gradcheck", "gradgradcheck", "Function", "set_detect_anomaly", "functional.jacobian", "functional.hessian", "functional.vjp", "functional.jvp", "functional.vhp", "functional.hvp"],
}
path = pathlib.Path(__file__).parent / "fixtures" / "pytorch-names.json"
path.write_text(json.dumps({"torch": torch.__version__, "names": names}, indent=1) + "\n")
print({k: len(v) for k, v in names.items()})
