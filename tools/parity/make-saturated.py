"""Makes fixtures/saturated.json with real PyTorch: values, gradients and second derivatives far from 0, where exponentials overflow.

    /usr/bin/python3 tools/parity/make-saturated.py

needs Debian's python3-torch. The test only reads the file. Every case is a function of x, whose entries do not see each other
unless they are a row; where PyTorch has no second derivative, it is null.
"""
import json
import math
import os
import platform

import torch
import torch.nn.functional as F  # noqa: F401 - used by the cases

torch.set_num_threads(1)
POINTS = [-1e4, -1000, -100, -90, -88.7, -21, -1, -0.25, 0, 0.25, 1, 21, 88.7, 90, 100, 1000, 1e4]
x = torch.tensor(POINTS)
ones = torch.ones(len(POINTS))
# [x, 0, 1] for every point.
ROWS = torch.stack([x, 0 * ones, ones], 1)
CLASSES = {name: torch.full((len(POINTS),), c) for name, c in (("first", 0), ("second", 1))}
MULTI = torch.tensor([0.2, 0.3, 0.5]).expand(len(POINTS), 3)


def recurrent(kind):
    """One step over a batch, with weights from -1 to 1."""
    layer = getattr(torch.nn, kind)(1, 2)
    for p in layer.parameters():
        with torch.no_grad():
            p.copy_(torch.linspace(-1, 1, p.numel()).reshape(p.shape))
    return lambda v: layer(v.reshape(1, -1, 1))[0]


lstm, gru = recurrent("LSTM"), recurrent("GRU")
ELEMENTS = [
    "F.relu(x)", "F.relu6(x)", "F.hardtanh(x)", "F.threshold(x, 0.5, 2)", "F.leaky_relu(x, 0.1)", "F.elu(x)", "F.elu(x, 0.5)",
    "F.selu(x)", "F.celu(x, 2)", "F.gelu(x)", "F.gelu(x, approximate='tanh')", "F.silu(x)", "F.mish(x)", "F.softplus(x)",
    "F.softplus(x, 2, 5)", "F.softplus(x, 1, 1e9)", "F.softsign(x)", "F.hardsigmoid(x)", "F.hardswish(x)", "F.logsigmoid(x)", "F.tanhshrink(x)",
    "F.softshrink(x)", "F.hardshrink(x)", "torch.sigmoid(x)", "torch.tanh(x)",
    "F.prelu(x, torch.tensor([0.3]))", "F.mse_loss(x, ones, reduction='none')", "F.l1_loss(x, ones, reduction='none')",
    "F.smooth_l1_loss(x, ones, reduction='none')", "F.huber_loss(x, ones, reduction='none')",
    "F.poisson_nll_loss(x, ones, reduction='none')", "F.gaussian_nll_loss(x, ones, 2 * ones, reduction='none')",
    "F.soft_margin_loss(x, ones, reduction='none')", "F.soft_margin_loss(x, -ones, reduction='none')",
    "F.hinge_embedding_loss(x, ones, reduction='none')", "F.hinge_embedding_loss(x, -ones, reduction='none')",
    "F.margin_ranking_loss(x, ones, ones, reduction='none')", "F.kl_div(x, 0.3 * ones, reduction='none')",
    "F.kl_div(x, ones, reduction='none', log_target=True)",
    *(f"F.binary_cross_entropy_with_logits(x, {t} * ones, reduction='none')" for t in (0, 0.3, 1)),
    "F.binary_cross_entropy_with_logits(x, 0.3 * ones, reduction='none', pos_weight=torch.tensor(2.))",
    "lstm(x)", "gru(x)",
]
# Functions of rows [x, 0, 1].
OF_ROWS = [
    "F.glu(rows[:, :2])", "F.glu(rows[:, :2].flip(1))", "F.softmax(rows, 1)", "F.log_softmax(rows, 1)", "F.softmin(rows, 1)",
    "rows.logsumexp(1)", "F.normalize(rows)",
    *(f"F.cross_entropy(rows, CLASSES['{c}'], reduction='none')" for c in CLASSES),
    "F.cross_entropy(rows, CLASSES['first'], reduction='none', label_smoothing=0.1)",
    "F.cross_entropy(rows, MULTI, reduction='none')",
    *(f"F.multi_margin_loss(rows, CLASSES['{c}'], reduction='none')" for c in CLASSES),
    "F.multilabel_soft_margin_loss(rows, MULTI, reduction='none')",
]


def encode(v):
    return ["nan" if e != e else "inf" if e == math.inf else "-inf" if e == -math.inf else float(f"{e:.9g}") for e in v.reshape(-1).tolist()]


cases = []
for code, start in [(c, x) for c in ELEMENTS] + [(c, ROWS) for c in OF_ROWS]:
    v = start.clone().requires_grad_()
    y = eval(code, {**globals(), "x": v, "rows": v})
    # Weights, so that a sum over a softmax is not 1 wherever x is.
    weights = 1 if y.dim() == 1 else torch.linspace(1, 2, y.shape[-1])
    (g,) = torch.autograd.grad((y * weights).sum(), v, create_graph=True)
    second = None
    if g.requires_grad:
        try:
            (h,) = torch.autograd.grad(g.sum(), v, allow_unused=True)
            second = encode(torch.zeros_like(v) if h is None else h + torch.zeros_like(v))
        except RuntimeError as error:
            assert "derivative" in str(error) or "grad" in str(error), error
    cases.append({"code": code, "value": encode(y), "gradient": encode(g), "second": second})

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "saturated.json")
meta = {"torch": torch.__version__, "python": platform.python_version(), "points": POINTS}
with open(path, "w") as out:
    json.dump({"meta": meta, "cases": cases}, out, separators=(",", ":"))
    out.write("\n")
print(f"{len(cases)} cases")
