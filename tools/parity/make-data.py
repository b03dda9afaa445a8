"""Makes fixtures/data.json: samplers, loaders, distributed samplers and random splits, from real PyTorch.

    /usr/bin/python3 tools/parity/make-data.py

needs Debian's python3-torch. The tests only read the file. Every case ends with two more draws of each generator, which
pin how many numbers were drawn. The schema is that of packages/core/test/golden (docs/parity.md).
"""
import itertools
import json
import pathlib
import platform

import torch
from torch.utils.data import (
    BatchSampler, DataLoader, Dataset, DistributedSampler, RandomSampler, SequentialSampler, SubsetRandomSampler,
    WeightedRandomSampler, random_split,
)

cases = []


class Numbers(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return i


def rand2(generator=None):
    return [float(f"{x:.9g}") for x in torch.rand(2, generator=generator).tolist()]


def case(kind, out, generator=None, **fields):
    drawn = dict(next_rand2=rand2())
    if generator is not None:
        drawn["next_rand2_own"] = rand2(generator)
    cases.append(dict(id=f"{kind}/{len(cases)}", kind=kind, **fields, out=out, **drawn))


def own(seed):
    return None if seed is None else torch.Generator().manual_seed(seed)


SEED = 11
WEIGHTS = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6, 0.0, 1e-3]

for n, replacement, num_samples, seed in itertools.product((1, 5, 40), (False, True), (None, 3, 32, 70), (None, 5)):
    torch.manual_seed(SEED)
    g = own(seed)
    sampler = RandomSampler(Numbers(n), replacement=replacement, num_samples=num_samples, generator=g)
    out = [list(sampler) for _ in range(2)]
    case("random", out, g, n=n, replacement=replacement, num_samples=num_samples, seed=seed)

for replacement, num_samples, seed in itertools.product((False, True), (2, 6), (None, 5)):
    torch.manual_seed(SEED)
    g = own(seed)
    sampler = WeightedRandomSampler(WEIGHTS, num_samples, replacement, generator=g)
    out = [list(sampler) for _ in range(2)]
    case("weighted", out, g, weights=WEIGHTS, replacement=replacement, num_samples=num_samples, seed=seed)

for seed in (None, 5):
    torch.manual_seed(SEED)
    g = own(seed)
    sampler = SubsetRandomSampler([9, 4, 7, 2, 30], generator=g)
    case("subset", [list(sampler) for _ in range(2)], g, indices=[9, 4, 7, 2, 30], seed=seed)

for n, size, drop in itertools.product((0, 6, 7), (1, 3), (False, True)):
    torch.manual_seed(SEED)
    sampler = BatchSampler(SequentialSampler(Numbers(n)), size, drop)
    case("batch", [list(sampler)], n=n, batch_size=size, drop_last=drop, length=len(sampler))

# Passes: how many batches are taken before the loop is left; None is all of them.
for n, size, drop, shuffle, seed, passes in itertools.product(
    (6, 7), (3,), (False, True), (False, True), (None, 5), ([None, None], [1, None], [0, 2, 1], [9, 9])
):
    torch.manual_seed(SEED)
    g = own(seed)
    loader = DataLoader(Numbers(n), batch_size=size, shuffle=shuffle, drop_last=drop, generator=g)
    out = []
    for count in passes:
        batches = []
        for batch in loader:
            if count is not None and len(batches) == count:
                break
            batches.append(batch.tolist())
        out.append(batches)
    case("loader", out, g, n=n, batch_size=size, drop_last=drop, shuffle=shuffle, seed=seed, passes=passes, length=len(loader))

for n, replicas, shuffle, drop in itertools.product((10, 3, 12), (1, 4), (True, False), (False, True)):
    torch.manual_seed(SEED)
    out = []
    for epoch in (0, 2):
        ranks = []
        for rank in range(replicas):
            sampler = DistributedSampler(Numbers(n), replicas, rank, shuffle=shuffle, seed=3, drop_last=drop)
            sampler.set_epoch(epoch)
            ranks.append(list(sampler))
        out.append(ranks)
    case("distributed", out, n=n, replicas=replicas, shuffle=shuffle, drop_last=drop, epochs=[0, 2])

for n, lengths, seed in itertools.product((10,), ([10], [3, 7], [0, 4, 6], [0.5, 0.5], [0.3, 0.3, 0.4], [0.25, 0.75]), (None, 5)):
    torch.manual_seed(SEED)
    g = own(seed)
    parts = random_split(Numbers(n), lengths) if g is None else random_split(Numbers(n), lengths, generator=g)
    case("split", [list(part.indices) for part in parts], g, n=n, lengths=lengths, seed=seed)

fixture = dict(schema="parity-golden/1", set="data", torch=torch.__version__, platform=platform.platform(), seed=SEED,
               doc="Orders of samplers and loaders.", cases=cases)
path = pathlib.Path(__file__).parent / "fixtures" / "data.json"
rows = ",\n".join(json.dumps(row) for row in cases)
fixture["cases"] = "CASES"
path.write_text(json.dumps(fixture).replace('"CASES"', f"[\n{rows}\n]") + "\n")
print(len(cases), "cases")
