"""Calls of torch.nn.functional with options off their defaults: what PyTorch's operator data leave out.

A row is the name of a function and its arguments by name; `x(*shape)` is a tensor that gradients are taken by. Sizes differ from
axis to axis, so that a mistaken axis shows.
"""
import itertools
import math

import torch
import torch.nn.functional as F


def x(*shape, low=-3.0, high=3.0):
    return (torch.rand(shape) * (high - low) + low).requires_grad_()


def given(*shape, low=-3.0, high=3.0):
    """A tensor that no gradients are taken by."""
    return x(*shape, low=low, high=high).detach()


def integers(*shape, high):
    return torch.randint(0, high, shape)


def signs(*shape):
    return (integers(*shape, high=2) * 2 - 1).float()


def without_last(mask):
    """True where a key is left out."""
    mask[..., -1] = True
    return mask


# ---- Functions that PyTorch 1.13 lacks, in its primitives


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Source: https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html"""
    dims = tuple(range(-len(normalized_shape), 0))
    eps = torch.finfo(input.dtype).eps if eps is None else eps
    y = input * torch.rsqrt(input.pow(2).mean(dims, keepdim=True) + eps)
    return y if weight is None else y * weight


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    """Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html"""
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:]).tril() == 0, -math.inf)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    weights = scores.softmax(-1)
    return F.dropout(weights, dropout_p) @ value


def multi_head_attention_forward(query, key, value, is_causal=False, **options):
    """With the mask of `is_causal`, which later versions take as a hint."""
    if is_causal:
        options["attn_mask"] = torch.ones(query.shape[0], key.shape[0]).triu(1) == 1
    names = ["embed_dim_to_check", "num_heads", "in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "add_zero_attn", "dropout_p", "out_proj_weight", "out_proj_bias"]
    defaults = {"embed_dim_to_check": query.shape[-1], "add_zero_attn": False, "dropout_p": 0.0}
    places = [options.pop(name, defaults.get(name)) for name in names]
    return F.multi_head_attention_forward(query, key, value, *places, **options)


def embedding(weight, idx, padding_idx=None):
    """With the names that PyTorch's operator data have."""
    return F.embedding(idx, weight, padding_idx)


OWN = {f.__name__: f for f in (rms_norm, scaled_dot_product_attention, multi_head_attention_forward, embedding)}


def call_of(name):
    return OWN.get(name) or getattr(F, name)


# ---- Rows


def activations():
    for name in ["relu", "sigmoid", "tanh", "relu6", "selu", "silu", "mish", "softsign", "hardsigmoid", "hardswish", "logsigmoid", "tanhshrink"]:
        yield name, dict(input=x(3, 5, low=-8, high=8))
    yield "hardtanh", dict(input=x(3, 5), min_val=-0.5, max_val=2.0)
    yield "threshold", dict(input=x(3, 5), threshold=0.5, value=-4.0)
    yield "leaky_relu", dict(input=x(3, 5), negative_slope=0.2)
    yield "elu", dict(input=x(3, 5), alpha=0.4)
    yield "celu", dict(input=x(3, 5), alpha=0.4)
    for approximate in ["none", "tanh"]:
        yield "gelu", dict(input=x(3, 5), approximate=approximate)
    yield "softplus", dict(input=x(3, 5), beta=2.0, threshold=3.0)
    yield "softshrink", dict(input=x(3, 5), lambd=1.0)
    yield "hardshrink", dict(input=x(3, 5), lambd=1.0)
    for dim in [0, 1, -1]:
        yield "glu", dict(input=x(4, 6, 2), dim=dim)
    yield "prelu", dict(input=x(2, 3, 4), weight=x(3))
    for name in ["softmax", "log_softmax", "softmin"]:
        for dim in [0, 1]:
            yield name, dict(input=x(2, 3, 4), dim=dim)
        yield name, dict(input=x(2, 3), dim=1, dtype=torch.float64)


SIZES = [(7,), (7, 6), (5, 6, 4)]
"""Space of one, two and three axes."""


