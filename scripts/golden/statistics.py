"""Writes fixtures/golden/statistics.json: the statistics of src/aggregate/ as well-known libraries compute them.

Made with Python 3, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1 and statsmodels 0.15.0:

    python -m venv VENV && VENV/bin/pip install numpy scipy scikit-learn statsmodels
    VENV/bin/python scripts/golden/statistics.py
"""

import json
import pathlib

import numpy
import scipy
import sklearn
import statsmodels
import statsmodels.api as models
from scipy import special, stats
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

generator = numpy.random.default_rng(20240607)


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
    """Pairs of numeric columns: free, tied, monotone, skewed, constant."""
    for size in (2, 3, 7, 25, 60):
        left = generator.normal(size=size)
        yield left, 0.6 * left + generator.normal(size=size)
    for size in (5, 20, 80):
        yield generator.integers(0, 4, size).astype(float), generator.integers(1, 6, size).astype(float)
    yield numpy.arange(12.0), numpy.arange(12.0) ** 3
    yield numpy.arange(12.0), -numpy.exp(numpy.arange(12.0))
    yield 1e6 + generator.normal(size=30), 1e-6 * generator.normal(size=30)
    yield numpy.full(9, 0.3), generator.normal(size=9)
    yield generator.normal(size=9), numpy.full(9, 0.1)


def correlations():
    for left, right in columns():
        yield {
            "left": left,
            "right": right,
            "pearson": stats.pearsonr(left, right).statistic,
            "spearman": stats.spearmanr(left, right).statistic,
            "kendall": stats.kendalltau(left, right, variant="b").statistic,
        }


def kappas():
    for size, low, high in ((10, 1, 3), (40, 1, 5), (40, 0, 10), (200, 1, 5), (12, 0, 1)):
        left = generator.integers(low, high + 1, size)
        right = numpy.clip(left + generator.integers(-1, 2, size), low, high)
        levels = list(range(low, high + 1))
        score = lambda weights: metrics.cohen_kappa_score(left, right, labels=levels, weights=weights)
        yield {
            "left": left,
            "right": right,
            "nominal": score(None),
            "linear": score("linear"),
            "quadratic": score("quadratic"),
        }
    # One rater is constant: kappa is 0 and defined. A gap in the middle of the scale counts as two steps.
    yield {"left": [1, 1, 1, 1], "right": [1, 2, 1, 3], "nominal": 0.0, "linear": 0.0, "quadratic": 0.0}
    left, right = [1, 1, 4, 4, 5, 1], [1, 4, 4, 5, 5, 5]
    score = lambda weights: metrics.cohen_kappa_score(left, right, labels=[1, 2, 3, 4, 5], weights=weights)
    yield {
        "left": left,
        "right": right,
        "nominal": metrics.cohen_kappa_score(left, right),
        "linear": score("linear"),
        "quadratic": score("quadratic"),
    }


def nominal_kappas():
    for size in (15, 120):
        left = generator.choice(["first", "second", "tie"], size, p=[0.5, 0.4, 0.1])
        right = numpy.where(generator.random(size) < 0.7, left, generator.choice(["first", "second"], size))
        yield {
            "left": left,
            "right": right,
            "kappa": metrics.cohen_kappa_score(left, right),
            "accuracy": metrics.accuracy_score(left, right),
        }


def probabilities():
    for size in (4, 30, 200):
        events = generator.random(size) < 0.6
        events[:2] = (True, False)
        probability = special.expit(generator.normal(size=size) * 3 + events)
        if size == 200:
            probability = numpy.round(probability, 1)
        yield {
            "probabilities": probability,
            "events": events,
            "brier": metrics.brier_score_loss(events, probability),
            "logLoss": metrics.log_loss(events, probability),
            "areaUnderCurve": metrics.roc_auc_score(events, probability),
        }


