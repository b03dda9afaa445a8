"""Samples of PyTorch's own operator tests (op_db), a line of JSON per operator.

    /usr/bin/python3 tools/parity/operators/make-operators.py OUT [COUNT]

Operators are those that fixtures/operators/names.json lists; op-db.json beside it gets the names of all. COUNT (120) is the most of a kind. README.md has the format.
"""
import json
import pathlib
import random
import signal
import sys
import warnings

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

from calls import CALLS
from encode import LeftOut, value
from parameters import by_name
from sample import leaves, measured

warnings.simplefilter("ignore")
torch.set_num_threads(1)
TRIES, SECONDS, LONGEST = 600, 20, 40000
INDEXED = {"__getitem__", "__setitem__"}
# The first result is asked for, the second is PyTorch's own affair.
FIRST_ONLY = {"nn.functional._scaled_dot_product_attention"}
# Kinds of samples: dtype, scale of what gradients are taken by, whether of the larger set of references, share of COUNT.
KINDS = {
    "float32": (torch.float32, 1.0, False, 1.0),
    "reference": (torch.float32, 1.0, True, 1.0),
    "float32 x 100": (torch.float32, 100.0, False, 0.2),
    "float32 x 10000": (torch.float32, 1e4, False, 0.2),
    "float32 / 10000": (torch.float32, 1e-4, False, 0.2),
    "float32 x 0": (torch.float32, 0.0, False, 0.2),
    "float64": (torch.float64, 1.0, False, 0.5),
    "int64": (torch.int64, 1.0, False, 0.5),
    "int64 reference": (torch.int64, 1.0, True, 0.5),
    "int32": (torch.int32, 1.0, False, 0.2),
    "uint8": (torch.uint8, 1.0, False, 0.5),
    "uint8 reference": (torch.uint8, 1.0, True, 0.5),
    "bool": (torch.bool, 1.0, False, 0.5),
}


class Late(Exception):
    pass


def late(*_):
    raise Late()


signal.signal(signal.SIGALRM, late)


def arguments_of(info, sample):
    """Arguments by PyTorch's names; by place where it has none."""
    given = {k: v for k, v in sample.kwargs.items() if k not in ("device", "layout", "pin_memory")}
    if given.pop("memory_format", torch.contiguous_format) not in (None, torch.contiguous_format, torch.preserve_format):
        raise LeftOut("a memory format")
    named = by_name(info.name, info.op, [sample.input, *sample.args], given)
    if named is not None:
        return named
    return {"input": sample.input, **{f"#{i + 1}": v for i, v in enumerate(sample.args)}, **given}


def encoded(named, index):
    return {k: value(v, [], index and k not in ("self", "input")) for k, v in named.items()}


def entry_of(info, sample, kind, scale):
    def call_of(*change):
        """A call of fresh leaves, and its arguments by name: gradients are taken in their order."""
        found = leaves((sample.input, tuple(sample.args), dict(sample.kwargs)), *change)
        sample.input, sample.args, sample.kwargs = found

        def call(first=sample.input, args=sample.args, kwargs=sample.kwargs):
            made = info(first, *args, **kwargs)
            return made[0] if info.name in FIRST_ONLY else made

        return call, arguments_of(info, sample)

    call, named = call_of(scale)
    made = {"k": kind, "a": encoded(named, info.name in INDEXED)}
    made.update(measured(call, list(named.values()), *call_of(1.0, torch.float64)))
    return made


def spread(items, count):
    """So many of them, from all parts."""
    return items if len(items) <= count else [items[i * len(items) // count] for i in range(count)]


def samples_of(info, kind, count, left):
    dtype, scale, reference, share = KINDS[kind]
    tracked = dtype.is_floating_point and info.supports_autograd
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    source = info.reference_inputs if reference else info.sample_inputs
    made, seen = [], set()
    iterator = iter(source("cpu", dtype, requires_grad=tracked))
    for _ in range(TRIES):
        try:
            signal.alarm(SECONDS)
            sample = next(iterator)
            entry = entry_of(info, sample, kind, scale)
            text = json.dumps(entry)
            if len(text) > LONGEST:
                raise LeftOut("a large sample")
            if text not in seen:
                seen.add(text)
                made.append(entry)
        except StopIteration:
            break
        except LeftOut as reason:
            left[str(reason)] = left.get(str(reason), 0) + 1
        except Exception as error:
            reason = f"PyTorch raises {type(error).__name__}"
            left[reason] = left.get(reason, 0) + 1
        finally:
            signal.alarm(0)
    return spread(made, max(1, int(count * share)))


def errors_of(info, left):
    """Calls that PyTorch refuses."""
    made = []
    if info.error_inputs_func is None:
        return made
    torch.manual_seed(1)
    for error in info.error_inputs("cpu"):
        sample = error.sample_input
        try:
            entry = {"k": "error", "a": encoded(arguments_of(info, sample), info.name in INDEXED)}
        except LeftOut as reason:
            left[str(reason)] = left.get(str(reason), 0) + 1
            continue
        except Exception as problem:
            reason = f"PyTorch raises {type(problem).__name__}"
            left[reason] = left.get(reason, 0) + 1
            continue
        try:
            info(sample.input, *sample.args, **sample.kwargs)
            left["an error only elsewhere"] = left.get("an error only elsewhere", 0) + 1
            continue
        except (TypeError, AttributeError):
            left["a refusal of Python's types"] = left.get("a refusal of Python's types", 0) + 1
            continue
        except Exception as raised:
            entry["e"] = f"{type(raised).__name__}: {str(raised).splitlines()[0][:160]}"
        made.append(entry)
    return made


def line_of(info, count):
    left, samples = {}, []
    dtypes = info.supported_dtypes("cpu")
    for kind, (dtype, scale, reference, _) in KINDS.items():
        if dtype not in dtypes or (reference and info.reference_inputs_func is None) or (scale != 1.0 and not info.supports_autograd):
            continue
        try:
            samples += samples_of(info, kind, count, left)
        except Exception as error:
            reason = f"PyTorch has no inputs ({kind}: {type(error).__name__})"
            left[reason] = left.get(reason, 0) + 1
    try:
        errors = errors_of(info, left)
    except Exception as error:
        errors, left["PyTorch has no errors"] = [], 1
    return {"name": name_of(info), "samples": samples, "errors": errors, "left": left}


def name_of(info):
    return info.name + ("." + info.variant_test_name if info.variant_test_name else "")


if __name__ == "__main__":
    fixtures = pathlib.Path(__file__).parent.parent / "fixtures" / "operators"
    # The references and primitives of PyTorch's own compiler are the same operators again.
    operators = op_db + CALLS
    known = [name_of(info) for info in operators if not info.name.startswith(("_refs", "ops."))]
    (fixtures / "op-db.json").write_text(json.dumps(known) + "\n")
    out, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 120
    wanted = set(json.loads((fixtures / "names.json").read_text()))
    with open(out, "w") as file:
        for info in operators:
            if name_of(info) in wanted:
                line = line_of(info, count)
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
                print(line["name"], len(line["samples"]), len(line["errors"]), line["left"], file=sys.stderr)
