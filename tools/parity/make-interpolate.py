"""Makes fixtures/interpolate.json with real PyTorch: every mode over one to three dimensions of space, where sizes grow, shrink and stay.

    /usr/bin/python3 tools/parity/make-interpolate.py

needs Debian's python3-torch. The test only reads the file. Element i of an input is (7 i^2 + 3 i) % 11.
"""
import json
import os
import platform

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
SPACE = {1: [5], 2: [3, 5], 3: [2, 3, 5]}
FACTORS = [1.1, 1.3, 0.7, 2.0, 2.3, 0.99999]
RANKS = {
    "nearest": [1, 2, 3], "nearest-exact": [1, 2, 3], "area": [1, 2, 3], "linear": [1], "bilinear": [2], "trilinear": [3], "bicubic": [2],
}
cases = []
for mode, ranks in RANKS.items():
    for rank in ranks:
        for align in (False, True) if mode.endswith("linear") or mode == "bicubic" else (None,):
            # Images of one channel take another way through PyTorch.
            for channels in (1, 2):
                options = [{"scale_factor": f} for f in FACTORS] + [{"scale_factor": 1.3, "recompute_scale_factor": True}]
                options += [{"size": 4}, {"size": SPACE[rank]}]
                if rank > 1:
                    options += [{"scale_factor": [1.3, 0.7, 2.0][:rank]}, {"scale_factor": [1.0, 1.1, 1.3][:rank]}]
                for option in options:
                    shape = [1, channels, *SPACE[rank]]
                    i = torch.arange(float(torch.tensor(shape).prod()))
                    y = F.interpolate(((7 * i * i + 3 * i) % 11).reshape(shape), mode=mode, align_corners=align, **option)
                    data = [round(v, 5) for v in y.reshape(-1).tolist()]
                    cases.append({"mode": mode, "align": bool(align), "input": shape, **option, "output": list(y.shape), "data": data})

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "interpolate.json")
with open(path, "w") as out:
    json.dump({"meta": {"torch": torch.__version__, "python": platform.python_version()}, "cases": cases}, out, separators=(",", ":"))
    out.write("\n")
print(f"{len(cases)} cases")
