"""Makes fixtures/tensors.json with real PyTorch: operations on tensors that golden/ops.json leaves out, in its schema.

Run with a Python that has PyTorch (Debian: apt-get install python3-torch): /usr/bin/python3 tools/parity/make-tensors.py
"""
import json
import math
import os
import platform

import torch

inf, nan = math.inf, math.nan
torch.manual_seed(20240607)
torch.set_num_threads(1)


def encode(x):
    x = x.detach()
    flat = x.reshape(-1).tolist()
    if x.dtype.is_floating_point:
        flat = ["nan" if v != v else "inf" if v == inf else "-inf" if v == -inf else float(f"{v:.9g}") if x.dtype == torch.float32 else v for v in flat]
    return {"shape": list(x.shape), "dtype": str(x.dtype)[6:], "data": flat}


def t(*values, dtype=torch.float32):
    return torch.tensor(values, dtype=dtype)


def r(*shape):
    return torch.randn(shape)


def ints(*values):
    return torch.tensor(values)


def mask(*shape):
    return torch.rand(shape) < 0.5


edges = t(-inf, -30, -2.5, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 2.5, 30, inf, nan)
unit = t(-0.999, -0.7, -1e-3, 0.25, 0.5, 0.9999)
above_one = t(1.0001, 1.5, 3, 1e3, 1e6)
x234 = r(2, 3, 4)
cases = []


def case(code, grads=True, **inputs):
    number = sum(1 for c in cases if c["code"] == code)
    leaves = {name: v.clone() for name, v in inputs.items()}
    if grads:
        for v in leaves.values():
            if v.dtype.is_floating_point:
                v.requires_grad_()
    outputs = eval(code, {**globals(), **leaves})
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    found = {"id": f"{code}/{number}", "code": code, "attrs": {}, "inputs": {n: encode(v) for n, v in leaves.items()}, "outputs": [encode(o) for o in outputs]}
    flowing = [(i, o) for i, o in enumerate(outputs) if o.requires_grad]
    if flowing:
        seeds = [torch.randn(o.shape, dtype=o.dtype) for _, o in flowing]
        wanted = [n for n, v in leaves.items() if v.requires_grad]
        gradients = torch.autograd.grad([o for _, o in flowing], [leaves[n] for n in wanted], seeds, allow_unused=True)
        found["grad_outputs"] = {str(i): encode(g) for (i, _), g in zip(flowing, seeds)}
        found["grads"] = {n: None if g is None else encode(g) for n, g in zip(wanted, gradients)}
    cases.append(found)


for name in ["exp2", "frac", "sigmoid", "sinh", "cosh", "asinh", "tan", "relu", "square", "isnan", "isinf", "isfinite", "isposinf", "isneginf",
             "signbit", "sinc", "deg2rad", "rad2deg", "trunc", "reciprocal", "abs", "sign", "erf", "tanh", "atan", "expm1"]:
    # Gradients at NaN and infinity are left out: formulas differ between versions there.
    case(f"torch.{name}(x)", x=edges, grads=False)
    # PyTorch's own gradient of sinc has lost most digits at 1e-3.
    near = [] if name == "sinc" else [-1e-3, 1e-3]
    case(f"torch.{name}(x)", x=t(-30, -2.25, -1, -0.5, *near, 0.5, 1, 2.25, 30))
for name in ["log", "log2", "log10", "log1p", "sqrt", "rsqrt"]:
    case(f"torch.{name}(x)", x=edges, grads=False)
for name in ["asin", "acos", "atanh"]:
    case(f"torch.{name}(x)", x=unit)
    case(f"torch.{name}(x)", x=t(-2, -1, 1, 2, nan), grads=False)
