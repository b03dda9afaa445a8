"""PyTorch's names for the arguments of a call, from Python signatures and the schemas of native functions."""
import inspect
import re

import torch

PARAMETER = re.compile(r"(?P<type>[\w()! >|*-]+?(?:\[\d*\])?\??(?:\[\d*\])?\??) (?P<name>\w+)(?:=(?P<default>.+))?$")


def split(text):
    """At commas outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for i, c in enumerate(text):
        quoted ^= c == '"'
        depth += 0 if quoted else (c in "([") - (c in ")]")
        if c == "," and depth == 0 and not quoted:
            parts.append(text[start:i].strip())
            start = i + 1
    return [p for p in [*parts, text[start:].strip()] if p]


def schemas(name):
    """Parameters per overload that Python can call: [{"name", "type", "default", "named"}]."""
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        text = str(schema)
        if re.search(r"out$|names|dimname|Dimname|hacked_twin", schema.overload_name):
            continue
        parameters, named = [], False
        for part in split(text[text.index("(") + 1 : text.rindex(") ->")]):
            if part == "*":
                named = True
                continue
            match = PARAMETER.match(part)
            if match is None:
                break
            parameters.append({"name": match["name"], "type": match["type"].strip(), "default": match["default"], "named": named})
        else:
            found.append(parameters)
    return found


def fits(kind, x):
    optional = kind.endswith("?")
    kind = re.sub(r"\(.*?\)", "", kind.rstrip("?"))
    if x is None:
        return optional
    listed = re.match(r"(\w+\??)\[(\d*)\]$", kind)
    if listed:
        if isinstance(x, (list, tuple)):
            return all(fits(listed[1], y) for y in x)
        return bool(listed[2]) and fits(listed[1], x)
    number = isinstance(x, (int, float)) and not isinstance(x, bool)
    return {
        "Tensor": isinstance(x, torch.Tensor),
        "Scalar": isinstance(x, (bool, int, float)),
        "float": number,
        "int": number and isinstance(x, int),
        "SymInt": number and isinstance(x, int),
        "bool": isinstance(x, bool),
        "str": isinstance(x, str),
        "ScalarType": isinstance(x, torch.dtype),
    }.get(kind, False)


def bind(parameters, args, kwargs, strict):
    """Arguments by name, or None where they do not fit."""
    places = [p for p in parameters if not p["named"]]
    if len(args) > len(places):
        # x.permute(0, 2, 1): the sizes as arguments of their own.
        last = places[-1] if places else None
        if last is None or not last["type"].rstrip("?").endswith("[]"):
            return None
        args = [*args[: len(places) - 1], list(args[len(places) - 1 :])]
    known = {p["name"]: p for p in parameters}
    if strict and any(k not in known for k in kwargs):
        return None
    given = {p["name"]: x for p, x in zip(places, args)}
    for p in parameters:
        x = given.get(p["name"], kwargs.get(p["name"]))
        if p["name"] in given or p["name"] in kwargs:
            if not fits(p["type"], x):
                return None
        elif strict and p["default"] is None:
            return None
    return {**given, **kwargs}


def function_of(name, op):
    """The Python function behind an operator, where it names its parameters."""
    bare, candidates = name.split(".")[-1], [op]
    if name.startswith("nn.functional."):
        # Functions that return indices on demand are dispatched: the names are those of the one that does.
        candidates += [getattr(torch.nn.functional, n, None) for n in (f"{bare}_with_indices", bare)]
    for candidate in candidates:
        try:
            signature = inspect.signature(candidate)
        except (TypeError, ValueError):
            continue
        if all(p.kind != p.VAR_POSITIONAL for p in signature.parameters.values()):
            return signature
    return None


def by_name(name, op, args, kwargs):
    """The arguments by PyTorch's names; None where no signature fits."""
    signature = function_of(name, op)
    if signature is not None:
        try:
            found = signature.bind(*args, **kwargs).arguments
            rest = [k for k, p in signature.parameters.items() if p.kind == p.VAR_KEYWORD and k in found]
            for k in rest:
                found.update(found.pop(k))
            return renamed(found)
        except TypeError:
            pass
    bare = name.split(".")[-1]
    overloads = schemas(bare) or schemas(bare.strip("_"))
    for strict in (True, False):
        for parameters in overloads:
            found = bind(parameters, args, kwargs, strict)
            if found is not None:
                return renamed(found)
    return None


def renamed(found):
    return {"input" if k == "self" else k: v for k, v in found.items()}
