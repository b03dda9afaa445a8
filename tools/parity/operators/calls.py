"""Calls that PyTorch's operator data leave out, as operators of the same kind: a row per function, with its samples."""
import torch
import torch.nn.functional as F
from torch.testing import make_tensor
from torch.testing._internal.common_dtype import all_types_and, floating_types
from torch.testing._internal.opinfo.core import OpInfo, SampleInput


def operator(name, op, samples, dtypes=floating_types()):
    """`samples(make)` gives tuples of arguments, the last a dict where there are some by name; `make(*shape)` is a tensor."""

    def inputs(info, device, dtype, requires_grad, **_):
        def make(*shape, **options):
            return make_tensor(shape, device=device, dtype=dtype, requires_grad=requires_grad, low=-3, high=3, **options)

        for call in samples(make):
            *args, kwargs = call if isinstance(call[-1], dict) else (*call, {})
            yield SampleInput(args[0], args=tuple(args[1:]), kwargs=kwargs)

    return OpInfo(name, op=op, dtypes=dtypes, sample_inputs_func=inputs, supports_out=False)


def conv3d(make):
    for x, w, options in [
        ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), {}),
        ((2, 3, 3, 3), (2, 3, 2, 1, 2), {"stride": (1, 2, 1), "padding": 1}),
        ((1, 2, 4, 3, 4), (2, 1, 2, 2, 2), {"groups": 2, "dilation": (2, 1, 1)}),
        ((1, 1, 3, 3, 3), (1, 1, 2, 2, 3), {"padding": "same"}),
        ((1, 1, 3, 3, 3), (1, 1, 2, 2, 3), {"padding": "valid"}),
    ]:
        yield make(*x), make(*w), make(w[0]), options
        yield make(*x), make(*w), None, options


def fold(make):
    yield make(1, 8, 6), {"output_size": (3, 4), "kernel_size": (2, 2)}
    yield make(8, 6), {"output_size": (3, 4), "kernel_size": 2}
    yield make(2, 4, 9), {"output_size": 4, "kernel_size": 2, "padding": 1, "stride": 2}
    yield make(1, 4, 4), {"output_size": (4, 4), "kernel_size": (2, 2), "dilation": 2}


def set_item(make):
    i = torch.tensor([0, 2, -1])
    x = lambda: make(3, 4)
    for index, value in [
        (0, make(4)), (-1, 2.0), ((slice(None), 1), make(3)), ((slice(0, 3, 2), slice(1, None)), make(2, 3)), (Ellipsis, make(1)),
        ((Ellipsis, None, 2), make(3, 1)), (i, make(4)), ((slice(None), i), make(3, 3)), ((torch.tensor([0, 2, 1]), i), make(3)), ([0, 2], 1.0), (slice(1, 1), 3.0),
    ]:
        yield x(), index, value


def full(make):
    for size, value in [((2, 3), 1.5), ((), -2), ((0, 2), 1.0), ((3,), float("inf"))]:
        yield size, value


def assigned(x, index, value):
    y = x.clone()
    y[index] = value
    return y


CALLS = [
    operator("nn.functional.conv3d", F.conv3d, conv3d),
    operator("nn.functional.fold", F.fold, fold),
    operator("__setitem__", assigned, set_item, all_types_and(torch.bool)),
    operator("full", torch.full, full),
]