case("torch.logit(x)", x=t(0.01, 0.25, 0.5, 0.99))
case("torch.acosh(x)", x=above_one)
case("torch.acosh(x)", x=t(0.5, 1, inf, nan), grads=False)
case("torch.nan_to_num(x)", x=edges)
case("torch.nan_to_num(x, nan=1.0, posinf=2.0, neginf=-2.0)", x=edges)
a, b = (torch.tensor(v) for v in zip(*[(p, q) for p in (-inf, -2.0, -0.0, 0.0, 3.0, inf, nan) for q in (-inf, -1.0, -0.0, 0.0, 0.5, inf, nan)]))
for code in ["torch.atan2(x, y)", "torch.hypot(x, y)", "torch.logaddexp(x, y)", "torch.logaddexp2(x, y)", "torch.xlogy(x, y)", "torch.copysign(x, y)",
             "torch.maximum(x, y)", "torch.minimum(x, y)", "x % y", "torch.fmod(x, y)", "x ** y", "torch.div(x, y, rounding_mode=\"trunc\")",
             "torch.clamp(x, min=y)", "x == y", "x < y", "x <= y"]:
    case(code, x=a, y=b, grads=False)
for code in ["torch.atan2(x, y)", "torch.hypot(x, y)", "torch.logaddexp(x, y)", "torch.logaddexp2(x, y)", "torch.copysign(x, y)"]:
    case(code, x=r(3, 4), y=r(4))
case("torch.xlogy(x, y)", x=r(3, 4), y=torch.rand(4) + 0.1)
# PyTorch's remainder and floor division differ from fmod in the sign: every combination of signs.
s, d = t(5, -5, 5, -5, 6, -6, 0), t(3, 3, -3, -3, 3, -3, 2)
case("x % y", x=s, y=d)
case("torch.fmod(x, y)", x=s, y=d)
case("torch.div(x, y, rounding_mode=\"floor\")", x=s, y=d, grads=False)
case("x % y", x=s.long(), y=d.long())
case("torch.fmod(x, y)", x=s.long(), y=d.long())
case("torch.div(x, y, rounding_mode=\"floor\")", x=s.long(), y=d.long())
case("torch.div(x, y, rounding_mode=\"trunc\")", x=s.long(), y=d.long())
for code in ["x & y", "x | y", "x ^ y", "torch.logical_xor(x, y)"]:
    case(code, x=mask(6), y=mask(6))
    case(code, x=ints(5, 12, -3, 0), y=ints(3, 10, 7, 9))
case("~x", x=mask(5))
case("~x", x=ints(0, 5, -7))
case("torch.isclose(x, y)", x=t(1, 1, inf, inf, nan), y=t(1.000001, 1.1, inf, -inf, nan), grads=False)
case("torch.isclose(x, y, equal_nan=True)", x=t(1, nan), y=t(1, nan), grads=False)
case("torch.clamp(x, lo, hi)", x=t(1, 1, 1, 0, 3, 2), lo=t(0, 1, 2, 2, 2, 2), hi=t(2, 1, 1, 1, 1, 2))
case("torch.clamp(x, max=y)", x=t(1, 2, 3), y=t(2, 2, 2))
case("torch.lerp(x, y, w)", x=r(5), y=r(5), w=t(0, 0.25, 0.5, 0.75, 1))
case("torch.addcdiv(x, y, z, value=-2.0)", x=r(3), y=r(2, 1), z=r(3))
for p, dim in [(0, 1), (0.5, 1), (1, 0), (1.5, 1), (2, 1), (3, 0), (inf, 1), (-inf, 1)]:
    case(f"x.norm(p={p}, dim={dim})", x=r(3, 4))
    if p >= 1:
        case(f"x.norm(p={p}, dim={dim})", x=torch.zeros(2, 2))
for code in ["x.nansum(dim=1)", "x.nanmean(dim=1)"]:
    case(code, x=t(1, nan, 3, 4, nan, 6).reshape(2, 3))
case("x.logsumexp(dim=1)", x=t(-inf, 1, 2, 500, 501, 502).reshape(2, 3))
case("x.logsumexp(dim=1)", x=t(-inf, -inf, inf, 1).reshape(2, 2), grads=False)
for code in ["x.var(dim=0, unbiased=False)", "x.std(dim=0)", "x.std()"]:
    case(code, x=r(4, 3))
    case(code, x=torch.ones(4, 3))
case("x.var(dim=0)", x=r(1, 3), grads=False)
for code in ["x.cumprod(0)", "x.cumprod(1)", "x.cumsum(0)", "x.prod(1)"]:
    case(code, x=t(2, 0, 3, 1, 0, 4, 5, 0.5, 6).reshape(3, 3))
