"""Makes fixtures/derivatives.json with real PyTorch: every differentiable function of elements, and every reduction, with its
first and second derivatives where they are delicate: at 0, around it, at +-1, +-100, +-1e4, and at the ends of float32.

Run with a Python that has PyTorch (Debian: apt-get install python3-torch): /usr/bin/python3 tools/parity/make-derivatives.py
"""
import json
import math
import os
import platform

import torch

inf, nan = math.inf, math.nan
torch.set_num_threads(1)

ONE = [0.0, -0.0, 1e-30, -1e-30, 1e-3, -1e-3, 0.5, -0.5, 1, -1, 2.5, -2.5, 20, -20, 88.9, -88.9, 100, -100, 1e4, -1e4, 1e10, -1e10, 3e38, -3e38, inf, -inf, nan]
TWO = [0.0, -0.0, 1e-30, 0.5, 1, -1, 3, -3, 100, -100, 1e4, -1e4, inf, -inf, nan]

# By the method's name here, what it is in PyTorch.
UNARY = {
    name: name
    for name in "neg abs sign floor ceil round exp expm1 log log1p sin cos atan tanh sqrt erf trunc frac square reciprocal rsqrt exp2 log2 log10 tan asin acos sinh cosh asinh acosh atanh sigmoid logit relu sinc deg2rad rad2deg".split()
}
UNARY["nanToNum"] = "nan_to_num"
BINARY = {name: f"torch.{name}(x, y)" for name in "add sub mul div pow remainder fmod maximum minimum atan2 hypot logaddexp logaddexp2 xlogy copysign".split()}
BINARY["floorDivide"] = "torch.div(x, y, rounding_mode='floor')"
BINARY["truncDivide"] = "torch.div(x, y, rounding_mode='trunc')"
BINARY["clampMin"] = "torch.clamp(x, min=y)"
BINARY["clampMax"] = "torch.clamp(x, max=y)"
BINARY["lerp"] = "torch.lerp(x, y, 0.25)"
BINARY["lerp far"] = "torch.lerp(x, y, 0.75)"
BINARY["addcmul"] = "torch.addcmul(x, x, y, value=2)"
BINARY["addcdiv"] = "torch.addcdiv(x, x, y, value=2)"
ROWS = [
    [1.0, 2, 3], [2.0, 2, 2], [0.0, 0, 0], [0.0, 1, 2], [0.0, 0, 2], [-1.0, -1, 3], [100.0, -100, 100], [1e4, -1e4, 0], [1e4, 1e4, 1e4],
    [inf, 1, 2], [-inf, 1, 2], [-inf, -inf, -inf], [inf, inf, 1], [inf, -inf, 1], [nan, 1, 2], [1, nan, 3], [nan, nan, 1], [1e30, 1e30, 1], [1e-30, 1e-30, 0],
]
REDUCTIONS = {name: f"x.{name}()" for name in "sum prod mean var std amax amin max min median nansum nanmean norm".split()}
REDUCTIONS |= {
    "norm 1": "x.norm(1)", "norm 0": "x.norm(0)", "norm 3": "x.norm(3)", "norm inf": "x.norm(inf)", "norm -inf": "x.norm(-inf)", "norm 0.5": "x.norm(0.5)",
    "var 0": "x.var(unbiased=False)", "std 0": "x.std(unbiased=False)", "logsumexp": "x.logsumexp(0)", "max dim": "x.max(0).values", "min dim": "x.min(0).values",
    "median dim": "x.median(0).values", "kthvalue": "x.kthvalue(2).values", "sort": "x.sort(stable=True).values", "topk": "x.topk(2).values", "cumsum": "x.cumsum(0)", "cumprod": "x.cumprod(0)",
    "softmax": "x.softmax(0)", "logSoftmax": "x.log_softmax(0)", "dist": "x.dist(torch.ones(3))", "dist 1": "x.dist(torch.ones(3), 1)", "dist inf": "x.dist(torch.ones(3), inf)",
    "dot": "x.dot(x)", "std of squares": "(x * x).std()", "norm of squares": "(x * x).norm()",
}


def encode(x):
    if x is None:
        return None
    x = torch.zeros(x.shape) if x._is_zerotensor() else x.detach()
    return ["nan" if v != v else "inf" if v == inf else "-inf" if v == -inf else float(f"{v:.7g}") for v in x.reshape(-1).tolist()]


def derive(value, inputs):
    """value, then per input the gradient of its sum, then per input that of the sum of all gradients."""
    if not value.requires_grad:
        return {"value": encode(value), "first": [None for _ in inputs], "second": [None for _ in inputs]}
    first = torch.autograd.grad(value.sum(), inputs, create_graph=True, allow_unused=True)
    total = sum(g.sum() for g in first if g is not None)
    second = torch.autograd.grad(total, inputs, allow_unused=True) if isinstance(total, torch.Tensor) and total.requires_grad else [None for _ in inputs]
    return {"value": encode(value), "first": [encode(g) for g in first], "second": [encode(g) for g in second]}


def leaf(values):
    return torch.tensor(values, dtype=torch.float32).requires_grad_()


x = leaf(ONE)
unary = {name: derive(getattr(torch, torch_name)(x), [x]) for name, torch_name in UNARY.items()}
pairs = [(a, b) for a in TWO for b in TWO]
x, y = leaf([a for a, _ in pairs]), leaf([b for _, b in pairs])
binary = {name: derive(eval(code), [x, y]) for name, code in BINARY.items()}
reductions = {}
for name, code in REDUCTIONS.items():
    reductions[name] = []
    for row in ROWS:
        x = leaf(row)
        reductions[name].append(derive(eval(code), [x]))

found = {
    "meta": {"torch": torch.__version__, "python": platform.python_version()},
    "one": encode(torch.tensor(ONE)), "two": encode(torch.tensor(TWO)), "rows": [encode(torch.tensor(row)) for row in ROWS],
    "unary": unary, "binary": binary, "reductions": reductions,
}
path = os.path.join(os.path.dirname(__file__), "fixtures", "derivatives.json")
with open(path, "w") as file:
    json.dump(found, file, separators=(",", ":"))
print(len(unary), len(binary), len(reductions), os.path.getsize(path))
