"""Modules with options off their defaults: what PyTorch's module data leave out.

A row is a class, the arguments of its constructor by name, the inputs of its forward, and more: `forward` by name, `training`.
"""
import itertools

import torch
from torch import nn

from function_rows import dropouts, given, image, losses, per_axis, resizing, rms_norm, uneven, without_last, x

# ---- Modules that PyTorch 1.13 lacks, or that lack an option there


class RMSNorm(nn.Module):
    def __init__(self, normalized_shape, eps=None, elementwise_affine=True):
        super().__init__()
        self.shape, self.eps = normalized_shape, eps
        self.register_parameter("weight", nn.Parameter(torch.ones(normalized_shape)) if elementwise_affine else None)

    def forward(self, input):
        return rms_norm(input, self.shape, self.weight, self.eps)


def without_bias(module):
    for part in module.modules():
        for name in ("bias", "in_proj_bias"):
            if name in part._parameters:
                part._parameters[name] = None


class LayerNorm(nn.LayerNorm):
    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True):
        super().__init__(normalized_shape, eps, elementwise_affine)
        if not bias:
            without_bias(self)


def causal(length, source):
    return torch.ones(length, source).triu(1) == 1


class MultiheadAttention(nn.MultiheadAttention):
    """With the mask of `is_causal`, which later versions take as a hint."""

    def forward(self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False):
        if is_causal:
            axis = 1 if self.batch_first and query.dim() == 3 else 0
            attn_mask = causal(query.shape[axis], key.shape[axis])
        return super().forward(query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights)


class TransformerEncoderLayer(nn.TransformerEncoderLayer):
    def __init__(self, d_model, nhead, dim_feedforward=2048, dropout=0.1, activation="relu", layer_norm_eps=1e-5, batch_first=False, norm_first=False, bias=True):
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
        if not bias:
            without_bias(self)

    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal=False):
        if is_causal:
            length = src.shape[1 if self.self_attn.batch_first else 0]
            src_mask = causal(length, length)
        return super().forward(src, src_mask, src_key_padding_mask)


class TransformerEncoder(nn.TransformerEncoder):
    """The layer is a list of d_model, nhead, dim_feedforward and dropout, the norm the features of a LayerNorm."""

    def __init__(self, encoder_layer, num_layers, norm=None):
        layer = nn.TransformerEncoderLayer(*encoder_layer)
        super().__init__(layer, num_layers, None if norm is None else nn.LayerNorm(norm))

    def forward(self, src, mask=None, src_key_padding_mask=None, is_causal=False):
        mask = causal(src.shape[0], src.shape[0]) if is_causal else mask
        return super().forward(src, mask, src_key_padding_mask)


# ---- Rows: a module that holds the options of a function has rows like those of the function

LOSSES = {
    "mse_loss": nn.MSELoss, "l1_loss": nn.L1Loss, "smooth_l1_loss": nn.SmoothL1Loss, "huber_loss": nn.HuberLoss, "soft_margin_loss": nn.SoftMarginLoss,
    "poisson_nll_loss": nn.PoissonNLLLoss, "gaussian_nll_loss": nn.GaussianNLLLoss, "hinge_embedding_loss": nn.HingeEmbeddingLoss,
    "margin_ranking_loss": nn.MarginRankingLoss, "cosine_embedding_loss": nn.CosineEmbeddingLoss, "triplet_margin_loss": nn.TripletMarginLoss,
    "kl_div": nn.KLDivLoss, "binary_cross_entropy": nn.BCELoss, "binary_cross_entropy_with_logits": nn.BCEWithLogitsLoss,
    "multilabel_soft_margin_loss": nn.MultiLabelSoftMarginLoss, "multi_margin_loss": nn.MultiMarginLoss, "nll_loss": nn.NLLLoss, "cross_entropy": nn.CrossEntropyLoss,
}
OPERANDS = {"input", "target", "var", "input1", "input2", "anchor", "positive", "negative", "x1", "x2"}
DROPOUTS = {"dropout": nn.Dropout, "alpha_dropout": nn.AlphaDropout, "dropout1d": nn.Dropout1d, "dropout2d": nn.Dropout2d, "dropout3d": nn.Dropout3d}


