"""PyTorch, eager, on one thread: python3 torch_peer.py FOLDER; asked and answering as ../peer.mjs does."""
import json
import math
import os
import statistics
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # set_num_threads does not reach OpenBLAS's own pool


def answer(result):
    print(json.dumps(result, separators=(",", ":")), flush=True)


try:
    import torch
    from torch.utils.benchmark import Timer
except ImportError as error:
    answer({"cannot": f"not installed ({error}); Debian: python3-torch, libopenblas0-pthread"})
    sys.exit()
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
CHECKED, SAMPLES = 10, 10


class Embedding(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.token = nn.Embedding(layer["vocabulary"], layer["width"])
        self.position = nn.Embedding(layer["length"], layer["width"])

    def forward(self, ids):
        return self.token(ids) + self.position.weight


class Block(nn.Module):
    def __init__(self, layer):
        super().__init__()
        width, self.heads = layer["width"], layer["heads"]
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.future = None

    def forward(self, x):
        n, length, width = x.shape
        if self.future is None:
            self.future = torch.full((length, length), -math.inf).triu(1)
        heads = self.qkv(self.norm1(x)).reshape(n, length, 3, self.heads, width // self.heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-2, -1) / math.sqrt(width // self.heads)
        mixed = (scores + self.future).softmax(-1) @ v
        y = x + self.out(mixed.transpose(1, 2).reshape(n, length, width))
        return y + self.down(F.gelu(self.up(self.norm2(y))))


LAYERS = {
    "linear": lambda layer: nn.Linear(layer["inputs"], layer["outputs"]),
    "conv": lambda layer: nn.Conv2d(layer["inputs"], layer["outputs"], 3),
    "relu": lambda layer: nn.ReLU(),
    "maxPool": lambda layer: nn.MaxPool2d(2),
    "flatten": lambda layer: nn.Flatten(),
    "norm": lambda layer: nn.LayerNorm(layer["width"]),
    "embedding": Embedding,
    "block": Block,
}


def sampled(values):
    flat = values.detach().reshape(-1)
    return [flat[i * (len(flat) - 1) // (SAMPLES - 1)].item() for i in range(SAMPLES)]


def training(work, tensors):
    model = nn.Sequential(*(LAYERS[layer["kind"]](layer) for layer in work["layers"]))
    model.load_state_dict({name: value for name, value in tensors.items() if "." in name})
    optimizer = torch.optim.SGD(model.parameters(), lr=work["lr"], momentum=work["momentum"])
    batches = [(tensors[f"x{i}"].clone(), tensors[f"y{i}"].clone()) for i in range(len(tensors)) if f"x{i}" in tensors]
    batches = [tuple(t.long() if t.dtype == torch.int32 else t for t in pair) for pair in batches]
    classes = work["classes"]

    def step(i):
        x, y = batches[i % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        output = model(x)
        loss = F.cross_entropy(output.reshape(-1, classes), y) if classes > 0 else F.mse_loss(output, y)
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda loss: [loss.item()]


def sgd(work, tensors):
    parameters = [nn.Parameter(tensors[f"p{i}"].clone()) for i in range(work["tensors"])]
    for i, parameter in enumerate(parameters):
        parameter.grad = tensors[f"g{i}"].clone()
    optimizer = torch.optim.SGD(parameters, lr=work["lr"], momentum=work["momentum"])

    def step(_):
        optimizer.step()
        return parameters[-1]

    return step, sampled


STEPS = {
    "training": training,
    "sgd": sgd,
    "sgemm": lambda work, t: (lambda _: t["a"] @ t["b"], sampled),
    "chain": lambda work, t: (lambda _: ((t["a"] + t["b"]) * t["c"] + t["a"]) * t["b"], sampled),
    "softmax": lambda work, t: (lambda _: t["a"].softmax(1), sampled),
}


def read(folder):
    with open(f"{folder}/work.json") as file:
        description = json.load(file)
    with open(f"{folder}/work.bin", "rb") as file:
        data = bytearray(file.read())
    tensors = {}
    for entry in description["tensors"]:
        dtype = getattr(torch, entry["dtype"])
        flat = torch.frombuffer(data, dtype=dtype, offset=entry["offset"], count=math.prod(entry["shape"]))
        tensors[entry["name"]] = flat.reshape(entry["shape"]).clone()
    return description["work"], tensors


def main(folder):
    work, tensors = read(folder)
    step, values = STEPS[work["kind"]](work, tensors)
    check, times = [], []
    cpu, wall = time.process_time(), time.perf_counter()
    for i in range(CHECKED):
        start = time.perf_counter()
        check += values(step(i))
        times.append(time.perf_counter() - start)
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    answer({"check": check, "first": 1000 * times[0], "seconds": statistics.median(times[1:]), "share": share})
    done = CHECKED

    def next_step():
        nonlocal done
        step(done)
        done += 1

    timer = Timer("next_step()", globals={"next_step": next_step})
    for line in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        measured = timer.blocked_autorange(min_run_time=float(line))
        share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        answer({"seconds": measured.median, "share": share})


main(sys.argv[1])