def image(n, axes, channels=2):
    return x(n, channels, *SIZES[axes - 1])


def per_axis(axes, *sizes):
    return sizes[0] if axes == 1 else sizes[:axes]


def uneven(axes):
    """Windows that do not fit: in mode `ceil` there is one more, which ends beyond the padding."""
    return dict(kernel_size=per_axis(axes, 4, 3, 2), stride=per_axis(axes, 3, 2, 3), padding=per_axis(axes, 1, 0, 0))


def pools():
    for axes in [1, 2, 3]:
        for indices in [False, True]:
            flag = {"return_indices": True} if indices else {}
            yield f"max_pool{axes}d", dict(input=image(1, axes), kernel_size=per_axis(axes, 3, 2, 2), **flag)
            yield f"max_pool{axes}d", dict(input=image(2, axes), **uneven(axes), ceil_mode=True, **flag)
            yield f"max_pool{axes}d", dict(input=image(1, axes)[0].detach().requires_grad_(), kernel_size=per_axis(axes, 2, 3, 2), stride=1, dilation=per_axis(axes, 2, 1, 2), **flag)
            yield f"adaptive_max_pool{axes}d", dict(input=image(1, axes), output_size=per_axis(axes, 3, 4, 2), **flag)
            yield f"adaptive_max_pool{axes}d", dict(input=image(1, axes), output_size=5 if axes == 1 else (None, 5, 3)[:axes], **flag)
        yield f"avg_pool{axes}d", dict(input=image(1, axes), kernel_size=per_axis(axes, 3, 2, 2))
        for ceil, count in itertools.product([False, True], [False, True]):
            yield f"avg_pool{axes}d", dict(input=image(1, axes), **uneven(axes), ceil_mode=ceil, count_include_pad=count)
        if axes > 1:
            yield f"avg_pool{axes}d", dict(input=image(1, axes), kernel_size=2, stride=per_axis(axes, 2, 3, 1), padding=1, divisor_override=5)
        yield f"adaptive_avg_pool{axes}d", dict(input=image(1, axes), output_size=per_axis(axes, 3, 4, 2))
        yield f"adaptive_avg_pool{axes}d", dict(input=image(1, axes), output_size=5 if axes == 1 else (None, 5, 3)[:axes])


