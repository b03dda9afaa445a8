"""Makes fixtures/operators/defaults.json: what PyTorch takes when an argument is left out, for every
function and class of fixtures/pytorch-names.json. An argument that overloads disagree about has all of their defaults.

    /usr/bin/python3 tools/parity/operators/make-defaults.py
"""
import ast
import inspect
import json
import math
import pathlib
import pydoc
import re

import torch
import torch.nn.functional
import torch.optim.lr_scheduler
import torch.optim.swa_utils
import torch.utils.data

from parameters import schemas, split

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
EMPTY = inspect.Parameter.empty
REQUIRED = {"required": True}


def plain(x):
    """A default as JSON; names of what has no text in JSON."""
    if isinstance(x, float) and not math.isfinite(x):
        return str(x)
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    if isinstance(x, (list, tuple)):
        return [plain(y) for y in x]
    return f"<{getattr(x, '__name__', type(x).__name__)}>"


def literal(text):
    try:
        return plain(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError):
        return {"inf": "inf", "-inf": "-inf"}.get(text.strip(), f"<{text.strip()}>")


def from_signature(call):
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind == p.VAR_POSITIONAL for p in parameters) and not inspect.isclass(call):
        return None
    return [{p.name: REQUIRED if p.default is EMPTY else plain(p.default) for p in parameters if p.name != "self"}]


def from_schemas(name):
    return [{p["name"]: REQUIRED if p["default"] is None else literal(p["default"]) for p in parameters if p["name"] != "self"} for parameters in schemas(name)] or None


def from_text(name, text):
    """The first lines of a built-in's documentation: `name(input, dim=0, *, out=None) -> Tensor`."""
    found = []
    for line in re.findall(rf"^\s*(?:\w+\.)*{re.escape(name)}\((.*?)\)\s*->.*$", text if isinstance(text, str) else "", re.M):
        pairs = [(*part.split("=", 1), None)[:2] for part in split(line.replace("*,", "").replace("*", ""))]
        found.append({k.strip(): REQUIRED if v is None else literal(v) for k, v in pairs})
    return found or None


def defaults_of(owner, name):
    call = getattr(owner, name)
    if inspect.isclass(call) and issubclass(call, torch.nn.RNNBase):
        overloads = from_signature(torch.nn.RNNBase) + ([{"nonlinearity": "tanh"}] if call is torch.nn.RNN else [])
    elif owner is torch.nn.functional:
        dispatched = getattr(owner, f"{name}_with_indices", None)
        overloads = from_signature(dispatched or call) or from_text(name, call.__doc__) or from_schemas(name)
    else:
        bare = name.rstrip("_") if name.endswith("_") else name
        overloads = from_signature(call) or (from_schemas(name) or from_schemas(bare) or []) + (from_text(name, call.__doc__) or [])
    merged = {}
    for overload in overloads or []:
        for k, v in overload.items():
            values = merged.setdefault(k, [])
            # What one overload requires and another has a default for has a default.
            if v is REQUIRED and values:
                continue
            if values == [REQUIRED]:
                values.clear()
            if v not in values or any(type(v) is not type(w) for w in values if w == v):
                values.append(v)
    return {k: v[0] if len(v) == 1 else {"any": v} for k, v in merged.items()}


PLACES = json.loads((FIXTURES / "pytorch-names.json").read_text())["places"]
KINDS = ("function", "function without documentation", "class")
found = {}
for place, row in PLACES.items():
    owner = pydoc.locate(place)
    names = sorted(name for kind in KINDS for name in row["names"].get(kind, []))
    found[place] = {name: defaults_of(owner, name) for name in names}
with open(FIXTURES / "operators" / "defaults.json", "w") as file:
    file.write("{\n" + ",\n".join(f"{json.dumps(place)}: {{\n" + ",\n".join(f" {json.dumps(n)}: {json.dumps(d)}" for n, d in listed.items()) + "\n}" for place, listed in found.items()) + "\n}\n")
print({place: len(listed) for place, listed in found.items()})
