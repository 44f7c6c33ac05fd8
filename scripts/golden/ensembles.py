"""Writes fixtures/golden/ensembles.json: reducers, normalisers, combinations and Pareto fronts of src/aggregate/.

Made with Python 3, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1 and paretoset 1.2.5:

    python -m venv VENV && VENV/bin/pip install numpy scipy scikit-learn paretoset
    VENV/bin/python scripts/golden/ensembles.py
"""

import importlib.metadata
import json
import math
import pathlib

import numpy
import scipy
import sklearn
from paretoset import paretoset
from scipy import stats
from sklearn.preprocessing import minmax_scale

generator = numpy.random.default_rng(20250311)


def plain(value):
    """numpy to JSON, NaN to null."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, numpy.generic):
        value = value.item()
    return None if isinstance(value, float) and numpy.isnan(value) else value


def columns():
    """Scores: free, tied, far from 0, tiny, constant."""
    for size in (2, 3, 4, 7, 16, 41):
        yield generator.random(size)
    for size in (5, 12):
        yield generator.integers(0, 5, size) / 4
    yield 1e3 + generator.normal(size=9)
    yield 1e-9 * generator.normal(size=8)
    yield generator.normal(size=6) * 1e5
    yield numpy.array([0.1, 0.2, 0.3])
    yield numpy.full(5, 0.3)


def sums():
    """math.fsum rounds once: cancellation, a spread of magnitudes, a tie that the last part decides."""
    yield [1e16, 1.0, -1e16]
    yield [1.0, 2.0**-53, 2.0**-106]
    yield [1.0, 2.0**-53, -(2.0**-106)]
    yield [0.1] * 10
    for size in (3, 20, 60):
        yield generator.normal(size=size) * 10.0 ** generator.integers(-12, 13, size)
    values = generator.normal(size=20) * 10.0 ** generator.integers(-8, 9, 20)
    yield numpy.concatenate([values, -generator.permutation(values), [1e-17]])


def reductions():
    for scores in columns():
        above, below = (scores > 0.5).sum(), (scores < 0.5).sum()
        half = len(scores) / 2
        yield {
            "scores": scores,
            "mean": numpy.mean(scores),
            "median": numpy.median(scores),
            "worst": numpy.min(scores),
            "penalized": numpy.mean(scores) - 0.75 * numpy.std(scores, ddof=1),
            "majority": 1 if above > half else 0 if below > half else None,
            "disagreement": numpy.ptp(scores),
            "standardError": stats.sem(scores, ddof=1),
        }


def distributions():
    for members, labels in ((1, 2), (2, 3), (5, 5), (9, 4)):
        rows = generator.dirichlet(numpy.full(labels, 0.7), size=members)
        yield {"rows": rows, "mean": numpy.mean(rows, axis=0)}


def normalizations():
    for scores in columns():
        flat = numpy.ptp(scores) == 0
        size = len(scores)
        yield {
            "scores": scores,
            "flat": flat,
            "center": scores - numpy.mean(scores),
            "zScore": numpy.zeros(size) if flat else stats.zscore(scores, ddof=1),
            "dampedZScore": (scores - numpy.mean(scores)) / (numpy.std(scores, ddof=1) + 1e-4),
            "rank": (stats.rankdata(scores, method="average") - 1) / (size - 1),
            "rloo": [scores[row] - numpy.mean(numpy.delete(scores, row)) for row in range(size)],
            "minMax": numpy.full(size, 0.5) if flat else minmax_scale(scores),
        }


def combinations():
    for answers, objectives in ((2, 2), (5, 3), (8, 4)):
        rows = generator.random((answers, objectives))
        weights = generator.random(objectives) + 0.1
        ideal = 1 + generator.random(objectives) / 2
        share = weights / numpy.max(weights)
        gaps = share * (ideal - rows)
        mean = numpy.average(rows, axis=1, weights=weights)
        yield {
            "rows": rows,
            "weights": weights,
            "ideal": ideal,
            "weightedMean": mean,
            "weightedSum": rows @ weights,
            "min": numpy.min(rows, axis=1),
            "chebyshev": 1 - numpy.max(gaps, axis=1),
            "augmented": 1 - numpy.max(gaps, axis=1) - 0.05 * numpy.sum(gaps, axis=1),
            "gated": numpy.where(rows[:, 0] < 0.5, numpy.minimum(mean, 0.2), mean),
            "before": numpy.average(stats.zscore(rows, axis=0, ddof=1), axis=1, weights=weights),
            "after": stats.zscore(mean, ddof=1),
        }


def fronts():
    for answers, objectives, levels in ((1, 2, 0), (12, 2, 0), (20, 3, 0), (25, 2, 4), (30, 3, 3)):
        rows = generator.integers(0, levels, (answers, objectives)) / 4 if levels else generator.random((answers, objectives))
        dominated = [
            sum(bool((other >= row).all() and (other > row).any()) for other in rows) for row in rows
        ]
        front = numpy.flatnonzero(paretoset(rows, sense=["max"] * objectives, distinct=False))
        yield {"rows": rows, "front": front, "dominatedBy": dominated}


golden = {
    "made": {
        "script": "scripts/golden/ensembles.py",
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "paretoset": importlib.metadata.version("paretoset"),
    },
    "sums": [{"values": values, "sum": math.fsum(values)} for values in sums()],
    "reductions": list(reductions()),
    "distributions": list(distributions()),
    "normalizations": list(normalizations()),
    "combinations": list(combinations()),
    "fronts": list(fronts()),
}
target = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "ensembles.json"
lines = ",\n".join(
    f" {json.dumps(name)}: "
    + ("[\n  " + ",\n  ".join(json.dumps(plain(case)) for case in part) + "\n ]" if isinstance(part, list) else json.dumps(part))
    for name, part in golden.items()
)
target.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
