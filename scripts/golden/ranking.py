"""Writes fixtures/golden/ranking.json: strengths and their covariances as well-known libraries compute them.

Made with Python 3, choix 0.4.1, numpy 2.4.6, scipy 1.17.1 and statsmodels 0.15.0:

    python -m venv VENV && VENV/bin/pip install choix numpy scipy statsmodels
    VENV/bin/python scripts/golden/ranking.py
"""

import itertools
import json
import math
import pathlib

import choix
import numpy
import statsmodels.api as models
from scipy import stats
from statsmodels.discrete.conditional_models import ConditionalLogit

generator = numpy.random.default_rng(20240611)


def logistic(value):
    return 1 / (1 + math.exp(-value))


def centred(strengths):
    return numpy.asarray(strengths) - numpy.mean(strengths)


def contrast(items):
    """From strengths with the last at 0 to centred strengths."""
    return numpy.vstack([numpy.eye(items - 1), numpy.zeros(items - 1)]) - 1 / items


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [rounded(part) for part in value]
    return value.item() if isinstance(value, numpy.generic) else value


def pairs(items, size):
    for _ in range(size):
        first, second = generator.choice(items, 2, replace=False)
        yield int(first), int(second)


def hard(items, size, alpha):
    """choix maximises the log-likelihood − alpha Σ θ²."""
    truth = generator.normal(size=items)
    data = [
        pair if generator.random() < logistic(truth[pair[0]] - truth[pair[1]]) else pair[::-1]
        for pair in pairs(items, size)
    ]
    strengths = choix.opt_pairwise(items, data, alpha=alpha, method="Newton-CG", tol=1e-14)
    return {"items": items, "wins": data, "ridge": 2 * alpha, "strengths": centred(strengths)}


def soft(items, size, groups):
    """Probabilities with weights and clusters; strengths also by choix's spectral method."""
    truth = generator.normal(size=items)
    rows, matrix = [], numpy.zeros((items, items))
    for first, second in pairs(items, size):
        probability = round(logistic(truth[first] - truth[second] + generator.normal()), 6)
        weight = float(generator.choice([0.5, 1.0, 2.0]))
        rows.append([first, second, probability, weight, int(generator.integers(groups))])
        matrix[first, second] += weight * probability
        matrix[second, first] += weight * (1 - probability)
    spectral = choix.ilsr_pairwise_dense(matrix, alpha=0, max_iter=1000, tol=1e-11)
    design = numpy.zeros((size, items))
    for row, (first, second, *_) in enumerate(rows):
        design[row, first], design[row, second] = 1, -1
    columns = list(zip(*rows))
    weights, family = numpy.array(columns[3]), models.families.Binomial()
    plain = models.GLM(columns[2], design[:, :-1], family=family, var_weights=weights).fit(tol=1e-14, maxiter=200)
    clustered = models.GEE(
        columns[2], design[:, :-1], groups=numpy.array(columns[4]), family=family, weights=weights
    ).fit(ctol=1e-12, maxiter=200)
    change = contrast(items)
    count = len(set(columns[4]))
    return {
        "items": items,
        "rows": rows,
        "spectral": centred(spectral),
        "strengths": change @ plain.params,
        "model": (change @ plain.cov_params() @ change.T).ravel(),
        "clustered": (change @ clustered.cov_robust @ change.T).ravel() * count / (count - 1),
    }


def poisson(items, cells, sizes):
    """A multinomial choice model as a log-linear one (Fienberg 1979): each choice has its own intercept.

    A cell is (choice, set of items, count)."""
    choices = sorted({choice for choice, _, _ in cells})
    design = numpy.zeros((len(cells), len(choices) + items - 1 + len(sizes)))
    for row, (choice, members, _) in enumerate(cells):
        design[row, choices.index(choice)] = 1
        for member in members:
            if member < items - 1:
                design[row, len(choices) + member] = 1 / len(members)
        if len(members) > 1:
            design[row, len(choices) + items - 1 + sizes.index(len(members))] = 1
    model = models.GLM([count for _, _, count in cells], design, family=models.families.Poisson())
    found = model.fit(tol=1e-14, maxiter=500).params[len(choices):]
    odds = dict(zip(sizes, numpy.exp(found[items - 1:])))
    return {
        "strengths": contrast(items) @ found[: items - 1],
        "tieOdds": [float(odds.get(size, 0)) for size in range(2, max(sizes) + 1)],
    }


def davidson(items, size):
    rows, cells = [], []
    for choice, (first, second) in enumerate(pairs(items, size)):
        wins, losses, tie = (round(float(part), 6) for part in generator.dirichlet([2, 1, 1]))
        tie = round(1 - wins - losses, 6)
        rows.append([first, second, round(wins + tie / 2, 7), tie])
        cells += [(choice, [first], wins), (choice, [second], losses), (choice, [first, second], tie)]
    return {"items": items, "rows": rows, **poisson(items, cells, [2])}