def wilson():
    for successes, total in ((0, 1), (1, 1), (0, 12), (12, 12), (3, 10), (42, 60), (1, 1000), (703, 1207)):
        low, high = proportion_confint(successes, total, alpha=0.05, method="wilson")
        yield {"successes": successes, "total": total, "low": low, "high": high}


def clustered_proportions():
    """Wilson at n over the design effect, the clustered variance from statsmodels' sandwich."""
    for groups, most in ((12, 4), (40, 6), (100, 3)):
        tendency = generator.beta(1.5, 1.0, groups)
        sizes = generator.integers(1, most + 1, groups)
        clusters = numpy.repeat(numpy.arange(groups), sizes)
        hits = generator.random(clusters.size) < tendency[clusters]
        total, share = hits.size, hits.mean()
        fit = models.OLS(hits.astype(float), numpy.ones(total)).fit(
            cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
        )
        clustered = fit.cov_params()[0][0] * groups / (groups - 1)
        effect = max(1.0, clustered / (share * (1 - share) / (total - 1)))
        low, high = proportion_confint(hits.sum() / effect, total / effect, alpha=0.05, method="wilson")
        yield {
            "hits": hits,
            "clusters": [f"prompt-{cluster}" for cluster in clusters],
            "effect": effect,
            "estimate": share,
            "low": low,
            "high": high,
        }


def bootstraps():
    """Whole clusters as the units of scipy's percentile bootstrap, with many resamples: equal up to sampling noise."""
    for groups in (30, 80):
        sizes = generator.integers(1, 5, groups)
        clusters = numpy.repeat(numpy.arange(groups), sizes)
        left = generator.normal(size=groups)[clusters] + generator.normal(size=clusters.size)
        right = left + generator.normal(size=clusters.size) * 1.5
        members = [numpy.flatnonzero(clusters == group) for group in range(groups)]

        def interval(statistic):
            def of_groups(drawn):
                rows = numpy.concatenate([members[int(group)] for group in drawn])
                return statistic(left[rows], right[rows])

            found = stats.bootstrap(
                (numpy.arange(groups),),
                of_groups,
                vectorized=False,
                method="percentile",
                n_resamples=20000,
                rng=numpy.random.default_rng(1),
            ).confidence_interval
            return [found.low, found.high]

        yield {
            "left": left,
            "right": right,
            "clusters": [f"prompt-{cluster}" for cluster in clusters],
            "mean": interval(lambda first, _: first.mean()),
            "spearman": interval(lambda first, second: stats.spearmanr(first, second).statistic),
        }


def softmaxes():
    for logits in ([0.0], [0.0, 0.0], [-0.2, -3.1, -700.0], [1000.0, 1001.0, 999.5], [-1e4, -1e4 - 2.5]):
        yield {
            "logits": logits,
            "softmax": special.softmax(logits),
            "logSumExp": special.logsumexp(logits),
            "logistic": special.expit(logits),
        }


def log_odds():
    for probability in (0.5, 1e-300, 0.1, 0.3, 0.999999, 1 - 2**-53):
        yield {"probability": probability, "logOdds": special.logit(probability)}


golden = {
    "made": {
        "script": "scripts/golden/statistics.py",
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "statsmodels": statsmodels.__version__,
    },
    "correlations": list(correlations()),
    "kappas": list(kappas()),
    "nominalKappas": list(nominal_kappas()),
    "probabilities": list(probabilities()),
    "wilson": list(wilson()),
    "clusteredProportions": list(clustered_proportions()),
    "bootstraps": list(bootstraps()),
    "softmaxes": list(softmaxes()),
    "logOdds": list(log_odds()),
}
target = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "statistics.json"
lines = ",\n".join(
    f" {json.dumps(name)}: "
    + ("[\n  " + ",\n  ".join(json.dumps(plain(case)) for case in part) + "\n ]" if isinstance(part, list) else json.dumps(part))
    for name, part in golden.items()
)
target.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
