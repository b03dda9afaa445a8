"""One call as a sample: its arguments by name, its results, gradients and gradients of gradients."""
import numpy as np
import torch

from encode import LeftOut, flat, result


def weights(shape, k):
    """What result k is weighted by before everything is summed up: eighths, exact in every dtype."""
    i = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.int64)
    return torch.from_numpy((((i * 7 + k * 5 + 3) % 11 - 5) / 8).astype(np.float32)).reshape(tuple(shape))


def leaves(x, scale=1.0, dtype=None):
    """Fresh leaves with the same strides: samples share tensors, and hold results of operations."""
    if isinstance(x, torch.Tensor):
        if x.layout != torch.strided:
            raise LeftOut(f"a {str(x.layout)[6:]} tensor")
        y = x.detach()
        z = torch.empty_strided(y.size(), y.stride(), dtype=y.dtype) if 0 not in y.stride() else torch.empty(y.size(), dtype=y.dtype)
        z.copy_(y)
        if x.requires_grad and scale != 1.0:
            z *= scale
        if dtype is not None and z.dtype == torch.float32:
            z = z.to(dtype)
        return z.requires_grad_(x.requires_grad)
    if isinstance(x, tuple) and not hasattr(x, "_fields"):
        return tuple(leaves(y, scale, dtype) for y in x)
    if isinstance(x, list):
        return [leaves(y, scale, dtype) for y in x]
    if isinstance(x, dict):
        return {k: leaves(y, scale, dtype) for k, y in x.items()}
    return x


def tracked(x):
    """Tensors that require gradients, in order."""
    return [y for y in flat(x) if isinstance(y, torch.Tensor) and y.requires_grad]


def weighted(outputs):
    total = None
    for k, out in enumerate(outputs):
        if isinstance(out, torch.Tensor) and out.requires_grad and out.is_floating_point():
            part = (out * weights(out.shape, k).to(out.dtype)).sum()
            total = part if total is None else total + part
    return total


def derivatives(call, inputs, twice):
    """Results, and the gradients of their weighted sum, and of the weighted sum of those; None where there are none."""
    torch.manual_seed(0)
    outputs = flat(call())
    total = weighted(outputs)
    if total is None or not inputs:
        return outputs, None, None
    if twice:
        try:
            first = torch.autograd.grad(total, inputs, allow_unused=True, create_graph=True)
            again = weighted([g if g is not None else 0 for g in first])
            second = None if again is None else torch.autograd.grad(again, inputs, allow_unused=True)
            return outputs, first, second
        except (RuntimeError, NotImplementedError):
            torch.manual_seed(0)
            total = weighted(flat(call()))
    try:
        return outputs, torch.autograd.grad(total, inputs, allow_unused=True), None
    except (RuntimeError, NotImplementedError):
        return outputs, None, None


def measured(call, arguments, exact_call, exact_arguments, twice=True):
    """The part of a sample that PyTorch computed; what float32 loses is found with float64."""
    found = derivatives(call, tracked(arguments), twice)
    try:
        exact = derivatives(exact_call, tracked(exact_arguments), twice)
    except Exception:
        exact = (None, None, None)

    def encoded(values, others):
        if values is None:
            return None
        others = others if others is not None and len(others) == len(values) else [None] * len(values)
        return [None if v is None else result(v, o) for v, o in zip(values, others)]

    names = ("o", "g", "gg")
    return {name: part for name, part in zip(names, map(encoded, found, exact)) if part is not None}
