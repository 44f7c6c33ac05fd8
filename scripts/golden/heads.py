"""Writes fixtures/golden/heads.json: losses, gradients and minima of reward heads as PyTorch, TRL, scikit-learn and choix compute them.

Made with Python 3, torch 2.15.0, trl 1.16.0, scikit-learn 1.9.1 and choix 0.4.1:

    python -m venv VENV && VENV/bin/pip install torch trl scikit-learn choix
    VENV/bin/python -P scripts/golden/heads.py

-P keeps statistics.py, which stands beside this file, from being taken for the standard library's.

Everything is in float64. TRL's losses are computed by RewardTrainer.compute_loss itself, on a model that returns given rewards.
"""

import collections
import json
import pathlib
import types

import choix
import numpy
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch.nn import functional
from trl.trainer.reward_trainer import RewardTrainer

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
generator = numpy.random.default_rng(20240612)


def graph(values):
    return torch.tensor(values, requires_grad=True)


def derivative(loss, *variables):
    return [float(part) if part.ndim == 0 else part.tolist() for part in torch.autograd.grad(loss, variables)]


differences = [*generator.normal(size=6).round(3), 0.0, -40.0, 40.0, 700.0, -700.0]


def bradley_terry(difference, target, margin):
    return -(target * functional.logsigmoid(difference - margin) + (1 - target) * functional.logsigmoid(-difference - margin))


def terms():
    cases = []

    def add(kind, given, loss, variables):
        cases.append({"kind": kind, **given, "value": loss.item(), "gradient": derivative(loss, *variables)})

    for difference in differences:
        for target, margin in [(1.0, 0.0), (0.0, 0.0), (0.5, 0.0), (0.3, 0.0), (1.0, 1.0), (0.5, 0.7), (0.8, 2 / 3)]:
            given = {"difference": difference, "target": target, "margin": margin}
            delta = graph(difference)
            add("bradley-terry", given, bradley_terry(delta, target, margin), [delta])
            for rate in [0.1, 0.3]:
                delta = graph(difference)
                kept, flipped = bradley_terry(delta, target, margin), bradley_terry(delta, 1 - target, margin)
                add("smoothed", {**given, "rate": rate}, (1 - rate) * kept + rate * flipped, [delta])
                delta = graph(difference)
                kept, flipped = bradley_terry(delta, target, margin), bradley_terry(delta, 1 - target, margin)
                add("robust", {**given, "rate": rate}, ((1 - rate) * kept - rate * flipped) / (1 - 2 * rate), [delta])
        for log_odds, target, tie in [(-1.0, 1.0, False), (0.4, 0.3, False), (0.4, 0.5, True), (3.0, 0.0, False), (-6.0, 0.5, True)]:
            delta, odds = graph(difference), graph(log_odds)
            logits = torch.stack([delta / 2, -delta / 2, odds])
            wanted = torch.tensor([0.0, 0.0, 1.0] if tie else [target, 1 - target, 0.0])
            loss = functional.cross_entropy(logits[None], wanted[None])
            add("davidson", {"difference": difference, "logTieOdds": log_odds, "target": target, "tie": tie}, loss, [delta, odds])
        for target, margin in [(1.0, 1.0), (0.0, 0.5), (0.0, 1.0)]:
            delta = graph(difference)
            side = torch.tensor([2 * target - 1])
            loss = functional.margin_ranking_loss(delta[None], torch.zeros(1), side, margin=margin)
            add("margin", {"difference": difference, "target": target, "margin": margin, "power": 1}, loss, [delta])
            delta = graph(difference)
            loss = functional.margin_ranking_loss(delta[None], torch.zeros(1), side, margin=margin) ** 2
            add("margin", {"difference": difference, "target": target, "margin": margin, "power": 2}, loss, [delta])
        for target in [0.0, 1.0, 0.35]:
            score = graph(difference)
            loss = functional.binary_cross_entropy_with_logits(score, torch.tensor(target))
            add("cross-entropy", {"score": difference, "target": target}, loss, [score])
            score = graph(difference)
            add("regression", {"score": difference, "target": target}, functional.mse_loss(score, torch.tensor(target)) / 2, [score])
            for quantile in [0.1, 0.5, 0.9]:
                for smoothing in [0.0, 0.05]:
                    score = graph(difference)
                    error = target - score
                    if smoothing:
                        loss = quantile * error - smoothing * functional.logsigmoid(error / smoothing)
                    else:
                        loss = torch.maximum(quantile * error, (quantile - 1) * error)
                    given = {"score": difference, "target": target, "quantile": quantile, "smoothing": smoothing}
                    if float(error) != 0:
                        add("quantile", given, loss, [score])
    for scores in [[0.3, -1.2], [0.1, 2.0, -0.7, 0.4], [500.0, -500.0, 0.0], [-800.0, 800.0, 799.0, 1.0], list(generator.normal(size=7).round(3))]:
        ranked = graph(scores)
        loss = (torch.flip(torch.logcumsumexp(torch.flip(ranked, [0]), 0), [0]) - ranked).sum()
        add("plackett-luce", {"scores": scores}, loss, [ranked])
    return cases


