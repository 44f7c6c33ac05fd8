"""Writes fixtures/golden/calibration.json: calibrations and calibration errors as well-known libraries compute them.

Made with Python 3, numpy 2.4.6, scipy 1.17.1 and scikit-learn 1.9.1:

    python -m venv VENV && VENV/bin/pip install numpy scipy scikit-learn
    VENV/bin/python scripts/golden/calibration.py

Platt's scaling is LogisticRegression without a penalty (Newton with a Cholesky factor, tolerance 1e-14); soft labels are two
weighted rows. Temperatures are the root of the derivative by brentq. Bins are those of calibration_curve by quantiles.
"""

import json
import pathlib

import numpy
import scipy
import sklearn
from scipy import optimize, special
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

generator = numpy.random.default_rng(20240608)


def plain(value):
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(part) for part in value]
    return value.item() if isinstance(value, numpy.generic) else value


def logistic_regression(values, labels, intercept):
    """Slope and intercept; a row with the soft label y is a 1 of weight y and a 0 of weight 1 - y."""
    columns = numpy.concatenate([values, values])[:, None]
    kinds = numpy.repeat([1, 0], values.size)
    weights = numpy.concatenate([labels, 1 - labels])
    kept = weights > 0
    model = LogisticRegression(C=numpy.inf, solver="newton-cholesky", tol=1e-14, max_iter=1000, fit_intercept=intercept)
    model.fit(columns[kept], kinds[kept], sample_weight=weights[kept])
    return {"slope": model.coef_[0][0], "intercept": model.intercept_[0] if intercept else 0.0}


def platt_targets(labels, positives, negatives):
    return labels * (positives + 1) / (positives + 2) + (1 - labels) / (negatives + 2)


def temperature(values, targets):
    """T with the largest likelihood, from the derivative's root in 1 / T."""
    derivative = lambda slope: numpy.mean((special.expit(slope * values) - targets) * values)
    return 1 / optimize.brentq(derivative, 1e-9, 100, xtol=1e-15, rtol=8.9e-16)


def judge(size, slope, intercept, spread):
    values = generator.normal(size=size) * spread
    labels = (generator.random(size) < special.expit(slope * values + intercept)).astype(float)
    labels[:2] = (1.0, 0.0)
    return values, labels


def fits():
    """Single answers: hard labels, soft labels, labels that the log-odds separate (with the prior alone)."""
    cases = [judge(30, 1.0, 0.0, 2.0), judge(200, 0.25, -1.0, 6.0), judge(120, 0.02, 0.3, 25.0), judge(60, -0.6, 0.5, 1.0)]
    values, _ = judge(80, 1.0, 0.0, 1.5)
    cases.append((values, numpy.clip(special.expit(0.5 * values + 0.4) + generator.normal(size=80) * 0.2, 0, 1)))
    values = numpy.array([-3.0, -1.5, -0.2, 0.1, 0.9, 2.0, 4.0, 12.0])
    cases.append((values, (values > 0).astype(float)))
    for values, labels in cases:
        targets = platt_targets(labels, labels.sum(), (1 - labels).sum())
        separated = bool(((values > 0) == labels).all())
        case = {
            "logOdds": values,
            "labels": labels,
            "plain": None if separated else logistic_regression(values, labels, True),
            "prior": logistic_regression(values, targets, True),
        }
        slope = logistic_regression(values, targets, False)["slope"]
        case["temperature"] = temperature(values, targets) if slope > 0 else None
        yield case


def pairs():
    """Every pair in both directions, with an intercept that comes out as zero."""
    for size, slope, spread in ((25, 0.8, 1.5), (150, 0.3, 5.0)):
        values, labels = judge(size, slope, 0.0, spread)
        labels[2:6] = 0.5
        both = numpy.concatenate([values, -values])
        mirrored = numpy.concatenate([labels, 1 - labels])
        targets = platt_targets(mirrored, size, size)
        yield {
            "logOdds": values,
            "labels": labels,
            "plain": logistic_regression(both, mirrored, True),
            "prior": logistic_regression(both, targets, True),
            "temperature": temperature(both, targets),
        }


def errors():
    for size, bins, rounded in ((4, 10, None), (38, 5, None), (200, 10, None), (200, 10, 1), (75, 7, 2), (60, 1, None)):
        probability = special.expit(generator.normal(size=size) * 2)
        if rounded is not None:
            probability = numpy.round(probability, rounded)
        labels = generator.random(size) < probability**1.5
        labels[:2] = (True, False)
        observed, predicted = calibration_curve(labels, probability, n_bins=bins, strategy="quantile")
        edges = numpy.percentile(probability, numpy.linspace(0, 1, bins + 1) * 100)
        places = numpy.searchsorted(edges[1:-1], probability)
        sizes = numpy.bincount(places, minlength=bins)
        sizes = sizes[sizes > 0]
        yield {
            "probabilities": probability,
            "labels": labels.astype(float),
            "bins": bins,
            "counts": sizes,
            "predicted": predicted,
            "observed": observed,
            "calibrationError": float(numpy.sum(sizes * numpy.abs(predicted - observed)) / size),
            "logLoss": metrics.log_loss(labels, probability.clip(2**-52, 1 - 2**-52)),
            "brier": metrics.brier_score_loss(labels, probability),
        }


def priors():
    """softmax(log p - log c), and the same with the mean of the batch as c."""
    for labels, size in (("no yes", 4), ("1 2 3 4 5", 6)):
        names = labels.split()
        batch = generator.dirichlet(numpy.ones(len(names)), size)
        prior = generator.dirichlet(numpy.ones(len(names)))
        divided = lambda by: special.softmax(numpy.log(batch) - numpy.log(by), axis=1)
        yield {
            "labels": names,
            "distributions": batch,
            "prior": prior,
            "contentFree": divided(prior),
            "batch": divided(batch.mean(axis=0)),
        }


golden = {
    "made": {
        "script": "scripts/golden/calibration.py",
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    },
    "fits": list(fits()),
    "pairs": list(pairs()),
    "errors": list(errors()),
    "priors": list(priors()),
}
target = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "calibration.json"
lines = ",\n".join(
    f" {json.dumps(name)}: "
    + ("[\n  " + ",\n  ".join(json.dumps(plain(case)) for case in part) + "\n ]" if isinstance(part, list) else json.dumps(part))
    for name, part in golden.items()
)
target.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
