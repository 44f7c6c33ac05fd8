"""The peers of bench/heads-speed.ts: the same pairs, the same minimum, with scikit-learn and PyTorch on the CPU.

    python bench/heads-speed.py FOLDER

FOLDER holds features.f32 (two rows a pair, left first), target.f64 and task.json. Writes one JSON object to stdout. Seconds of a fit are
those of the run with the loosest tolerance that comes to the loss in task.json; of PyTorch, which can be watched, those until it first
does.
"""

import json
import pathlib
import sys
import time
import warnings

import numpy
import sklearn
import torch
from sklearn.linear_model import LogisticRegression

folder = pathlib.Path(sys.argv[1])
task = json.loads((folder / "task.json").read_text())
pairs, columns, penalty, reached = task["pairs"], task["columns"], task["l2"], task["reached"]
features = numpy.fromfile(folder / "features.f32", dtype=numpy.float32).reshape(pairs, 2, columns)
target = numpy.fromfile(folder / "target.f64")

start = time.perf_counter()
rows = features.reshape(2 * pairs, columns)
deviation = rows.std(axis=0, dtype=numpy.float64).astype(numpy.float32)
differences = (features[:, 0] - features[:, 1]) / deviation
preparation = time.perf_counter() - start
exact = differences.astype(numpy.float64)


def loss(weights):
    weights = numpy.asarray(weights, dtype=numpy.float64).ravel()
    scores = exact @ weights
    return float(numpy.mean(numpy.logaddexp(0, scores) - target * scores) + penalty / 2 * weights @ weights)


def scikit(kind):
    data = exact if kind is numpy.float64 else differences
    best = None
    for tolerance in task["tolerances"]:
        model = LogisticRegression(
            C=1 / (penalty * pairs), fit_intercept=False, solver="lbfgs", tol=tolerance, max_iter=2000
        )
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(data, target)
        seconds = time.perf_counter() - begin
        found = {"seconds": seconds, "iterations": int(model.n_iter_[0]), "loss": loss(model.coef_)}
        if best is None or found["loss"] < best["loss"]:
            best = found
        if found["loss"] <= reached:
            return {**found, "reached": True}
    return {**best, "reached": False}


def pytorch(kind):
    data, labels = torch.from_numpy(exact).to(kind), torch.from_numpy(target).to(kind)
    weights = torch.zeros(columns, dtype=kind, requires_grad=True)
    search = torch.optim.LBFGS(
        [weights], max_iter=400, history_size=10, line_search_fn="strong_wolfe", tolerance_grad=1e-8, tolerance_change=0
    )
    trail = []

    def closure():
        search.zero_grad()
        scores = data @ weights
        value = torch.mean(torch.nn.functional.softplus(scores) - labels * scores) + penalty / 2 * weights @ weights
        value.backward()
        trail.append((time.perf_counter() - begin, search.state[weights].get("n_iter", 0), weights.detach().clone()))
        return value

    begin = time.perf_counter()
    search.step(closure)
    best = None
    for seconds, iterations, point in trail:
        found = {"seconds": seconds, "iterations": iterations, "loss": loss(point.numpy())}
        if best is None or found["loss"] < best["loss"]:
            best = found
        if found["loss"] <= reached:
            break
    return {**best, "reached": best["loss"] <= reached}


def scoring():
    weights = numpy.random.default_rng(1).normal(size=columns).astype(numpy.float32)
    mean = rows.mean(axis=0)
    begin = time.perf_counter()
    ((rows - mean) / deviation) @ weights
    return 2 * pairs / (time.perf_counter() - begin)


print(
    json.dumps(
        {
            "versions": {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__, "torch": torch.__version__},
            "threads": torch.get_num_threads(),
            "preparation": preparation,
            "peers": {
                "scikit-learn, float32": scikit(numpy.float32),
                "scikit-learn, float64": scikit(numpy.float64),
                "PyTorch, float32": pytorch(torch.float32),
                "PyTorch, float64": pytorch(torch.float64),
            },
            "scoredRowsPerSecond": scoring(),
        }
    )
)