def networks():
    """Whole objectives with a hidden layer and without, with the penalty on weights alone."""
    cases = []
    rows, columns = 9, 3
    features = generator.normal(size=(rows, columns)).astype(numpy.float32)
    mean, deviation = features.mean(axis=0, dtype=numpy.float64), features.std(axis=0, dtype=numpy.float64)
    standardised = torch.tensor((features - mean) / deviation)
    left, right = [0, 1, 2, 3, 4, 5, 6, 0], [1, 2, 0, 5, 6, 3, 7, 8]
    target, margin = [1.0, 0.7, 0.5, 0.0, 1.0, 0.2, 0.9, 0.5], [0.0, 0.3, 0.0, 1.0, 0.5, 0.0, 0.2, 0.0]
    weight = [1.0, 0.5, 2.0, 1.0, 1.5, 1.0, 0.25, 1.0]
    scores = generator.uniform(size=(rows, 2)).round(3)
    known = generator.uniform(size=(rows, 2)) < 0.8
    known[0] = True
    orders = [[0, 1, 2], [8, 3, 4, 5], [6, 7]]
    for hidden in [0, 4]:
        for kind, outputs in [("bradley-terry", 1), ("plackett-luce", 1), ("cross-entropy", 2), ("regression", 2)]:
            parts = [graph(generator.normal(size=shape).round(3)) for shape in ([(hidden, columns), (hidden,)] if hidden else [])]
            parts += [graph(generator.normal(size=(outputs, hidden or columns)).round(3)), graph(generator.normal(size=outputs).round(3))]
            states = torch.tanh(standardised @ parts[0].T + parts[1]) if hidden else standardised
            output = states @ parts[-2].T + parts[-1]
            penalty = 0.05
            if kind == "bradley-terry":
                score = output[:, 0]
                delta, shares = score[left] - score[right], torch.tensor(weight) / sum(weight)
                loss = (shares * (bradley_terry(delta, torch.tensor(target), torch.tensor(margin)) + 0.3 * (score[left] + score[right]) ** 2)).sum()
            elif kind == "plackett-luce":
                each = []
                for order in orders:
                    ranked = output[order, 0]
                    each.append((torch.flip(torch.logcumsumexp(torch.flip(ranked, [0]), 0), [0]) - ranked).sum())
                loss = torch.stack(each).mean()
            else:
                function = functional.binary_cross_entropy_with_logits if kind == "cross-entropy" else lambda s, y: functional.mse_loss(s, y) / 2
                loss = sum(function(output[known[:, k], k], torch.tensor(scores[known[:, k], k])) for k in range(outputs))
            loss = loss + penalty / 2 * sum((part**2).sum() for part in parts[::2])
            gradient = torch.autograd.grad(loss, parts, allow_unused=True)
            cases.append(
                {
                    "kind": kind,
                    "hidden": hidden,
                    "l2": penalty,
                    "parameters": torch.cat([part.detach().ravel() for part in parts]).tolist(),
                    "value": float(loss),
                    "gradient": torch.cat([torch.zeros_like(part).ravel() if slope is None else slope.ravel() for part, slope in zip(parts, gradient)]).tolist(),
                }
            )
    return {
        "features": features.ravel().tolist(),
        "columns": columns,
        "pairs": {"left": left, "right": right, "target": target, "margin": margin, "weight": weight, "centering": 0.3},
        "orders": orders,
        "scores": [[value if there else None for value, there in zip(line, mask)] for line, mask in zip(scores.tolist(), known.tolist())],
        "cases": cases,
    }


