"""Halves in PyTorch 1.13: python3 make-half.py > fixtures/half.json

PyTorch's processors have few operations on halves: the others are computed in float32 and rounded.
"""
import json

import torch

half = torch.float16
# Of every size, with ties of sums and products among them.
A = torch.tensor([1, -2.5, 0.1, 1 / 3, 65504, -0.0, 2**-24, 3e-6, 2048, 1.0009765625, 7, -11.25], dtype=half)
B = torch.tensor([3, 0.3, -0.7, 1e-3, 1.5, 2, 0.5, -4e-5, 1, 1.0009765625, 0.1, 5], dtype=half)
P = torch.tensor([0.01, 0.1, 0.5, 1, 1.5, 2, 3, 4.75, 0.333, 2.2], dtype=half)


def listed(x):
    return [repr(float(v)) for v in x.flatten().tolist()]


def row(x):
    return {"dtype": str(x.dtype)[6:], "shape": list(x.shape), "data": listed(x)}


exact = {
    "add": A + B,
    "sub": A - B,
    "mul": A * B,
    "div": A / B,
    "mulNumber": A * 0.1,
    "addNumber": A + 0.1,
    "divNumber": A / 3,
    "neg": -A,
    "abs": A.abs(),
    "square": A.float().square().half(),
    "sum": A[:4].sum(),
    "mean": A[5:].mean(),
    "max": A.max(),
    "min": A.min(),
    "sort": A.sort().values,
    "float": A.float(),
    "beside float32": A + torch.ones(12),
    "beside int32": A + torch.ones(12, dtype=torch.int64),
    "nanToNum": torch.tensor([float("nan"), float("inf"), -float("inf"), 2], dtype=half).nan_to_num(),
    "arange": torch.arange(0, 5, 0.3, dtype=half),
    "linspace": torch.linspace(0, 1, 5, dtype=half),
    "full": torch.full([2], 0.1, dtype=half),
}
F = P.float()
rounded = {
    "exp": F.exp(),
    "log": F.log(),
    "sqrt": F.sqrt(),
    "sin": F.sin(),
    "cos": F.cos(),
    "tanh": F.tanh(),
    "sigmoid": F.sigmoid(),
    "erf": F.erf(),
    "matmul": F.reshape(2, 5) @ F.reshape(5, 2),
    "prod": F.prod(),
    "cumsum": F.cumsum(0),
}

names = {"bool": torch.bool, "uint8": torch.uint8, "int32": torch.int64, "float16": half, "float32": torch.float32, "float64": torch.float64}
here = {str(v)[6:]: k for k, v in names.items()}
promotion = []
for a in names:
    for b in names:
        for x in [[], [1]]:
            for y in [[], [1]]:
                result = torch.ones(x, dtype=names[a]) + torch.ones(y, dtype=names[b])
                promotion.append([a, len(x), b, len(y), here[str(result.dtype)[6:]]])
numbers = []
for a in names:
    for x in [[], [1]]:
        for k in [2, 2.5]:
            numbers.append([a, len(x), k, here[str((torch.ones(x, dtype=names[a]) * k).dtype)[6:]]])

torch.manual_seed(3)
random = {
    "rand": row(torch.rand(21, dtype=half)),
    "randn": row(torch.randn(5, dtype=half)),
    "uniform_": row(torch.zeros(9, dtype=half).uniform_(-2, 3)),
    "random_": row(torch.zeros(4, dtype=half).random_()),
    "randperm": row(torch.randperm(6, dtype=half)),
}
printed = [[row(x), str(x)] for x in [A, A[:3], A[:1].reshape([]), A.reshape(3, 4), torch.ones(2, dtype=half), torch.zeros(0, dtype=half)]]
info = torch.finfo(half)
print(
    json.dumps(
        {
            "operands": {"a": row(A), "b": row(B), "p": row(P)},
            "exact": {k: row(v) for k, v in exact.items()},
            "rounded": {k: row(v.half()) for k, v in rounded.items()},
            "promotion": promotion,
            "numbers": numbers,
            "random": random,
            "printed": printed,
            "finfo": {"bits": info.bits, "eps": info.eps, "min": info.min, "max": info.max, "tiny": info.tiny},
        },
    )
)
