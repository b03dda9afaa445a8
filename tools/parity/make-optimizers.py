"""Makes fixtures/optimizers.json: Adam, AdamW, RMSprop, Adagrad, SWALR and averaged weights, from real PyTorch.

    /usr/bin/python3 tools/parity/make-optimizers.py

needs Debian's python3-torch. The tests only read the file. The schema is that of packages/core/test/golden (docs/parity.md).
"""
import itertools
import json
import pathlib
import platform

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import SWALR, AveragedModel

torch.set_num_threads(1)
SIZES = dict(i=4, h=5, o=2, b=6)
SEED, STEPS, CHECKPOINTS = 5, 12, (1, 2, 12)


def number(x):
    return float(f"{x:.9g}")


def tensor(t):
    name = str(t.dtype).removeprefix("torch.")
    flat = t.detach().reshape(-1).tolist()
    return dict(shape=list(t.shape), dtype=name, data=[number(x) for x in flat] if name == "float32" else flat)


def plain(value):
    """A state dict: tensors of one element that count steps become numbers, all other tensors fixtures."""
    if isinstance(value, torch.Tensor):
        return value.item() if value.dim() == 0 else tensor(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def model():
    m = nn.Sequential(nn.Linear(SIZES["i"], SIZES["h"]), nn.Tanh(), nn.Linear(SIZES["h"], SIZES["o"]))
    m.load_state_dict(initial)
    return m


torch.manual_seed(SEED)
first = nn.Sequential(nn.Linear(SIZES["i"], SIZES["h"]), nn.Tanh(), nn.Linear(SIZES["h"], SIZES["o"]))
initial = {k: v.clone() for k, v in first.state_dict().items()}
x = torch.randn(SIZES["b"], SIZES["i"])
target = torch.randn(SIZES["b"], SIZES["o"])


def train_step(m, optimizer):
    optimizer.zero_grad(set_to_none=True)
    loss = F.mse_loss(m(x), target)
    loss.backward()
    optimizer.step()
    return number(loss.item())


def case(cls, opt, frozen=None):
    m = model()
    optimizer = getattr(torch.optim, cls)(m.parameters(), **opt)
    losses, after = [], {}
    for step in range(1, STEPS + 1):
        losses.append(train_step(m, optimizer))
        if step in CHECKPOINTS:
            after[step] = {k: tensor(v) for k, v in m.state_dict().items()}
    text = ",".join(f"{k}={v}" for k, v in opt.items())
    return dict(id=f"{cls}({text})", cls=cls, opt=opt, losses=losses, after=after, optimizer_state=plain(optimizer.state_dict()))


def grid(**axes):
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values))


cases = []
for opt in grid(lr=[0.02], betas=[[0.9, 0.999], [0.8, 0.95]], weight_decay=[0, 0.1], amsgrad=[False, True], maximize=[False, True]):
    cases.append(case("Adam", opt))
    cases.append(case("AdamW", opt))
cases += [case("Adam", {}), case("AdamW", {}), case("Adam", dict(lr=0.02, eps=0.1)), case("AdamW", dict(lr=0.02, eps=0.1))]
for opt in grid(lr=[0.01], momentum=[0, 0.9], centered=[False, True], weight_decay=[0, 0.1], alpha=[0.99, 0.9]):
    cases.append(case("RMSprop", opt))
cases += [case("RMSprop", {}), case("RMSprop", dict(lr=0.01, eps=0.1, maximize=True))]
for opt in grid(lr=[0.1], lr_decay=[0, 0.1], weight_decay=[0, 0.1], initial_accumulator_value=[0, 0.5], maximize=[False, True]):
    cases.append(case("Adagrad", opt))
cases += [case("Adagrad", {}), case("Adagrad", dict(lr=0.1, eps=0.1))]

swa_lr = []
for kwargs in [dict(swa_lr=0.05), dict(swa_lr=0.01, anneal_epochs=5, anneal_strategy="linear"), dict(swa_lr=[0.02, 0.05], anneal_epochs=0),
               dict(swa_lr=0.2, anneal_epochs=7, anneal_strategy="cos")]:
    groups = [0.1, 0.03]
    optimizer = torch.optim.SGD([dict(params=[torch.zeros(1)], lr=lr) for lr in groups], lr=0.1)
    scheduler = SWALR(optimizer, **kwargs)
    lrs = [[g["lr"] for g in optimizer.param_groups]]
    for _ in range(15):
        optimizer.step()
        scheduler.step()
        lrs.append([g["lr"] for g in optimizer.param_groups])
    swa_lr.append(dict(id=f"SWALR-{len(swa_lr)}", kwargs=kwargs, group_lrs=groups, lrs=lrs))

averages = []
for name, avg_fn in [("swa", None), ("ema", lambda average, current, n: 0.9 * average + (1 - 0.9) * current)]:
    m = model()
    optimizer = torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9)
    averaged = AveragedModel(m, avg_fn=avg_fn)
    for _ in range(6):
        train_step(m, optimizer)
        averaged.update_parameters(m)
    averages.append(dict(id=name, decay=0.9 if avg_fn else None, state={k: tensor(v) for k, v in averaged.state_dict().items()},
                         output=tensor(averaged(x)), loss=number(F.mse_loss(averaged(x), target).item())))

shared = dict(sizes=SIZES, seed=SEED, steps=STEPS, initial={k: tensor(v) for k, v in initial.items()}, x=tensor(x), target=tensor(target),
              swa_lr=swa_lr, averages=averages)
doc = ("model = Sequential(Linear(i,h),Tanh,Linear(h,o)) with `initial`; loss = F.mse_loss(model(x), target); per step: zero_grad, forward, "
       "backward, cls(**opt).step(). losses[k] = loss before update k+1. optimizer_state = state_dict() at the end, steps as numbers. "
       "swa_lr: lrs[0] after construction, lrs[k] after k steps. averages: AveragedModel updated after each of 6 steps of SGD(lr=0.1, momentum=0.9).")
fixture = dict(schema="parity-golden/1", set="optimizers", torch=torch.__version__, platform=f"{platform.system().lower()}-{platform.machine()}, 1 thread",
               kind="optimizers", doc=doc, shared=shared, cases=cases)
path = pathlib.Path(__file__).parent / "fixtures" / "optimizers.json"
head = {k: v for k, v in fixture.items() if k != "cases"}
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
path.write_text(json.dumps(head, separators=(",", ":"))[:-1] + ',"cases":[\n' + lines + "\n]}\n")
print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
