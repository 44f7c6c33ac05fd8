"""Writes fixtures/golden/tensors.safetensors with the reference implementation, and tensors.json: what it reads in our file.

Made with Python 3, numpy 2.4.6 and safetensors 0.8.0:

    python -m venv VENV && VENV/bin/pip install numpy safetensors
    node scripts/golden/tensors.ts
    VENV/bin/python scripts/golden/tensors.py
"""

import json
import math
import pathlib

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).parents[2] / "fixtures" / "golden"

save_file(
    {
        "weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 7,
        "bias": numpy.array([-0.0, math.inf, math.nan], dtype=numpy.float64),
        "order": numpy.array([[2**31 - 1, -(2**31)]], dtype=numpy.int32),
        "scalar": numpy.array(0.1, dtype=numpy.float32),
        "nothing": numpy.zeros((0, 4), dtype=numpy.float32),
        "später": numpy.array([1e-45], dtype=numpy.float32),
    },
    folder / "tensors.safetensors",
    {"juror": '{"a":1}', "ünicode": "✓"},
)


def described(tensor):
    return {
        "dtype": str(tensor.dtype),
        "shape": list(tensor.shape),
        "values": [value if math.isfinite(value) else str(value) for value in tensor.ravel().tolist()],
    }


with safe_open(folder / "tensors-ours.safetensors", "np") as file:
    read = {
        "metadata": dict(sorted(file.metadata().items())),
        "tensors": {name: described(file.get_tensor(name)) for name in sorted(file.keys())},
    }
(folder / "tensors.json").write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n")