case("x.cumsum(0)", x=ints(3, -1, 4))
case("x.cumprod(0)", x=mask(4))
case("x.any()", x=r(0, 3), grads=False)
case("x.all()", x=r(0, 3), grads=False)
case("x.any(dim=1)", x=t(0, 0, nan, 0).reshape(2, 2), grads=False)
for code in ["x.median(dim=1)", "x.median(dim=0)", "x.sort(dim=0)", "x.sort(dim=1, descending=True)", "x.topk(2, dim=1, largest=False)",
             "x.kthvalue(2, dim=1)", "x.max(dim=0)", "x.min(dim=1)", "x.argsort(dim=1, descending=True)"]:
    case(code, x=torch.randperm(12).reshape(3, 4).float())
case("torch.sort(x, stable=True)", x=t(2, 1, 2, 1, 1, 2))
case("torch.sort(x, stable=True, descending=True)", x=t(2, 1, 2, 1, nan, 2), grads=False)
case("x.median(dim=1)", x=t(1, nan, 3, 5, 4, 2).reshape(2, 3), grads=False)
case("x.amax(dim=1)", x=mask(2, 3))
case("x.argmax(dim=1)", x=t(1, nan, 3, 5, 5, 2).reshape(2, 3), grads=False)
case("x.argmin(dim=1)", x=t(1, nan, 3, 2, 5, 2).reshape(2, 3), grads=False)
case("x.softmax(1)", x=r(2, 3))
case("x.log_softmax(0)", x=r(2, 3))

for code in ["x.unflatten(2, (2, -1))", "x.movedim((0, 1), (2, 0))", "x.roll((1, -1), (0, 2))", "x.roll(5)", "x.repeat(2, 1, 1, 3)", "x.tile(2, 2)",
             "x.repeat_interleave(3)", "x.split((1, 3), dim=2)", "x.tensor_split(3, dim=2)", "x.tensor_split((1, 2), dim=2)", "x.diagonal(1, 2, 0)", "x.diagonal(-2, 1, 2)",
             "x.tril(-1)", "x.triu(-1)", "x.unfold(2, 2, 1)", "x.unfold(1, 2, 1)", "torch.diag_embed(x)", "torch.diag_embed(x, offset=-1)", "torch.diag_embed(x, offset=2)",
             "x.rot90(1, (1, 2))", "x.rot90(-1, (0, 2))", "x.rot90(2, (0, 1))",
             "x[1, -1]", "x[..., 1:3, None]", "x[None, :, ::2, -3:-1]", "x[5:]", "x[:, 2:1]", "x[-1][..., -1]"]:
    case(code, x=x234)
for code in ["x.diag()", "x.diag(1)", "x.trace()"]:
    case(code, x=r(3, 4))
case("x.diag(-1)", x=r(3))
case("torch.cat([x, y])", x=r(0), y=r(2, 3))
case("torch.cat([x, y])", x=ints(1, 2), y=t(0.5))
case("torch.hstack([x, y])", x=r(2, 2), y=r(2, 1))
case("torch.vstack([x, y])", x=r(3), y=r(2, 3))
case("torch.meshgrid([x, y], indexing=\"ij\")", x=r(2), y=r(3))
case("torch.meshgrid([x, y], indexing=\"xy\")", x=r(2), y=r(3))

i, j = ints(1, -1, 0), ints(0, 2, -2)
for code in ["x[i]", "x[:, i]", "x[:, :, j]", "x[i, j]", "x[i, :, j]", "x[0, :, j]", "x[:, i, j]", "x[:, i[:, None], j]", "x[None, i]", "x[i, 1:]", "x[[1, 0, 1]]", "x[..., [0, -1]]"]:
    case(code, x=r(2, 3, 4), i=i % 2, j=j)