def parted(named):
    """Options, and operands in their places."""
    return {k: v for k, v in named.items() if k not in OPERANDS}, tuple(v for k, v in named.items() if k in OPERANDS)


def of_functions():
    for name, named in losses():
        options, operands = parted(named)
        yield LOSSES[name], options, operands, {}
    for name, named in dropouts():
        training = named.pop("training", True)
        options, operands = parted(named)
        yield DROPOUTS[name], options, operands, {"training": training}
    for _, named in resizing():
        options, operands = parted(named)
        yield nn.Upsample, options, operands, {}


def activations():
    for cls in [nn.ReLU, nn.Sigmoid, nn.Tanh, nn.ReLU6, nn.SELU, nn.SiLU, nn.Mish, nn.Softsign, nn.Hardsigmoid, nn.Hardswish, nn.LogSigmoid, nn.Tanhshrink, nn.Identity]:
        yield cls, {}, (x(3, 5, low=-8, high=8),), {}
    for cls, options in [
        (nn.LeakyReLU, dict(negative_slope=0.2)), (nn.ELU, dict(alpha=0.4)), (nn.CELU, dict(alpha=0.4)), (nn.GELU, {}), (nn.GELU, dict(approximate="tanh")),
        (nn.Softplus, dict(beta=2.0, threshold=3.0)), (nn.Hardtanh, dict(min_val=-0.5, max_val=2.0)), (nn.Softshrink, dict(lambd=1.0)),
        (nn.Hardshrink, dict(lambd=1.0)), (nn.Threshold, dict(threshold=0.5, value=-4.0)), (nn.PReLU, dict(init=0.6)),
    ]:
        yield cls, options, (x(3, 5),), {}
    yield nn.PReLU, dict(num_parameters=3), (x(2, 3, 4),), {}
    for dim in [0, 1, -1]:
        yield nn.GLU, dict(dim=dim), (x(4, 6, 2),), {}
        for cls in [nn.Softmax, nn.LogSoftmax, nn.Softmin]:
            yield cls, dict(dim=dim), (x(2, 3, 4),), {}
    yield nn.Softmax2d, {}, (x(1, 3, 2, 2),), {}
    yield nn.Softmax2d, {}, (x(3, 2, 2),), {}


def windows():
    for axes in [1, 2, 3]:
        of = lambda name: getattr(nn, f"{name}{axes}d")
        k = per_axis(axes, 3, 2, 3)
        some = dict(uneven(axes), ceil_mode=True)
        yield of("MaxPool"), dict(kernel_size=k), (image(1, axes),), {}
        yield of("MaxPool"), some, (image(1, axes),), {}
        yield of("MaxPool"), dict(kernel_size=2, stride=1, dilation=per_axis(axes, 2, 1, 2)), (image(1, axes),), {}
        yield of("AvgPool"), dict(kernel_size=k), (image(1, axes),), {}
        yield of("AvgPool"), dict(some, count_include_pad=False), (image(1, axes),), {}
        if axes > 1:
            yield of("AvgPool"), dict(kernel_size=2, divisor_override=5), (image(1, axes),), {}
        for name in ["AdaptiveAvgPool", "AdaptiveMaxPool"]:
            yield of(name), dict(output_size=per_axis(axes, 3, 4, 2)), (image(1, axes),), {}
        for options in [
            dict(stride=per_axis(axes, 2, 1, 3), padding=per_axis(axes, 1, 2, 0)), dict(dilation=per_axis(axes, 2, 3, 1), groups=2), dict(bias=False, padding="same", kernel_size=per_axis(axes, 2, 3, 2)), dict(padding="valid"),
            *(dict(padding=per_axis(axes, 1, 3, 2), padding_mode=mode) for mode in ["reflect", "replicate", "circular"]),
            dict(stride=per_axis(axes, 2, 1, 2), padding=per_axis(axes, 1, 2, 0), dilation=per_axis(axes, 1, 2, 2), groups=2, padding_mode="reflect"),
            dict(padding="same", padding_mode="circular", kernel_size=per_axis(axes, 2, 3, 2)),
        ]:
            yield of("Conv"), dict(dict(in_channels=2, out_channels=2, kernel_size=per_axis(axes, 3, 2, 2)), **options), (image(1, axes),), {}
        for options in [
            dict(stride=per_axis(axes, 2, 3, 2), padding=per_axis(axes, 1, 0, 1), output_padding=per_axis(axes, 1, 2, 0)),
            dict(stride=per_axis(axes, 1, 2, 3), groups=2, dilation=per_axis(axes, 2, 1, 2), bias=False),
        ]:
            yield of("ConvTranspose"), dict(in_channels=2, out_channels=4, kernel_size=per_axis(axes, 3, 2, 2), **options), (x(1, 2, *(3, 2, 2)[:axes]),), {}


