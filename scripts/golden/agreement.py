"""Writes fixtures/golden/agreement.json: several raters, paired tests, length control and corrected rates.

Made with Python 3, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, statsmodels 0.15.0, krippendorff 0.9.0,
crowd-kit 1.4.2 and ppi-python 0.2.3:

    python -m venv VENV
    VENV/bin/pip install numpy scipy scikit-learn statsmodels krippendorff crowd-kit ppi-python
    VENV/bin/python scripts/golden/agreement.py

No Python package has the interval of Lang and Reiczigel; that one is written out here from the paper.
"""

import importlib.metadata
import json
import math
import pathlib

import krippendorff
import numpy
import pandas
import ppi_py
import statsmodels.api as models
from crowdkit.aggregation import DawidSkene
from scipy import special, stats
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

generator = numpy.random.default_rng(20250321)


def plain(value):
    """numpy to JSON, NaN to null."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, numpy.generic):
        value = value.item()
    return None if isinstance(value, float) and numpy.isnan(value) else value


def alphas():
    """Raters by units, some ratings missing, some units with one or none."""
    for raters, units, levels, missing, noise in (
        (2, 8, 2, 0.0, 0.3),
        (3, 15, 5, 0.3, 0.8),
        (4, 40, 7, 0.5, 1.2),
        (6, 12, 4, 0.1, 3.0),
        (5, 20, 100, 0.2, 20.0),
    ):
        truth = generator.integers(1, levels + 1, units)
        ratings = numpy.clip(numpy.round(truth + generator.normal(size=(raters, units)) * noise), 1, levels)
        ratings[generator.random((raters, units)) < missing] = numpy.nan
        if missing == 0.3:
            ratings = ratings / 7 - 0.4
        value = lambda level: krippendorff.alpha(reliability_data=ratings, level_of_measurement=level)
        yield {
            "units": ratings.T,
            "nominal": value("nominal"),
            "ordinal": value("ordinal"),
            "interval": value("interval"),
        }


def dawid_skene():
    """Parameters after k rounds, posteriors of some items under them: crowd-kit's come one round later."""
    for items, accuracies, width, rounds, share in (
        (60, (0.9, 0.7, 0.55, 0.8), 2, 5, 1.0),
        (150, (0.8, 0.75, 0.6, 0.7, 0.5), 3, 12, 0.7),
        (200, (0.75, 0.6, 0.8), 2, 20, 0.95),
    ):
        labels = numpy.array(["first", "second", "tie"][:width])
        truth = generator.choice(width, items, p=numpy.array([0.5, 0.3, 0.2][:width]) / sum([0.5, 0.3, 0.2][:width]))
        votes = []
        for item in range(items):
            given = {}
            for annotator, accuracy in enumerate(accuracies):
                if generator.random() < share:
                    right = generator.random() < accuracy
                    other = (truth[item] + generator.integers(1, width)) % width
                    given[f"annotator {annotator}"] = labels[truth[item] if right else other]
            votes.append(given or {"annotator 0": labels[truth[item]]})
        rows = [(item, name, label) for item, given in enumerate(votes) for name, label in given.items()]
        data = pandas.DataFrame(rows, columns=["task", "worker", "label"])
        fitted = DawidSkene(n_iter=rounds, tol=-1.0).fit(data)
        later = DawidSkene(n_iter=rounds + 1, tol=-1.0).fit(data)
        yield {
            "items": votes,
            "rounds": rounds,
            "prior": {label: fitted.priors_[label] for label in labels},
            "confusion": {
                f"annotator {annotator}": {
                    true: {said: fitted.errors_.loc[(f"annotator {annotator}", said), true] for said in labels}
                    for true in labels
                }
                for annotator in range(len(accuracies))
            },
            "posteriors": [[later.probas_.loc[item, label] for label in labels] for item in range(40)],
        }