def convolutions():
    for axes in [1, 2, 3]:
        k = (3, 2, 2)[:axes]
        for options in [
            dict(stride=per_axis(axes, 2, 1, 3), padding=per_axis(axes, 1, 2, 0)),
            dict(dilation=per_axis(axes, 2, 3, 1), groups=2),
            dict(padding="same", dilation=per_axis(axes, 3, 1, 1)),
            dict(padding="valid"),
        ]:
            groups = options.get("groups", 1)
            # An even window has an odd margin, whose larger half is at the end.
            window = (2, 3, 2)[:axes] if options.get("padding") == "same" else k
            yield f"conv{axes}d", dict(input=image(1, axes), weight=x(4, 2 // groups, *window), bias=x(4), **options)
        for options in [
            dict(stride=per_axis(axes, 2, 3, 2), padding=per_axis(axes, 1, 0, 1), output_padding=per_axis(axes, 1, 2, 0)),
            dict(stride=per_axis(axes, 1, 2, 3), groups=2, dilation=per_axis(axes, 2, 1, 2)),
            {},
        ]:
            groups = options.get("groups", 1)
            small = x(1, 2, *(3, 2, 2)[:axes])
            yield f"conv_transpose{axes}d", dict(input=small, weight=x(2, 4 // groups, *k), bias=x(4), **options)


def patches():
    yield "unfold", dict(input=x(1, 2, 5, 6), kernel_size=(2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))
    yield "unfold", dict(input=x(2, 4, 5), kernel_size=2)
    yield "fold", dict(input=x(1, 12, 10), output_size=(5, 4), kernel_size=(2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 1))
    yield "fold", dict(input=x(1, 8, 6), output_size=(6, 5), kernel_size=2, stride=(2, 3), padding=(0, 0))
    yield "fold", dict(input=x(1, 6, 12), output_size=(5, 6), kernel_size=(2, 3), padding=(0, 1), stride=(2, 1))
    yield "pixel_shuffle", dict(input=x(2, 12, 2, 3), upscale_factor=2)
    yield "pixel_unshuffle", dict(input=x(2, 2, 4, 6), downscale_factor=2)
    for mode in ["reflect", "replicate", "circular"]:
        yield "pad", dict(input=x(1, 2, 5), pad=(1, 3), mode=mode)
        yield "pad", dict(input=x(1, 2, 4, 5), pad=(1, 2, 3, 0), mode=mode)
        yield "pad", dict(input=x(1, 1, 3, 4, 3), pad=(1, 2, 0, 3, 2, 1), mode=mode)
    yield "pad", dict(input=x(2, 3, 4), pad=(1, -1, 0, 2), value=1.5)


def resizing():
    for mode, axes in [("nearest", 1), ("nearest", 2), ("nearest", 3), ("nearest-exact", 1), ("nearest-exact", 2), ("nearest-exact", 3), ("area", 1), ("area", 2), ("area", 3), ("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3)]:
        for align in [None, True] if mode.endswith("linear") or mode == "bicubic" else [None]:
            corners = {} if align is None else {"align_corners": align}
            made = lambda: x(1, 2, *(5, 4, 3)[:axes])
            yield "interpolate", dict(input=made(), size=per_axis(axes, 8, 3, 5), mode=mode, **corners)
            yield "interpolate", dict(input=made(), scale_factor=per_axis(axes, 1.7, 0.8, 1.4), mode=mode, **corners)
            yield "interpolate", dict(input=made(), scale_factor=per_axis(axes, 1.7, 0.8, 1.4), mode=mode, recompute_scale_factor=True, **corners)
    yield "interpolate", dict(input=x(1, 2, 3, 4), scale_factor=2.5, mode="bicubic")


REDUCTIONS = ["mean", "sum", "none"]


def divergence(reduction, log_target):
    target = given(3, 4).softmax(1)
    return "kl_div", dict(input=x(3, 4).log_softmax(1).detach().requires_grad_(), target=target.log() if log_target else target, log_target=log_target, reduction=reduction)


def losses():
    yield divergence("batchmean", False)
    for reduction in REDUCTIONS:
        r = {"reduction": reduction}
        for name in ["mse_loss", "l1_loss", "soft_margin_loss"]:
            target = signs(3, 4) if name == "soft_margin_loss" else x(3, 4)
            yield name, dict(input=x(3, 4), target=target, **r)
        yield "smooth_l1_loss", dict(input=x(3, 4), target=x(3, 4), beta=1.7, **r)
        yield "huber_loss", dict(input=x(3, 4), target=x(3, 4), delta=1.7, **r)
        for log_input, full in itertools.product([True, False], [True, False]):
            low = -2 if log_input else 0
            yield "poisson_nll_loss", dict(input=x(3, 4, low=low, high=2), target=given(3, 4, low=0, high=5), log_input=log_input, full=full, eps=0.1, **r)
        yield "gaussian_nll_loss", dict(input=x(3, 4), target=x(3, 4), var=x(3, 4, low=0.01, high=2), full=True, eps=0.2, **r)
        yield "gaussian_nll_loss", dict(input=x(3, 4), target=x(3, 4), var=x(3, 1, low=0.1, high=2), **r)
        yield "hinge_embedding_loss", dict(input=x(3, 4), target=signs(3, 4), margin=-0.4, **r)
        yield "margin_ranking_loss", dict(input1=x(6), input2=x(6), target=signs(6), margin=0.7, **r)
        yield "cosine_embedding_loss", dict(input1=x(6, 3), input2=x(6, 3), target=signs(6), margin=0.2, **r)
        for swap in [False, True]:
            yield "triplet_margin_loss", dict(anchor=x(6, 3), positive=x(6, 3), negative=x(6, 3), margin=2.5, p=3.0, eps=0.1, swap=swap, **r)
        for log_target in [False, True]:
            yield divergence(reduction, log_target)
        yield "binary_cross_entropy", dict(input=x(3, 4, low=0.05, high=0.95), target=given(3, 4, low=0, high=1), weight=given(3, 4, low=0, high=2), **r)
        yield "binary_cross_entropy_with_logits", dict(input=x(3, 4), target=given(3, 4, low=0, high=1), weight=given(3, 1, low=0, high=2), pos_weight=given(4, low=0.5, high=3), **r)
        yield "multilabel_soft_margin_loss", dict(input=x(3, 4), target=integers(3, 4, high=2).float(), weight=given(4, low=0, high=2), **r)
        yield "multi_margin_loss", dict(input=x(5, 4), target=integers(5, high=4), p=2, margin=1.4, weight=given(4, low=0.1, high=2), **r)
        yield "nll_loss", dict(input=x(7, 4), target=integers(7, high=4), weight=given(4, low=0.1, high=2), ignore_index=2, **r)
        yield "nll_loss", dict(input=x(2, 3, 2, 2), target=integers(2, 2, 2, high=3), weight=given(3, low=0.1, high=2), ignore_index=1, **r)
        yield "cross_entropy", dict(input=x(7, 4), target=integers(7, high=4), weight=given(4, low=0.1, high=2), ignore_index=2, label_smoothing=0.3, **r)
        yield "cross_entropy", dict(input=x(7, 4), target=integers(7, high=4), weight=given(4, low=0.1, high=2), **r)
        yield "cross_entropy", dict(input=x(2, 3, 4), target=integers(2, 4, high=3), label_smoothing=0.2, ignore_index=1, **r)
        yield "cross_entropy", dict(input=x(3, 4), target=x(3, 4).softmax(1).detach().requires_grad_(), weight=given(4, low=0.1, high=2), label_smoothing=0.3, **r)


def distances():
    for p, dim in [(2.0, 0), (1.0, 1), (3.0, -1), (math.inf, 1)]:
        yield "normalize", dict(input=x(3, 4, 2), p=p, dim=dim, eps=1e-3)
    yield "normalize", dict(input=x(3, 4, low=-0.01, high=0.01), eps=0.5)
    yield "cosine_similarity", dict(x1=x(3, 4, 2), x2=x(3, 4, 2), dim=0)
    yield "cosine_similarity", dict(x1=x(2, 4, low=-0.1, high=0.1), x2=x(2, 4, low=-0.1, high=0.1), dim=-1, eps=0.5)
    for p, keepdim in [(1.0, True), (3.0, False)]:
        yield "pairwise_distance", dict(x1=x(3, 4), x2=x(3, 4), p=p, eps=0.1, keepdim=keepdim)


def products():
    yield "linear", dict(input=x(2, 3, 4), weight=x(5, 4), bias=x(5))
    yield "linear", dict(input=x(4), weight=x(5, 4))
    yield "bilinear", dict(input1=x(3, 2), input2=x(3, 4), weight=x(5, 2, 4), bias=x(5))
    yield "bilinear", dict(input1=x(2, 3, 2), input2=x(2, 3, 4), weight=x(2, 2, 4))
    for padding in [{}, {"padding_idx": 2}, {"padding_idx": -1}]:
        yield "embedding", dict(weight=x(5, 3), idx=torch.tensor([[0, 2, 4], [2, 1, 4]]), **padding)
    yield "one_hot", dict(input=integers(2, 3, high=4), num_classes=5)


def normalization():
    yield "layer_norm", dict(input=x(2, 3, 4), normalized_shape=(3, 4), weight=x(3, 4), bias=x(3, 4), eps=0.3)
    yield "layer_norm", dict(input=x(2, 3, 4), normalized_shape=(4,), bias=x(4))
    yield "rms_norm", dict(input=x(2, 3, 4), normalized_shape=(3, 4), weight=x(3, 4), eps=0.3)
    yield "rms_norm", dict(input=x(2, 3, low=-1e-3, high=1e-3), normalized_shape=(3,))
    yield "group_norm", dict(input=x(2, 6, 3), num_groups=3, weight=x(6), bias=x(6), eps=0.3)
    state = lambda: dict(running_mean=given(3), running_var=given(3, low=0.5, high=2))
    for training in [False, True]:
        yield "batch_norm", dict(input=x(2, 3, 4), **state(), weight=x(3), bias=x(3), training=training, momentum=0.3, eps=0.2)
    yield "batch_norm", dict(input=x(4, 3), running_mean=None, running_var=None, training=True)
    for use in [True, False]:
        yield "instance_norm", dict(input=x(2, 3, 4), **state(), weight=x(3), bias=x(3), use_input_stats=use, momentum=0.3, eps=0.2)
    yield "instance_norm", dict(input=x(2, 3, 2, 2))


def dropouts():
    """The numbers of PyTorch's generator, from seed 0."""
    for p in [0.3, 0.5, 1.0]:
        yield "dropout", dict(input=x(3, 7), p=p)
        yield "alpha_dropout", dict(input=x(3, 7), p=p, training=True)
        yield "dropout1d", dict(input=x(3, 4, 2), p=p)
        yield "dropout2d", dict(input=x(3, 4, 1, 2), p=p)
        yield "dropout3d", dict(input=x(3, 4, 1, 2, 1), p=p)
    yield "dropout1d", dict(input=x(6, 2), p=0.4)
    yield "dropout3d", dict(input=x(6, 1, 2, 2), p=0.4)
    for name, rank in [("dropout", 2), ("alpha_dropout", 2), ("dropout1d", 3), ("dropout2d", 4), ("dropout3d", 5)]:
        yield name, dict(input=x(*(2, 3, 1, 2, 1)[:rank]), training=False)


def attention():
    name = "scaled_dot_product_attention"
    q, k, v = lambda: x(2, 3, 4), lambda: x(2, 5, 4), lambda: x(2, 5, 2)
    yield name, dict(query=q(), key=k(), value=v())
    yield name, dict(query=q(), key=k(), value=v(), attn_mask=given(3, 5) > -1)
    yield name, dict(query=q(), key=k(), value=v(), attn_mask=given(3, 5), scale=0.9)
    yield name, dict(query=q(), key=k(), value=v(), is_causal=True)
    yield name, dict(query=q(), key=k(), value=v(), dropout_p=0.4)
    yield name, dict(query=q(), key=k(), value=v(), dropout_p=0.4, is_causal=True)
    name = "multi_head_attention_forward"
    apart = lambda: dict(query=x(3, 2, 4), key=x(5, 2, 4), value=x(5, 2, 4))
    whole = lambda: dict(num_heads=2, in_proj_weight=x(12, 4), in_proj_bias=x(12), out_proj_weight=x(4, 4), out_proj_bias=x(4))
    yield name, dict(**apart(), **whole())
    yield name, dict(**apart(), **whole(), bias_k=x(1, 1, 4), bias_v=x(1, 1, 4), add_zero_attn=True, key_padding_mask=without_last(torch.zeros(2, 5) == 1), attn_mask=given(3, 5) > 1.5)
    yield name, dict(**apart(), **whole(), attn_mask=given(4, 3, 5), average_attn_weights=False, key_padding_mask=without_last(torch.zeros(2, 5) == 1))
    yield name, dict(**apart(), **whole(), is_causal=True)
    for training, need in [(True, True), (True, False), (False, True)]:
        yield name, dict(**apart(), **whole(), dropout_p=0.4, training=training, need_weights=need)
    weights = dict(q_proj_weight=x(4, 4), k_proj_weight=x(4, 3), v_proj_weight=x(4, 2))
    yield name, dict(query=x(3, 2, 4), key=x(5, 2, 3), value=x(5, 2, 2), num_heads=2, in_proj_weight=None, in_proj_bias=x(12), out_proj_weight=x(4, 4), use_separate_proj_weight=True, **weights)


SOURCES = (activations, pools, convolutions, patches, resizing, losses, distances, products, normalization, dropouts, attention)
