"""Samples of PyTorch's own module tests (module_db, and the older tables of common_nn), a line of JSON per module.

    /usr/bin/python3 tools/parity/operators/make-modules.py OUT [COUNT]

A source gives calls of `module_sample`; a new one is added to SOURCES. README.md has the format.
"""
import json
import sys
import warnings
from functools import partial

import torch
import torch.testing._internal.common_nn as common_nn
from torch.testing._internal.common_modules import module_db

from encode import LeftOut
from module import module_sample

warnings.simplefilter("ignore")
torch.set_num_threads(1)
LONGEST = 60000
SCALES = (1.0, 100.0, 1e4, 0.0)


def from_module_db():
    for info in module_db:
        for training in [True, False] if info.train_and_eval_differ else [True]:
            torch.manual_seed(3)
            for made in info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=True, training=training):
                constructor, forward = made.constructor_input, made.forward_input
                if forward is not None:
                    yield info.module_cls, partial(module_sample, info.module_cls, constructor.args, constructor.kwargs, forward.args, forward=forward.kwargs, kind="module_db", training=training)


def argument(spec, name):
    """An argument of a table of common_nn: itself, a function that makes it, or the size of a random tensor."""
    if name in spec:
        return spec[name]
    if f"{name}_fn" in spec:
        return spec[f"{name}_fn"]()
    if f"{name}_size" in spec:
        def sized(s):
            return [sized(t) for t in s] if isinstance(s, list) else s if isinstance(s, torch.Tensor) else torch.randn(s)

        return sized(spec[f"{name}_size"])
    return ()


def from_common_nn():
    for spec in common_nn.module_tests + common_nn.new_module_tests + common_nn.criterion_tests:
        constructor = spec.get("constructor")
        extra = getattr(constructor, "keywords", {})
        cls = getattr(constructor, "func", constructor) if constructor is not None else getattr(torch.nn, spec["module_name"])
        if not (isinstance(cls, type) and issubclass(cls, torch.nn.Module)) or cls.__name__ == "FunctionalModule":
            continue
        torch.manual_seed(4)
        args, inputs = argument(spec, "constructor_args"), argument(spec, "input")
        inputs = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
        floats = [x.is_floating_point() if isinstance(x, torch.Tensor) else False for x in inputs]
        inputs = tuple(x.detach().float().requires_grad_() if f else x for x, f in zip(inputs, floats))
        target = argument(spec, "target")
        inputs += target if isinstance(target, tuple) else (target,)
        inputs += tuple(argument(spec, "extra_args"))
        inputs = tuple(x.float() if isinstance(x, torch.Tensor) and x.dtype == torch.float64 else x for x in inputs)
        for training in [True, False] if cls.__name__.startswith(("BatchNorm", "InstanceNorm")) else [True]:
            yield cls, partial(module_sample, cls, tuple(args), dict(extra), inputs, kind=spec.get("desc") or "common_nn", training=training)


SOURCES = (from_module_db, from_common_nn)

if __name__ == "__main__":
    out, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 120
    lines = {}
    for source in SOURCES:
        for cls, make in source():
            line = lines.setdefault(cls.__name__, {"name": cls.__name__, "samples": [], "left": {}})
            for scale in SCALES:
                try:
                    made = make(scale=scale)
                    if scale != 1.0:
                        made["k"] += f" x {scale:g}"
                    if len(json.dumps(made)) > LONGEST:
                        raise LeftOut("a large sample")
                    line["samples"].append(made)
                except LeftOut as reason:
                    line["left"][str(reason)] = line["left"].get(str(reason), 0) + 1
                except Exception as error:
                    reason = f"PyTorch raises {type(error).__name__}: {str(error)[:60]}"
                    line["left"][reason] = line["left"].get(reason, 0) + 1
    with open(out, "w") as file:
        for line in lines.values():
            line["samples"] = line["samples"][:count]
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
            print(line["name"], len(line["samples"]), line["left"], file=sys.stderr)
