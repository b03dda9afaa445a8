"""The PyTorch half of torch-roundtrip.mjs, which starts it: python torch-roundtrip.py check|make FOLDER

`make` writes files and says what is in them; `check` reads the files that Glissade wrote and compares bit by bit.
"""

import json
import os
import random
import struct
import sys

import torch

mode, folder = sys.argv[1:]
release = tuple(int(part) for part in torch.__version__.split(".")[:2])
checks = 0


def path(name):
    return os.path.join(folder, name)


def same(got, wanted, what):
    global checks
    checks += 1
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, wanted {wanted!r}")


def bits(tensor):
    # A clone: a view of one element counts as contiguous whatever its stride.
    flat = tensor.detach().reshape(-1).clone(memory_format=torch.contiguous_format)
    return bytes(flat.view(torch.uint8).tolist()).hex() if flat.numel() > 0 else ""


def described(tensor):
    return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "bits": bits(tensor)}


def load(name, **options):
    """Weights only; PyTorch 1.13 refuses floats there, so it may look at them without."""
    try:
        return torch.load(path(name), weights_only=True, **options)
    except Exception as error:
        if release >= (2, 0) or "Unsupported operand 71" not in str(error):
            raise
        print(f"  {name}: PyTorch {torch.__version__} reads no floats with weights_only, so it was read without")
        return torch.load(path(name), **options)


def read_safetensors(name):
    """The reference reader, or these lines where it is not installed: length, JSON, bytes."""
    try:
        from safetensors.torch import load_file

        return load_file(path(name)), "the safetensors package"
    except ImportError:
        names = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64"}
        names.update({"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"})
        with open(path(name), "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            data = file.read()
        tensors = {}
        for key, row in header.items():
            if key == "__metadata__":
                continue
            begin, end = row["data_offsets"]
            raw = torch.tensor(list(data[begin:end]), dtype=torch.uint8)
            tensors[key] = raw.view(getattr(torch, names[row["dtype"]])).reshape(row["shape"])
        return tensors, "a reader of 15 lines"


def small_model():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(72, 3)
    )


def train(model, optimizer, steps):
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        loss = model(torch.randn(4, 1, 8, 8, generator=generator)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def optimizers(model):
    return {
        "sgd": torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4),
        "adam": torch.optim.Adam(model.parameters(), lr=1e-3),
    }


DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def any_tensor(source):
    """A tensor of random bits that fits Glissade's rules, contiguous or a view."""
    dtype = source.choice(DTYPES)
    shape = [source.randrange(1, 5) for _ in range(source.randrange(4))]
    count = 1
    for dim in shape:
        count *= dim
    width = torch.empty(0, dtype=getattr(torch, dtype)).element_size()
    if dtype == "bool":
        data = bytes(source.randrange(2) for _ in range(count))
    elif dtype == "int64":
        data = struct.pack(f"<{count}q", *(source.randrange(-(2**31), 2**31) for _ in range(count)))
    else:
        data = bytes(source.randrange(256) for _ in range(count * width))
    tensor = torch.tensor(list(data), dtype=torch.uint8).view(getattr(torch, dtype)).reshape(shape)
    if not shape:
        return tensor
    view = source.randrange(4)
    if view == 0:
        return tensor.transpose(0, -1)
    if view == 1:
        return tensor[source.randrange(shape[0]) :: 2]
    if view == 2:
        return tensor[-1:].expand(3, *shape[1:])
    return tensor


def make():
    source = random.Random(0)
    tensors = {f"t{i}": any_tensor(source) for i in range(300)}
    torch.save(tensors, path("theirs.pt"))
    wanted = {name: described(tensor) for name, tensor in tensors.items()}
    try:
        from safetensors.torch import save_file

        save_file({name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}, path("theirs.safetensors"))
    except ImportError:
        print("  the safetensors package is not installed: its writer is not checked")
    for kind in optimizers(small_model()):
        model = small_model()
        optimizer = optimizers(model)[kind]
        train(model, optimizer, 3)
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, path(f"{kind}.pt"))
    with open(path("theirs.json"), "w") as file:
        json.dump(wanted, file)


def check():
    with open(path("ours.json")) as file:
        wanted = json.load(file)

    got = load("ours.pt")
    same(list(got["tensors"]), list(wanted["tensors"]), "names in ours.pt")
    for name, tensor in got["tensors"].items():
        same(described(tensor), wanted["tensors"][name], f"{name} in ours.pt")
    values = {name: value for name, value in got.items() if name != "tensors"}
    first, second = values.pop("tied")
    same(first.data_ptr(), second.data_ptr(), "the storage of tied tensors")
    same(values.pop("inf"), float("inf"), "infinity")
    same(values.pop("set"), {1, 2}, "a set")
    same(values.pop("bytes"), b"\x00\xff", "bytes")
    same(values.pop("big"), 2**63, "an integer of 64 bits")
    same(values.pop("tuple"), (1, "two", (3.5,)), "a tuple")
    same(values.pop("keys"), {0: "int", "0": "text"}, "keys")
    same(values, wanted["values"], "values in ours.pt")
    if release >= (2, 1):
        mapped = load("ours.pt", mmap=True)["tensors"]
        for name, tensor in mapped.items():
            same(described(tensor), wanted["tensors"][name], f"{name} in ours.pt, mapped")

    tensors, reader = read_safetensors("ours.safetensors")
    print(f"  safetensors were read by {reader}")
    same(sorted(tensors), sorted(wanted["safetensors"]), "names in ours.safetensors")
    for name, tensor in tensors.items():
        same(described(tensor), wanted["safetensors"][name], f"{name} in ours.safetensors")

    # A run that went through Glissade's hands must go on as if it had not.
    for kind in optimizers(small_model()):
        runs = []
        for name in [f"{kind}.pt", f"{kind}.again.pt"]:
            model = small_model()
            optimizer = optimizers(model)[kind]
            saved = load(name)
            same(saved["epoch"], 3, "epoch")
            model.load_state_dict(saved["model"])
            optimizer.load_state_dict(saved["optimizer"])
            train(model, optimizer, 3)
            runs.append({name: described(tensor) for name, tensor in model.state_dict().items()})
        same(runs[1], runs[0], f"the run of {kind} resumed from {kind}.again.pt")
    print(f"  {checks} comparisons in PyTorch")


{"make": make, "check": check}[mode]()
