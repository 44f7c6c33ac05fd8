"""Writes fixtures/golden/gates.json: intervals that leave out each cluster once, as well-known libraries compute their parts.

Made with Python 3, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1 and statsmodels 0.15.0:

    python -m venv VENV && VENV/bin/pip install numpy scipy scikit-learn statsmodels
    VENV/bin/python scripts/golden/gates.py
"""

import json
import pathlib

import numpy
import scipy
import sklearn
import statsmodels
import statsmodels.api as models
from scipy import special, stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

generator = numpy.random.default_rng(20261126)


def plain(value):
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(part) for part in value]
    return value.item() if isinstance(value, numpy.generic) else value


def clusters_of(groups, most):
    return numpy.repeat(numpy.arange(groups), generator.integers(1, most + 1, groups))


def fitted_mean(values):
    return models.OLS(values, numpy.ones(values.size)).fit().params[0]


def left_out(clusters, statistic):
    """The variance of the statistic by leaving out each cluster, around the estimate."""
    groups = numpy.unique(clusters)
    whole = statistic(numpy.full(clusters.size, True))
    without = numpy.array([statistic(clusters != group) for group in groups])
    return whole, (groups.size - 1) / groups.size * numpy.sum((without - whole) ** 2), groups.size


def by_t(whole, variance, groups):
    half = stats.t.ppf(0.975, groups - 1) * numpy.sqrt(variance)
    return {"estimate": whole, "low": whole - half, "high": whole + half}


def names(clusters):
    return [f"prompt-{cluster}" for cluster in clusters]


def quantiles():
    for freedom in (1, 2, 3, 7, 30, 199, 5000, 199_999):
        for level in (0.8, 0.95, 0.999):
            yield {"freedom": freedom, "level": level, "quantile": stats.t.ppf((1 + level) / 2, freedom)}


def paired():
    """One row in each cluster: the interval of the paired t-test, from two libraries."""
    for size in (3, 12, 60):
        left, right = generator.beta(4, 3, size), generator.beta(4, 3, size)
        first = stats.ttest_rel(left, right).confidence_interval(0.95)
        second = DescrStatsW(left - right).tconfint_mean(alpha=0.05)
        assert numpy.allclose([first.low, first.high], second)
        yield {"left": left, "right": right, "low": first.low, "high": first.high}


def differences():
    """Several rows in a cluster: means fitted by statsmodels without each, Student's t from scipy; statsmodels' sandwich beside."""
    for groups, most in ((12, 4), (40, 6), (100, 3)):
        clusters = clusters_of(groups, most)
        left = special.expit(generator.normal(size=groups)[clusters] + generator.normal(size=clusters.size))
        right = special.expit(special.logit(left) + 0.4 * generator.normal(size=clusters.size))
        values = left - right
        sandwich = models.OLS(values, numpy.ones(values.size)).fit(
            cov_type="cluster", cov_kwds={"groups": clusters}
        ).cov_params()[0][0]
        whole, variance, count = left_out(clusters, lambda kept: fitted_mean(values[kept]))
        yield {
            "left": left,
            "right": right,
            "clusters": names(clusters),
            "error": numpy.sqrt(variance),
            "sandwichError": numpy.sqrt(sandwich),
            **by_t(whole, variance, count),
        }


def shares():
    """statsmodels' Wilson interval at the effective number of rows and the level at which z is Student's t."""
    for groups, most, draw in (
        (12, 1, lambda size: generator.beta(5, 1.5, size)),
        (30, 4, lambda size: generator.beta(2, 2, size)),
        (25, 3, lambda size: (generator.random(size) < 0.8).astype(float)),
        (60, 1, lambda size: (generator.random(size) < 0.93).astype(float)),
    ):
        clusters = clusters_of(groups, most)
        values = numpy.where(generator.random(clusters.size) < 0.4, draw(groups)[clusters], draw(clusters.size))
        whole, variance, count = left_out(clusters, lambda kept: fitted_mean(values[kept]))
        size = whole * (1 - whole) / variance
        alpha = 2 * stats.norm.sf(stats.t.ppf(0.975, count - 1))
        low, high = proportion_confint(whole * size, size, alpha=alpha, method="wilson")
        yield {"values": values, "clusters": names(clusters), "estimate": whole, "low": low, "high": high}


def unvaried():
    for size in (2, 5, 12, 400):
        yield {"size": size, "low": stats.binomtest(size, size).proportion_ci(0.95, method="exact").low}


def kappas():
    for groups, most, categories in ((20, 3, 2), (60, 2, 3)):
        clusters = clusters_of(groups, most)
        words = numpy.array(["first", "second", "tie"])[:categories]
        truth = generator.choice(words, clusters.size)
        judge = lambda skill: numpy.where(generator.random(clusters.size) < skill, truth, generator.choice(words, clusters.size))
        left, right = judge(0.7), judge(0.5)
        one = lambda kept: cohen_kappa_score(left[kept], truth[kept])
        both = lambda kept: one(kept) - cohen_kappa_score(right[kept], truth[kept])
        yield {
            "left": left,
            "right": right,
            "truth": truth,
            "clusters": names(clusters),
            "kappa": by_t(*left_out(clusters, one)),
            "difference": by_t(*left_out(clusters, both)),
        }


golden = {
    "made": {
        "script": "scripts/golden/gates.py",
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "statsmodels": statsmodels.__version__,
    },
    "quantiles": list(quantiles()),
    "paired": list(paired()),
    "differences": list(differences()),
    "shares": list(shares()),
    "unvaried": list(unvaried()),
    "kappas": list(kappas()),
}
target = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "gates.json"
lines = ",\n".join(
    f" {json.dumps(name)}: "
    + ("[\n  " + ",\n  ".join(json.dumps(plain(case)) for case in part) + "\n ]" if isinstance(part, list) else json.dumps(part))
    for name, part in golden.items()
)
target.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
