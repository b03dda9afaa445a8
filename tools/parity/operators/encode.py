"""What samples are made of, as JSON: tensors, numbers that JSON lacks, slices, dtypes.

A tensor is {"t": dtype, "s": shape, "d": elements}: base64 of little-endian floats, a list of integers. "n": 1 says that it was
not contiguous, "g": 1 that gradients are taken by it. Results have "e" where float32 loses more than ROUNDING: how far
PyTorch's own float32 is from its float64, by element; infinity where only the float32 overflows on the way.
"""
import base64
import math

import numpy as np
import torch

# int64 is int32 here; what does not fit is left out.
DTYPES = {torch.float32: "float32", torch.float64: "float64", torch.int64: "int64", torch.int32: "int32", torch.uint8: "uint8", torch.bool: "bool"}
MOST = 800
ROUNDING = 5e-6


class LeftOut(Exception):
    """Why a sample is not taken."""


def array(x):
    """The elements in row-major order."""
    if x._is_zerotensor():
        x = torch.zeros(x.shape, dtype=x.dtype)
    return x.detach().resolve_conj().resolve_neg().contiguous().numpy()


def tensor(x, leaves=None):
    if x.layout != torch.strided:
        raise LeftOut(f"a {str(x.layout)[6:]} tensor")
    if x.dtype not in DTYPES:
        raise LeftOut(f"dtype {str(x.dtype)[6:]}")
    if x.numel() > MOST:
        raise LeftOut(f"more than {MOST} elements")
    values = array(x)
    if x.dtype == torch.int64 and values.size and np.abs(values.astype(np.float64)).max() >= 2**31:
        raise LeftOut("integers beyond int32")
    made = {"t": DTYPES[x.dtype], "s": list(x.shape)}
    floats = x.dtype.is_floating_point
    made["d"] = base64.b64encode(values.tobytes()).decode() if floats else values.astype(np.int64).reshape(-1).tolist()
    if leaves is not None:
        if not x.is_contiguous():
            made["n"] = 1
        if x.requires_grad:
            made["g"] = 1
            leaves.append(x)
    return made


def result(x, exact=None):
    """A result, with what float32 loses in it where that is more than rounding."""
    if not isinstance(x, torch.Tensor):
        return value(x)
    made = tensor(x)
    if exact is None or x.dtype != torch.float32 or exact.shape != x.shape:
        return made
    a, b = array(x).astype(np.float64), array(exact).astype(np.float64)
    with np.errstate(all="ignore"):
        lost = np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), 0)
        # Overflow on the way to a number that float32 has: PyTorch's float32 is no measure there.
        lost = np.where(~np.isfinite(a) & (np.abs(b) < np.finfo(np.float32).max), np.inf, lost)
    if lost.size and (lost > ROUNDING * np.where(np.isfinite(a), np.abs(a), 0)).any():
        made["e"] = base64.b64encode(lost.astype(np.float32).tobytes()).decode()
    return made


def value(x, leaves=None, index=False):
    if isinstance(x, torch.Tensor):
        return tensor(x, leaves)
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, int):
        if abs(x) >= 2**53:
            raise LeftOut("integers beyond int32")
        return x
    if isinstance(x, float):
        return {"f": x if math.isfinite(x) else str(x)}
    if isinstance(x, np.generic):
        return value(x.item(), leaves)
    if isinstance(x, slice):
        return {"slice": [x.start, x.stop, x.step]}
    if x is Ellipsis:
        return {"ellipsis": 1}
    if isinstance(x, torch.dtype):
        return {"dtype": str(x)[6:]}
    # In an index a tuple has a part per dimension, and a list is one part.
    if isinstance(x, tuple) and index:
        return {"parts": [value(y, leaves) for y in x]}
    if isinstance(x, (list, tuple)):
        return [value(y, leaves) for y in x]
    raise LeftOut(f"a {type(x).__name__} as argument")


def flat(x, into=None):
    """Tensors and values of a result, in order."""
    into = [] if into is None else into
    if isinstance(x, (list, tuple)):
        for y in x:
            flat(y, into)
    elif isinstance(x, dict):
        for y in x.values():
            flat(y, into)
    elif x is not None:
        into.append(x)
    return into
