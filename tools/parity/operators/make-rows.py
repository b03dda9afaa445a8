"""Makes fixtures/operators/function-rows.jsonl and module-rows.jsonl: the rows of function_rows.py and module_rows.py, all of them.

    /usr/bin/python3 tools/parity/operators/make-rows.py
"""
import json
import pathlib
import sys
import warnings

import torch

import function_rows
import module_rows
from encode import value
from module import module_sample
from sample import leaves, measured

warnings.simplefilter("ignore")
torch.set_num_threads(1)
FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures" / "operators"


def each(sources):
    """The rows, from the same seed each, so that none depends on those before it."""
    for source in sources:
        rows = source()
        while True:
            torch.manual_seed(1)
            row = next(rows, None)
            if row is None:
                break
            yield row


def function_sample(name, named):
    call = function_rows.call_of(name)
    named, exact = leaves(named), leaves(named, 1.0, torch.float64)
    made = {"k": "row", "a": {k: value(v, []) for k, v in named.items()}}
    made.update(measured(lambda: call(**named), list(named.values()), lambda: call(**exact), list(exact.values()), twice=False))
    return made


def unsettled(module):
    """Statistics that no default has."""
    for name, buffer in module.named_buffers():
        buffer.copy_(torch.tensor(3) if name == "num_batches_tracked" else torch.rand_like(buffer) + 0.5)


def write(path, rows, line):
    lines = {}
    for name, made in rows:
        lines.setdefault(name, {"name": name, "samples": [], **line})["samples"].append(made)
    text = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in lines.values())
    (FIXTURES / path).write_text(text)
    print(path, len(lines), "names,", sum(len(each["samples"]) for each in lines.values()), "rows,", len(text), "bytes", file=sys.stderr)


write("function-rows.jsonl", ((f"nn.functional.{name}", function_sample(name, named)) for name, named in each(function_rows.SOURCES)), {"errors": [], "left": {}})
write(
    "module-rows.jsonl",
    ((cls.__name__, module_sample(cls, (), options, inputs, kind="row", prepare=unsettled, **more)) for cls, options, inputs, more in each(module_rows.SOURCES)),
    {"left": {}},
)