def shapes():
    yield nn.Flatten, {}, (x(2, 3, 2),), {}
    yield nn.Flatten, dict(start_dim=0, end_dim=1), (x(2, 3, 2),), {}
    yield nn.Flatten, dict(start_dim=2, end_dim=-2), (x(2, 3, 2, 2, 1),), {}
    yield nn.Unflatten, dict(dim=1, unflattened_size=(2, 3)), (x(2, 6, 2),), {}
    yield nn.Unflatten, dict(dim=-1, unflattened_size=(2, -1)), (x(2, 6),), {}
    yield nn.PixelShuffle, dict(upscale_factor=2), (x(1, 8, 2, 3),), {}
    yield nn.PixelUnshuffle, dict(downscale_factor=2), (x(1, 2, 4, 6),), {}


def products():
    yield nn.Linear, dict(in_features=4, out_features=3), (x(2, 4),), {}
    yield nn.Linear, dict(in_features=4, out_features=3, bias=False), (x(2, 2, 4),), {}
    for bias in [True, False]:
        yield nn.Bilinear, dict(in1_features=2, in2_features=4, out_features=3, bias=bias), (x(3, 2), x(3, 4)), {}
    for padding in [{}, {"padding_idx": 2}, {"padding_idx": -1}]:
        yield nn.Embedding, dict(num_embeddings=5, embedding_dim=3, **padding), (torch.tensor([[0, 2, 4], [2, 1, 4]]),), {}
    yield nn.CosineSimilarity, dict(dim=0), (x(3, 4), x(3, 4)), {}
    yield nn.CosineSimilarity, dict(dim=-1, eps=0.5), (x(2, 4, low=-0.1, high=0.1), x(2, 4, low=-0.1, high=0.1)), {}
    for p, keepdim in [(1.0, True), (3.0, False)]:
        yield nn.PairwiseDistance, dict(p=p, eps=0.1, keepdim=keepdim), (x(3, 4), x(3, 4)), {}


def norms():
    yield LayerNorm, dict(normalized_shape=(3, 4), eps=0.3), (x(2, 3, 4),), {}
    yield LayerNorm, dict(normalized_shape=4, elementwise_affine=False), (x(2, 3, 4),), {}
    yield LayerNorm, dict(normalized_shape=4, bias=False), (x(2, 3, 4),), {}
    yield RMSNorm, dict(normalized_shape=(3, 4), eps=0.3), (x(2, 3, 4),), {}
    yield RMSNorm, dict(normalized_shape=(4,), elementwise_affine=False), (x(2, 3, 4, low=-1e-3, high=1e-3),), {}
    for affine in [True, False]:
        yield nn.GroupNorm, dict(num_groups=2, num_channels=6, eps=0.3, affine=affine), (x(2, 6, 3),), {}
    for axes, training in itertools.product([1, 2, 3], [True, False]):
        space = (3, 2, 2)[:axes]
        for options in [{}, dict(momentum=0.3, eps=0.2), dict(momentum=None), dict(affine=False), dict(track_running_stats=False)]:
            yield getattr(nn, f"BatchNorm{axes}d"), dict(num_features=3, **options), (x(2, 3, *space),), {"training": training}
        for options in [{}, dict(affine=True, eps=0.2), dict(track_running_stats=True, momentum=0.3), dict(affine=True, track_running_stats=True)]:
            yield getattr(nn, f"InstanceNorm{axes}d"), dict(num_features=3, **options), (x(2, 3, *space),), {"training": training}


