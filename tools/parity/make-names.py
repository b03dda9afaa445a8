"""Makes fixtures/pytorch-names.json: every public name of PyTorch in the places that docs/pytorch-names.md counts.

    /usr/bin/python3 tools/parity/make-names.py

Nothing is left out here: a name is public where it does not begin with an underscore, and what is not is counted. With each
name goes what it is (`kind`), and what other name it is the same as: because it is the same object, or because PyTorch's
documentation calls it an alias.
"""
import importlib
import inspect
import json
import pathlib
import re

import torch

MODULES = """torch torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn torch.nn.utils.parametrizations
torch.nn.utils.parametrize torch.nn.utils.prune torch.nn.utils.stateless torch.optim torch.optim.lr_scheduler torch.optim.swa_utils
torch.utils.data torch.distributions torch.autograd torch.autograd.functional torch.special torch.linalg""".split()
modules = {name: importlib.import_module(name) for name in MODULES}
# Instances, because fields that a constructor makes are names too.
instances = {
    "torch.Tensor": torch.Tensor,
    "torch.Generator": torch.Generator(),
    "torch.nn.Module": torch.nn.Module(),
    "torch.optim.Optimizer": torch.optim.Optimizer([torch.zeros(1)], {}),
    "torch.optim.lr_scheduler._LRScheduler": torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD([torch.zeros(1)], 0.1), abs),
}
PLACES = ["torch", "torch.Tensor", "torch.Generator", "torch.nn", "torch.nn.Module", *MODULES[2:10], "torch.optim", "torch.optim.Optimizer",
          "torch.optim.lr_scheduler", "torch.optim.lr_scheduler._LRScheduler", *MODULES[12:]]
places = {place: {**modules, **instances}[place] for place in PLACES}
# LambdaLR's own.
NOT_OF_THE_BASE = {"torch.optim.lr_scheduler._LRScheduler": {"lr_lambdas"}}


def public(place):
    return [n for n in dir(places[place]) if not n.startswith("_") and n not in NOT_OF_THE_BASE.get(place, ())]


def is_import(place, value):
    """Whether the file of a module imports a value: from Python or, but where builtins are, from PyTorch's internals."""
    if place in instances:
        return False
    home = getattr(value, "__module__", None) or "torch"
    inside = home.startswith("torch._") and place not in ("torch", "torch.special", "torch.linalg") and not inspect.isbuiltin(value)
    return inside or home.split(".")[0] != "torch" or type(value).__module__ == "typing"


def kind(place, name):
    """What a name is; `import` for what the file of a module imports."""
    value = getattr(type(places[place]) if place in instances and place != "torch.Tensor" else places[place], name, None)
    if place in instances and not callable(value):
        return "property"
    if inspect.ismodule(value):
        return "module" if value.__name__ == f"{place}.{name}" else "import"
    if isinstance(value, torch.dtype):
        return "dtype"
    if is_import(place, value):
        return "import"
    if inspect.isclass(value):
        return "class"
    if callable(value):
        return "function" if value.__doc__ else "function without documentation"
    return "value"


def documented(place, name):
    """The name that the documentation of a name calls it an alias of."""
    text = getattr(getattr(places[place], name), "__doc__", None)
    found = re.match(r"[^`]*\bAlias (?:for|of) :\w+:`~?\.?([\w.]+)", text) if isinstance(text, str) else None
    if found is None:
        return None
    target = re.sub(r"^Tensor\.", "torch.Tensor.", found.group(1))
    return target if target.startswith("torch.") else f"{place}.{target}"


def exists(path):
    place, _, name = path.rpartition(".")
    return place in places and hasattr(places[place], name)


def order(path):
    """At home is an object under its own name; a function that torch.nn.functional has, there; else in the first place."""
    place, _, name = path.rpartition(".")
    value = getattr(places[place], name)
    own = getattr(value, "__name__", str(value).rpartition(".")[2]) == name
    return not own, place != "torch.nn.functional" or not inspect.isroutine(value), PLACES.index(place)


homes, aliases = {}, {}
shared = [f"{place}.{name}" for place in MODULES for name in public(place) if kind(place, name) not in ("import", "module", "value", "property")]
for path in sorted(shared, key=order):
    place, _, name = path.rpartition(".")
    home = homes.setdefault(id(getattr(places[place], name)), path)
    if home != path:
        aliases[path] = home
# torch.special repeats torch, not the other way round.
for place in PLACES:
    for name in public(place):
        path, target = f"{place}.{name}", documented(place, name)
        if target is None or not exists(target) or path in aliases or path == target:
            continue
        if target.startswith("torch.special."):
            aliases.setdefault(target, path)
        else:
            aliases[path] = target
# torch.Tensor.multiply_ is an alias because torch.multiply is.
for name in public("torch.Tensor"):
    path, bare = f"torch.Tensor.{name}", name.rstrip("_")
    for owner in ("torch", "torch.Tensor"):
        target = aliases.get(f"{owner}.{bare}", "")
        target = f"torch.Tensor.{target.rpartition('.')[2]}{name[len(bare):]}"
        if path not in aliases and exists(target) and target != path:
            aliases[path] = target
for name in public("torch"):
    target = aliases.get(f"torch.{name[:-1]}") if name.endswith("_") else None
    if target is not None and exists(f"{target}_"):
        aliases.setdefault(f"torch.{name}", f"{target}_")

table = {}
for place in PLACES:
    kinds = {}
    for name in public(place):
        kinds.setdefault(kind(place, name), []).append(name)
    hidden = sum(n.startswith("_") for n in dir(places[place]))
    table[place] = {"underscored": hidden, "names": kinds}
rows = ",\n".join(
    f'  {json.dumps(place)}: {{\n   "underscored": {row["underscored"]},\n   "names": {{\n'
    + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in row["names"].items())
    + "\n   }\n  }"
    for place, row in table.items()
)
pairs = ",\n".join(f"  {json.dumps(path)}: {json.dumps(target)}" for path, target in sorted(aliases.items()))
text = f'{{\n "torch": {json.dumps(torch.__version__)},\n "places": {{\n{rows}\n }},\n "aliases": {{\n{pairs}\n }}\n}}\n'
path = pathlib.Path(__file__).parent / "fixtures" / "pytorch-names.json"
path.write_text(text)
print({place: sum(map(len, row["names"].values())) for place, row in table.items()}, len(aliases), "aliases")