def ordered(items, size, truth):
    """A ranking of `size` items drawn from the model."""
    seen = generator.choice(items, size, replace=False)
    return [int(item) for item in sorted(seen, key=lambda item: -(truth[item] + generator.gumbel()))]


def plackett(items, number):
    truth = generator.normal(size=items)
    rankings = [ordered(items, int(generator.integers(2, items + 1)), truth) for _ in range(number)]
    strengths = choix.opt_rankings(items, rankings, alpha=0, method="Newton-CG", tol=1e-14)
    chosen, design, group = [], [], []
    for ranking in rankings:
        for stage in range(len(ranking) - 1):
            for item in ranking[stage:]:
                chosen.append(int(item == ranking[stage]))
                design.append(numpy.eye(items)[item, :-1])
                group.append(len(group) if item == ranking[stage] else group[-1])
    logit = ConditionalLogit(numpy.array(chosen), numpy.array(design), groups=numpy.array(group))
    found = logit.fit(method="newton", disp=False, tol=1e-12, maxiter=100)
    change = contrast(items)
    return {
        "items": items,
        "rankings": rankings,
        "strengths": centred(strengths),
        "logit": change @ found.params,
        "model": (change @ found.cov_params() @ change.T).ravel(),
    }


def best_few(items, number):
    truth = generator.normal(size=items)
    rankings, top = [], []
    for _ in range(number):
        order = ordered(items, int(generator.integers(3, items + 1)), truth)
        known = int(generator.integers(1, 3))
        rankings.append({"places": [[item] for item in order[:known]], "rest": order[known:]})
        top += [(order[place], order[place + 1:]) for place in range(known) if order[place + 1:]]
    strengths = choix.opt_top1(items, top, alpha=0, method="Newton-CG", tol=1e-14)
    return {"items": items, "rankings": rankings, "strengths": centred(strengths)}


def with_ties(items, number, largest):
    truth = generator.normal(size=items)
    rankings = []
    for _ in range(number):
        order = ordered(items, int(generator.integers(3, items + 1)), truth)
        groups = []
        while order:
            size = int(generator.integers(1, largest + 1)) if generator.random() < 0.5 else 1
            groups.append(sorted(order[:size]))
            order = order[size:]
        rankings.append(groups)
    return rankings


def averaged(items, number, largest):
    """Every order of tied items, each as often, so that each ranking counts alike."""
    rankings = with_ties(items, number, largest)
    orders = [
        [list(itertools.chain(*order)) for order in itertools.product(*map(itertools.permutations, groups))]
        for groups in rankings
    ]
    common = math.lcm(*map(len, orders))
    data = [order for all_orders in orders for order in all_orders for _ in range(common // len(all_orders))]
    strengths = choix.opt_rankings(items, data, alpha=0, method="Newton-CG", tol=1e-14)
    return {"items": items, "rankings": rankings, "strengths": centred(strengths)}


def davidson_luce(items, number, largest):
    rankings = with_ties(items, number, largest)
    sizes = sorted({len(group) for groups in rankings for group in groups if len(group) > 1})
    cells, choice = [], 0
    for groups in rankings:
        for place, group in enumerate(groups):
            left = sorted(itertools.chain(*groups[place:]))
            if len(left) < 2:
                continue
            for size in [1, *sizes]:
                for members in itertools.combinations(left, size):
                    cells.append((choice, list(members), int(list(members) == group)))
            choice += 1
    return {"items": items, "rankings": rankings, **poisson(items, cells, sizes)}


probabilities = [1e-300, 1e-12, 1e-5, 0.001, 0.05, 0.2, 0.5, 0.6, 0.93, 0.975, 0.9995, 1 - 1e-9]
golden = {
    "hard": [hard(4, 30, 0), hard(7, 120, 0), hard(6, 14, 0.25), hard(9, 20, 0.02)],
    "soft": [soft(3, 9, 4), soft(6, 60, 8), soft(10, 200, 25)],
    "davidson": [davidson(3, 8), davidson(6, 40)],
    "plackettLuce": [plackett(4, 12), plackett(8, 40)],
    "bestFew": [best_few(5, 30), best_few(8, 60)],
    "averaged": [averaged(4, 12, 2), averaged(6, 20, 3)],
    "davidsonLuce": [davidson_luce(4, 14, 2), davidson_luce(6, 25, 3)],
    "normalQuantile": [[probability, stats.norm.ppf(probability)] for probability in probabilities],
}
path = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "ranking.json"
path.write_text(json.dumps(rounded(golden), separators=(",", ":")) + "\n")