def attention():
    apart = lambda: (x(3, 2, 4), x(5, 2, 4), x(5, 2, 4))
    masks = lambda: dict(key_padding_mask=without_last(torch.zeros(2, 5) == 1), attn_mask=given(3, 5) > 1.5)
    made = dict(embed_dim=4, num_heads=2)
    for options, inputs, more in [
        ({}, apart(), {}),
        (dict(add_bias_kv=True, add_zero_attn=True), apart(), {"forward": masks()}),
        (dict(add_bias_kv=True), apart(), {}),
        (dict(bias=False, kdim=3, vdim=2), (x(3, 2, 4), x(5, 2, 3), x(5, 2, 2)), {"forward": dict(average_attn_weights=False)}),
        (dict(batch_first=True), (x(2, 3, 4), x(2, 5, 4), x(2, 5, 4)), {"forward": masks()}),
        (dict(batch_first=True), (x(2, 3, 4), x(2, 3, 4), x(2, 3, 4)), {"forward": dict(is_causal=True, need_weights=False)}),
        ({}, (x(3, 4), x(5, 4), x(5, 4)), {"forward": dict(attn_mask=given(3, 5))}),
        ({}, apart(), {"forward": dict(attn_mask=given(4, 3, 5), need_weights=False)}),
        ({}, apart(), {"forward": dict(key_padding_mask=given(2, 5))}),
        (dict(dropout=0.4), apart(), {}),
        (dict(dropout=0.4), apart(), {"forward": dict(need_weights=False)}),
        (dict(dropout=0.4), apart(), {"training": False}),
    ]:
        yield MultiheadAttention, dict(made, **options), inputs, more
    made = dict(d_model=4, nhead=2, dim_feedforward=6)
    src = lambda: x(3, 2, 4)
    padding = lambda: without_last(torch.zeros(2, 3) == 1)
    for options, more in [
        (dict(dropout=0.0), {}),
        (dict(dropout=0.3), {}),
        (dict(dropout=0.3), {"training": False}),
        (dict(dropout=0.3, norm_first=True, activation="gelu"), {"forward": dict(src_mask=causal(3, 3))}),
        (dict(dropout=0.0, layer_norm_eps=0.3), {"forward": dict(src_key_padding_mask=padding())}),
        (dict(dropout=0.0, bias=False), {"forward": dict(is_causal=True)}),
    ]:
        yield TransformerEncoderLayer, dict(made, **options), (src(),), more
    yield TransformerEncoderLayer, dict(made, dropout=0.0, batch_first=True), (x(2, 3, 4),), {"forward": dict(src_key_padding_mask=padding())}
    for options, more in [
        (dict(encoder_layer=[4, 2, 6, 0.0], num_layers=2), {"forward": dict(mask=given(3, 3))}),
        (dict(encoder_layer=[4, 2, 6, 0.0], num_layers=1, norm=4), {"forward": dict(src_key_padding_mask=padding())}),
        (dict(encoder_layer=[4, 2, 6, 0.3], num_layers=2, norm=4), {"forward": dict(is_causal=True)}),
    ]:
        yield TransformerEncoder, options, (src(),), more


def recurrent():
    for cls in [nn.RNN, nn.LSTM, nn.GRU]:
        states = lambda *shape: (x(*shape), x(*shape)) if cls is nn.LSTM else x(*shape)
        made = dict(input_size=3, hidden_size=2)
        for options, inputs, more in [
            ({}, (x(4, 2, 3),), {}),
            ({}, (x(4, 3), states(1, 2)), {}),
            (dict(num_layers=2, bidirectional=True), (x(3, 2, 3), states(4, 2, 2)), {}),
            (dict(batch_first=True, bias=False), (x(2, 4, 3), states(1, 2, 2)), {}),
            (dict(num_layers=3, dropout=0.4), (x(3, 2, 3),), {}),
            (dict(num_layers=2, dropout=0.4, batch_first=True, bidirectional=True), (x(2, 3, 3),), {}),
            (dict(num_layers=2, dropout=0.4), (x(3, 2, 3),), {"training": False}),
            *([(dict(nonlinearity="relu", num_layers=2), (x(3, 2, 3),), {})] if cls is nn.RNN else []),
        ]:
            yield cls, dict(made, **options), inputs, more


SOURCES = (of_functions, activations, windows, shapes, products, norms, attention, recurrent)
