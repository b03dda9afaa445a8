"""A call of a module as a sample: constructor and forward by name, state before, buffers after."""
import copy
import inspect

import torch

from encode import tensor, value
from sample import leaves, measured

RECURRENT = ["input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional"]
# Of the constructor's arguments these say nothing about the module.
UNSAID = {"device", "dtype"}


def constructed(cls, args, kwargs):
    """Constructor arguments by PyTorch's names."""
    if issubclass(cls, torch.nn.RNNBase):
        named = {**dict(zip(RECURRENT, args)), **kwargs}
    else:
        named = inspect.signature(cls).bind(*args, **kwargs).arguments
        for name, parameter in inspect.signature(cls).parameters.items():
            if parameter.kind == parameter.VAR_KEYWORD:
                named.update(named.pop(name, {}))
    return {k: v for k, v in named.items() if k not in UNSAID}


def single(x):
    """What `float()` makes of a tensor that becomes a buffer."""
    return x.float() if isinstance(x, torch.Tensor) and x.is_floating_point() else x


def module_sample(cls, args, kwargs, inputs, *, forward=None, kind="", training=True, scale=1.0, prepare=None):
    """`forward` has arguments by name; gradients are taken by every floating-point input and parameter. `prepare` changes the module first."""
    torch.manual_seed(2)
    module = cls(*args, **kwargs).float().train(training)
    with torch.no_grad():
        for p in module.parameters():
            # Weights that are all ones or zeros would hide a mistake.
            if p.numel() and float(p.abs().max()) in (0.0, 1.0):
                p.copy_(torch.rand_like(p) + 0.5)
        if prepare is not None:
            prepare(module)
    named = inspect.signature(cls.forward).bind(None, *inputs, **(forward or {})).arguments
    named.pop("self", None)
    named = leaves(dict(named), scale)
    exact_module = copy.deepcopy(module).double()
    exact_named = leaves(named, 1.0, torch.float64)
    parameters = list(module.named_parameters())
    buffers = {k: tensor(v) for k, v in module.named_buffers()}
    made = {
        "k": kind,
        "c": {k: value(single(v)) for k, v in constructed(cls, args, kwargs).items()},
        "training": training,
        "a": {k: value(v, []) for k, v in named.items()},
        "p": {**{k: tensor(p) for k, p in parameters}, **buffers},
        "n": [k for k, _ in parameters],
    }
    made.update(measured(lambda: module(**named), (named, list(module.parameters())), lambda: exact_module(**exact_named), (exact_named, list(exact_module.parameters())), twice=False))
    made["after"] = {k: tensor(v) for k, v in module.named_buffers()}
    return made