def length_controlled():
    for size, intercept, slope, ties, soft in ((60, 0.3, 1.0, 0.2, False), (300, -0.4, 2.0, 0.0, False), (120, 0.1, -0.7, 0.0, True)):
        differences = generator.normal(120, 400, size).round()
        difficulty = generator.normal(size=size).round(3)
        feature = numpy.tanh(differences / differences.std(ddof=1))
        chance = special.expit(intercept + slope * feature + 0.5 * difficulty)
        outcomes = chance.round(6) if soft else (generator.random(size) < chance).astype(float)
        outcomes[generator.random(size) < ties] = 0.5

        def likelihood(*columns):
            design = numpy.column_stack([numpy.ones(size), *columns])
            fit = models.GLM(outcomes, design, family=models.families.Binomial()).fit(tol=1e-15, maxiter=200)
            return fit.params

        def ridge(strength):
            fit = LogisticRegression(C=1 / strength, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(
                numpy.concatenate([feature, feature])[:, None],
                numpy.repeat([1, 0], size),
                sample_weight=numpy.concatenate([outcomes, 1 - outcomes]),
            )
            return fit.intercept_[0], fit.coef_[0][0]

        plain_fit, hard_fit = likelihood(feature), likelihood(feature, difficulty)
        yield {
            "outcomes": outcomes,
            "differences": differences,
            "difficulty": difficulty,
            "controlled": special.expit(plain_fit[0]),
            "coefficient": plain_fit[1],
            "withDifficulty": special.expit(hard_fit[0] + hard_fit[2] * difficulty).mean(),
            "coefficientWithDifficulty": hard_fit[1],
            "ridge": 3.0,
            "ridgeControlled": special.expit(ridge(3.0)[0]),
            "ridgeCoefficient": ridge(3.0)[1],
        }


def mcnemars():
    for only_left, only_right in ((0, 0), (1, 0), (0, 6), (5, 5), (10, 25), (3, 4), (130, 170), (2, 900)):
        table = [[7, only_left], [only_right, 11]]
        yield {"onlyLeft": only_left, "onlyRight": only_right, "pValue": mcnemar(table, exact=True).pvalue}


def permutations():
    """Sums of clusters are what is swapped: exact over all 2^G."""
    for groups in (4, 9, 11):
        clusters = numpy.repeat(numpy.arange(groups), generator.integers(1, 5, groups))
        left = generator.random(clusters.size) < 0.8
        right = generator.random(clusters.size) < 0.5
        total = lambda column: numpy.bincount(clusters, weights=column, minlength=groups)
        test = stats.permutation_test(
            (total(left), total(right)),
            lambda first, second: (first.sum() - second.sum()) / clusters.size,
            permutation_type="samples",
            n_resamples=10**6,
        )
        yield {"left": left, "right": right, "clusters": [f"prompt-{cluster}" for cluster in clusters], "pValue": test.pvalue}


def powered_means():
    for labelled, unlabelled, noise, binary in ((40, 300, 0.3, False), (120, 80, 1.5, False), (200, 1000, 0.2, True), (50, 50, 0.5, True)):
        truth = generator.normal(size=labelled + unlabelled).round(3)
        judged = (truth + noise * generator.normal(size=truth.size) + 0.3).round(3)
        if binary:
            truth, judged = (truth > 0).astype(float), (judged > 0).astype(float)
        known, hidden = slice(0, labelled), slice(labelled, None)
        columns = truth[known], judged[known], judged[hidden]

        def result(tuning):
            low, high = ppi_py.ppi_mean_ci(*columns, alpha=0.05, lam=tuning)
            estimate = ppi_py.ppi_mean_pointestimate(*columns, lam=tuning)
            return {"estimate": numpy.ravel(estimate)[0], "low": low[0], "high": high[0]}

        yield {
            "truth": columns[0],
            "judged": columns[1],
            "unlabelled": columns[2],
            "ppi": result(1),
            "power": result(None),
            "classical": result(0),
        }


def corrected_rates():
    """Lang and Reiczigel, Preventive Veterinary Medicine 113 (2014), the adjusted interval."""
    z = stats.norm.ppf(0.975)
    for passes, total, caught, positives, spared, negatives in (
        (60, 100, 45, 50, 40, 50),
        (4, 1000, 30, 30, 99, 100),
        (650, 700, 80, 85, 20, 30),
        (17, 30, 14, 20, 18, 20),
    ):
        share, sensitivity, specificity = passes / total, caught / positives, spared / negatives
        unclipped = (share + specificity - 1) / (sensitivity + specificity - 1)
        total_, positives_, negatives_ = total + z**2, positives + 2, negatives + 2
        share_ = (passes + z**2 / 2) / total_
        sensitivity_, specificity_ = (caught + 1) / positives_, (spared + 1) / negatives_
        skill = sensitivity_ + specificity_ - 1
        rate = (share_ + specificity_ - 1) / skill
        miss, alarm = sensitivity_ * (1 - sensitivity_) / positives_, specificity_ * (1 - specificity_) / negatives_
        error = math.sqrt(share_ * (1 - share_) / total_ + rate**2 * miss + (1 - rate) ** 2 * alarm) / skill
        shift = 2 * z**2 * (rate * miss - (1 - rate) * alarm)
        yield {
            "passes": passes,
            "total": total,
            "caught": caught,
            "positives": positives,
            "spared": spared,
            "negatives": negatives,
            "unclipped": unclipped,
            "low": min(max(0, rate + shift - z * error), min(1, max(0, unclipped))),
            "high": max(min(1, rate + shift + z * error), min(1, max(0, unclipped))),
        }


def betas():
    for x, a, b in ((0.5, 1, 1), (0.1, 3, 5), (0.9, 3, 5), (0.02, 2.5, 100.25), (0.5, 500, 501), (0.3, 0.5, 0.5), (0.9999, 40, 0.7)):
        yield {"x": x, "a": a, "b": b, "share": special.betainc(a, b, x), "quantile": stats.beta.ppf(x, a, b)}


def upper_bounds():
    for events, total, confidence in ((0, 59, 0.95), (3, 200, 0.95), (7, 7, 0.9), (20, 1000, 0.99)):
        high = proportion_confint(events, total, alpha=2 * (1 - confidence), method="beta")[1]
        yield {"events": events, "total": total, "confidence": confidence, "bound": high}


golden = {
    "made": {
        "script": "scripts/golden/agreement.py",
        **{
            name: importlib.metadata.version(name)
            for name in ("numpy", "scipy", "scikit-learn", "statsmodels", "krippendorff", "crowd-kit", "ppi-python")
        },
    },
    "alphas": list(alphas()),
    "dawidSkene": list(dawid_skene()),
    "lengthControlled": list(length_controlled()),
    "mcNemars": list(mcnemars()),
    "permutations": list(permutations()),
    "poweredMeans": list(powered_means()),
    "correctedRates": list(corrected_rates()),
    "betas": list(betas()),
    "upperBounds": list(upper_bounds()),
}
target = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "agreement.json"
lines = ",\n".join(
    f" {json.dumps(name)}: "
    + ("[\n  " + ",\n  ".join(json.dumps(plain(case)) for case in part) + "\n ]" if isinstance(part, list) else json.dumps(part))
    for name, part in golden.items()
)
target.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