def trl():
    cases = []
    for margin in [None, [0.0, 1.0, 2 / 3, 1 / 3, 0.0]]:
        for centering in [None, 0.01, 0.5]:
            chosen, rejected = generator.normal(size=5).round(3), generator.normal(size=5).round(3)
            rewards = graph(numpy.concatenate([chosen, rejected]))

            class Model:
                training = False

                def __call__(self, **inputs):
                    return types.SimpleNamespace(logits=rewards[:, None])

            trainer = types.SimpleNamespace(
                model=Model(),
                args=types.SimpleNamespace(center_rewards_coefficient=centering),
                accelerator=types.SimpleNamespace(gather=lambda value: value, gather_for_metrics=lambda value: value),
                _metrics={"eval": collections.defaultdict(list)},
                _total_train_tokens=0,
                _tp_size=1,
            )
            inputs = {} if margin is None else {"margin": torch.tensor(margin)}
            loss = RewardTrainer.compute_loss(trainer, trainer.model, inputs)
            cases.append(
                {
                    "chosen": chosen.tolist(),
                    "rejected": rejected.tolist(),
                    "margin": margin,
                    "centering": centering,
                    "value": float(loss),
                    "gradient": derivative(loss, rewards)[0],
                }
            )
    return cases


def minima():
    """Minima over rows that are given standardised: mean 0 and deviation 1 to float32."""
    rows, columns = 240, 6
    features = generator.normal(size=(rows, columns)) @ generator.normal(size=(columns, columns))
    features = ((features - features.mean(axis=0)) / features.std(axis=0)).astype(numpy.float32)
    truth = generator.normal(size=columns) / 2
    exact = (features - features.mean(axis=0, dtype=numpy.float64)) / features.std(axis=0, dtype=numpy.float64)
    held = generator.normal(size=(500, columns)).round(4)
    left, right = numpy.arange(0, rows, 2), numpy.arange(1, rows, 2)
    between = exact[left] - exact[right]
    wins = (generator.uniform(size=rows // 2) < 1 / (1 + numpy.exp(-between @ truth))).astype(int)
    held_wins = (generator.uniform(size=500) < 1 / (1 + numpy.exp(-held @ truth))).astype(int)
    logistic = []
    for penalty in [1e-3, 1e-1]:
        model = LogisticRegression(C=1 / (penalty * len(wins)), fit_intercept=False, tol=1e-12, max_iter=10000).fit(between, wins)
        weights = model.coef_[0]
        scores = between @ weights
        value = numpy.mean(numpy.logaddexp(0, scores) - wins * scores) + penalty / 2 * weights @ weights
        accuracy = float(numpy.mean((held @ weights > 0) == (held_wins == 1)))
        logistic.append({"l2": penalty, "weights": weights.tolist(), "value": float(value), "heldOutAccuracy": accuracy})
    targets = (exact @ generator.normal(size=(columns, 2)) + generator.normal(size=(rows, 2)) + 3).round(4)
    known = generator.uniform(size=(rows, 2)) < 0.7
    # A row of which nothing is known would be left out of the standardisation.
    known[~known.any(axis=1)] = True
    weight = generator.uniform(0.5, 2, size=rows).round(3)
    ridge = []
    for penalty in [0.0, 1e-2, 1.0]:
        for objective in range(2):
            there = known[:, objective]
            model = Ridge(alpha=max(penalty * weight[there].sum(), 1e-300), solver="cholesky", tol=1e-14)
            model.fit(exact[there], targets[there, objective], sample_weight=weight[there])
            ridge.append({"l2": penalty, "objective": objective, "weights": model.coef_.tolist(), "bias": float(model.intercept_)})
    return {
        "features": features.ravel().tolist(),
        "columns": columns,
        "wins": wins.tolist(),
        "held": held.tolist(),
        "heldWins": held_wins.tolist(),
        "logistic": logistic,
        "targets": [[value if there else None for value, there in zip(line, mask)] for line, mask in zip(targets.tolist(), known.tolist())],
        "weight": weight.tolist(),
        "ridge": ridge,
    }


def rankings():
    """One indicator a row makes scores strengths; choix's penalty α·Σθ² is n·l2/2·Σw² with w = θ·deviation."""
    items = 5
    orders = [generator.permutation(items)[: generator.integers(2, items + 1)].tolist() for _ in range(40)]
    # A column of zeros and one one has this deviation: every item is a row once.
    deviation = numpy.sqrt(1 / items - 1 / items**2)
    penalty = 0.02
    strengths = choix.opt_rankings(items, orders, alpha=penalty / 2 * len(orders) * deviation**2, method="Newton-CG", tol=1e-12)
    return {"items": items, "orders": orders, "l2": penalty, "strengths": (strengths - strengths.mean()).tolist()}


path = pathlib.Path(__file__).parents[2] / "fixtures/golden/heads.json"
made = {"terms": terms(), "networks": networks(), "trl": trl(), "minima": minima(), "rankings": rankings()}
path.write_text(json.dumps(made, separators=(",", ":")) + "\n")