case("x[i]", x=r(4), i=ints(2).reshape(()))
case("x[m]", x=r(3, 4), m=mask(3))
case("x[:, m]", x=r(3, 4), m=mask(4))
case("x[m, 1:3]", x=r(3, 4), m=mask(3))
case("m.nonzero()", m=mask(3, 4))
case("x.gather(0, i)", x=r(3, 4), i=torch.randint(3, (2, 4)))
case("x.gather(2, i)", x=x234, i=torch.randint(4, (1, 2, 5)))
case("torch.take_along_dim(x, i, dim=0)", x=r(3, 4), i=torch.randint(3, (2, 1)))
case("torch.take_along_dim(x, i)", x=r(3, 4), i=torch.randint(12, (5,)))
case("x.take(i)", x=r(3, 4), i=ints(0, 11, -1, 5).reshape(2, 2))
# Where an index comes twice, PyTorch on a CPU in one thread keeps what is written last; gradients are left out.
case("x.scatter(0, i, s)", x=r(3, 2), i=ints(0, 0, 2, 0, 1, 2).reshape(3, 2), s=r(3, 2), grads=False)
case("x.scatter(1, i, 7.0)", x=r(2, 3), i=ints(0, 0, 2, 1).reshape(2, 2))
case("x.scatter_add(0, i, s)", x=r(3, 2), i=ints(0, 0, 2, 0, 1, 2).reshape(3, 2), s=r(3, 2))
case("x.scatter_add(1, i, s)", x=r(2, 3), i=ints(2, 2).reshape(1, 2), s=r(1, 2))
case("x.index_add(1, i, s, alpha=2)", x=r(2, 3), i=ints(2, 0, 2), s=r(2, 3))
case("x.index_copy(1, i, s)", x=r(2, 3), i=ints(2, 0), s=r(2, 2))
case("x.index_fill(0, i, -1.5)", x=r(3, 2), i=ints(2, 0, 2))
case("x.index_put((i, j), s)", x=r(3, 4), i=ints(0, 2), j=ints(1, -1), s=r(2))
case("x.index_put((i,), s, accumulate=True)", x=r(3, 2), i=ints(0, 2, 0), s=r(3, 2))
case("x.masked_scatter(m, s)", x=r(3, 3), m=t(1, 0, 1, 0, 1, 1, 0, 0, 1).bool().reshape(3, 3), s=r(6))
case("x.masked_select(m)", x=r(2, 1, 3), m=mask(2, 1))
case("x.masked_fill(m, s)", x=r(2, 3), m=mask(3), s=t(2.5).reshape(()))

for code in ["torch.einsum(\"ii->i\", x)", "torch.einsum(\"ii\", x)", "torch.einsum(\"ij->ji\", x)", "torch.einsum(\"ij->\", x)", "torch.einsum(\"ba\", x)"]:
    case(code, x=r(3, 3))
case("torch.einsum(\"...ij,...jk->...ik\", x, y)", x=r(2, 1, 2, 3), y=r(4, 3, 2))
case("torch.einsum(\"i,j->ij\", x, y)", x=r(3), y=r(2))
case("torch.einsum(\"bi,oij,bj->bo\", x, w, y)", x=r(2, 3), w=r(2, 3, 2), y=r(2, 2))
case("torch.einsum(\"bhqd,bkd->bhqk\", x, y)", x=r(2, 2, 3, 4), y=r(2, 5, 4))
case("torch.tensordot(x, y, dims=2)", x=x234, y=r(3, 4, 2))
case("torch.tensordot(x, y, dims=([0, 2], [1, 0]))", x=x234, y=r(4, 2))
case("torch.inner(x, y)", x=r(2, 3), y=r(4, 3))
case("torch.baddbmm(b, x, y, beta=0.5, alpha=2.0)", b=r(2, 1, 2), x=r(2, 2, 3), y=r(2, 3, 2))
case("torch.addmv(b, x, y, beta=0.0)", b=t(nan, nan), x=r(2, 3), y=r(3), grads=False)
case("x @ y", x=r(0, 3), y=r(3, 2))
case("x @ y", x=r(2, 0), y=r(0, 3))
case("x @ y", x=ints(1, 2, 3, 4).reshape(2, 2), y=ints(5, 6))
case("torch.logspace(0, 2, 5)")
case("torch.linspace(-1, 1, 4)")
case("torch.linspace(3, 5, 1)")
case("torch.arange(1.0, 2.05, 0.1)")
case("torch.arange(5, -5, -3)")

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "tensors.json")
os.makedirs(os.path.dirname(path), exist_ok=True)
head = {"schema": "parity-golden/1", "set": "open", "torch": torch.__version__, "platform": f"linux-{platform.machine()}, 1 thread", "kind": "ops", "doc": "As golden/ops.json."}
with open(path, "w") as file:
    file.write(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")
print(len(cases), "cases", os.path.getsize(path), "bytes")
