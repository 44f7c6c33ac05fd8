"""Writes fixtures/golden/head-pages.json: scores by the Python of each head's own page.

Made with Python 3, numpy 2.4.6 and safetensors 0.8.0:

    python -m venv VENV && VENV/bin/pip install numpy safetensors
    node scripts/golden/head-pages.ts
    VENV/bin/python scripts/golden/head-pages.py
"""

import inspect
import json
import pathlib
import re

import numpy

golden = pathlib.Path(__file__).parents[2] / "fixtures" / "golden"
inputs = json.loads((golden / "head-pages" / "inputs.json").read_text())
features = numpy.array(inputs["features"], dtype=numpy.float32)
extra = {"lengths": numpy.array(inputs["lengths"]), "prompt": numpy.array(inputs["prompt"], dtype=numpy.float32)}

scores = {}
for page in sorted((golden / "head-pages").glob("*/README.md")):
    names = {}
    exec(re.search(r"```python\n(.*?)```", page.read_text(), re.DOTALL).group(1), names)
    score = names["score"]
    wanted = [name for name in inspect.signature(score).parameters if name in extra]
    scores[page.parent.name] = score(page.parent, features, **{name: extra[name] for name in wanted}).tolist()
(golden / "head-pages.json").write_text(json.dumps(scores, indent=1) + "\n")
