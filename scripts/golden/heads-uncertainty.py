"""Writes fixtures/golden/heads-uncertainty.json: posteriors, distances, thresholds and gates as well-known libraries compute them.

Made with Python 3, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1 and torch 2.15.0:

    python -m venv VENV && VENV/bin/pip install numpy scipy scikit-learn torch
    VENV/bin/python scripts/golden/heads-uncertainty.py

The posterior's precision is the Hessian of the loss by torch's automatic differentiation; the mean of a logistic over a Gaussian is
by quadrature. Covariances are scikit-learn's LedoitWolf. Conformal thresholds are order statistics by numpy. The gate's loss is
written with torch's own softmax and binary_cross_entropy_with_logits and differentiated by it; constants are the optimum of SLSQP.
"""

import json
import math
import pathlib

import numpy
import scipy
import sklearn
import torch
from scipy import integrate, optimize, special, stats
from sklearn.covariance import LedoitWolf

generator = numpy.random.default_rng(20260917)
torch.set_default_dtype(torch.float64)


def plain(value):
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, torch.Tensor):
        return value.detach().numpy().tolist()
    if isinstance(value, numpy.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, numpy.generic) else value


def single(array):
    """Values that float32 holds exactly."""
    return array.astype(numpy.float32).astype(numpy.float64)


def laplace():
    rows, size, pairs = 30, 7, 50
    features = single(generator.normal(size=(rows, size)) * generator.uniform(0.5, 3, size) + generator.normal(size=size))
    mean, scale = single(features.mean(0)), single(features.std(0))
    standard = torch.tensor((features - mean) / scale)
    left = generator.integers(0, rows, pairs)
    right = (left + generator.integers(1, rows, pairs)) % rows
    target = generator.uniform(size=pairs)
    weight = generator.uniform(0, 2, pairs)
    weight[3] = 0
    head, ridge = torch.tensor(generator.normal(size=size) * 0.7), 0.8

    def loss(parameters):
        margins = (standard[left] - standard[right]) @ parameters
        each = torch.nn.functional.binary_cross_entropy_with_logits(margins, torch.tensor(target), reduction="none")
        return (torch.tensor(weight) * each).sum() + ridge / 2 * parameters @ parameters

    hessian = torch.autograd.functional.hessian(loss, head).numpy()
    inverse = numpy.linalg.inv(hessian)
    tested = generator.normal(size=(2, size)) * 3
    tested = single(tested)
    white = (tested - mean) / scale
    margins = ((standard[left] - standard[right]) @ head).numpy()
    difference = float((white[0] - white[1]) @ head.numpy())
    deviation = math.sqrt((white[0] - white[1]) @ inverse @ (white[0] - white[1]))
    exact = [
        [delta, sigma, integrate.quad(lambda x: special.expit(delta + sigma * x) * stats.norm.pdf(x), -12, 12)[0]]
        for delta in (-4, -1, -0.2, 0, 0.5, 2, 6)
        for sigma in (0, 0.5, 1, 2, 4)
    ]
    return {
        "features": features, "mean": mean, "scale": scale, "left": left, "right": right, "target": target, "weight": weight,
        "differences": margins, "ridge": ridge, "hessian": hessian, "tested": tested, "deviation": deviation,
        "answers": [math.sqrt(row @ inverse @ row) for row in white],
        "difference": difference, "moderated": difference / math.sqrt(1 + math.pi * deviation**2 / 8), "meanLogistic": exact,
    }


def distance(rows, size):
    mixing = generator.normal(size=(size, size)) * 0.5 + numpy.eye(size)
    features = single(generator.normal(size=(rows, size)) @ mixing + 4)
    fitted = LedoitWolf().fit(features)
    tested = single(generator.normal(size=(4, size)) * 2 + 4)
    variances = features.var(0)
    return {
        "features": features, "shrinkage": fitted.shrinkage_, "tested": tested, "mean": fitted.location_,
        "covariance": fitted.covariance_, "distances": numpy.sqrt(fitted.mahalanobis(tested)), "variances": variances,
    }


def conformal(size, clusters, error_rate):
    probabilities = generator.uniform(0.02, 0.98, size)
    targets = (generator.uniform(size=size) < probabilities).astype(float)
    names = generator.integers(0, clusters, size)
    scores = numpy.where(targets == 1, 1 - probabilities, probabilities)
    rank = math.ceil((size + 1) * (1 - error_rate))
    by_pairs = numpy.sort(scores)[rank - 1] if rank <= size else 1.0
    # Every candidate threshold, from the definition: the share of mass at or below it.
    groups = [scores[names == name] for name in numpy.unique(names)]
    reached = [
        score for score in numpy.sort(scores)
        if sum((group <= score).mean() for group in groups) / (len(groups) + 1) >= 1 - error_rate
    ]
    return {
        "probabilities": probabilities, "targets": targets, "clusters": [f"p{name}" for name in names],
        "errorRate": error_rate, "pairs": by_pairs, "prompts": reached[0] if reached else 1.0,
    }


def gate():
    prompts, inputs, objectives, pairs = 9, 4, 3, 24
    states = single(generator.normal(size=(prompts, inputs)))
    prompt = generator.integers(0, prompts, pairs)
    differences = generator.normal(size=(pairs, objectives))
    length = generator.normal(size=pairs)
    target = generator.uniform(size=pairs)
    weight = generator.uniform(0.2, 2, pairs)
    unit, ridge, penalty = 1.3, 0.07, 0.4
    parameters = generator.normal(size=objectives + 1 + objectives * inputs) * 0.5

    def loss(values, with_gate):
        bias, scale = values[:objectives], values[objectives]
        logits = bias.expand(pairs, objectives)
        if with_gate:
            matrix = values[objectives + 1 :].reshape(objectives, inputs)
            logits = torch.tensor(states)[prompt] @ matrix.T + bias
        served = torch.exp(scale) / unit * (torch.softmax(logits, 1) * torch.tensor(differences)).sum(1)
        own, lengths = torch.tensor(weight), torch.tensor(length)
        fit = torch.nn.functional.binary_cross_entropy_with_logits(served, torch.tensor(target), weight=own, reduction="sum")
        correlation = (own * served * lengths).sum() / torch.sqrt((own * served**2).sum() * (own * lengths**2).sum())
        total = fit / own.sum() + penalty * correlation**2 + 1e-4 / 2 * scale**2
        return total + ridge / 2 * (values[objectives + 1 :] ** 2).sum() if with_gate else total

    def evaluate(with_gate):
        count = parameters.size if with_gate else objectives + 1
        values = torch.tensor(parameters[:count], requires_grad=True)
        value = loss(values, with_gate)
        value.backward()
        return {"value": value, "gradient": values.grad}

    return {
        "states": states, "prompt": prompt, "differences": differences, "length": length, "target": target, "weight": weight,
        "unit": unit, "ridge": ridge, "penalty": penalty, "parameters": parameters,
        "gate": evaluate(True), "constants": evaluate(False),
    }


def constants():
    """Non-negative weights of three objectives, of which the third misleads, without any penalty but that of the scale."""
    pairs, truth = 400, numpy.array([0.9, 0.6, -0.4])
    differences = generator.normal(size=(pairs, 3))
    target = (generator.uniform(size=pairs) < special.expit(differences @ truth)).astype(float)

    def loss(weights):
        served = differences @ weights
        return numpy.mean(numpy.logaddexp(0, served) - target * served)

    free = optimize.minimize(loss, [0.5, 0.5, 0.5], method="SLSQP", bounds=[(0, None)] * 3, options={"ftol": 1e-15})
    return {
        "differences": differences, "target": target, "weights": free.x / free.x.sum(), "scale": free.x.sum(), "loss": free.fun,
    }


golden = {
    "made": {"script": "scripts/golden/heads-uncertainty.py", "numpy": numpy.__version__, "scipy": scipy.__version__,
             "scikit-learn": sklearn.__version__, "torch": torch.__version__.split("+")[0]},
    "laplace": laplace(),
    "distances": [distance(60, 5), distance(12, 9)],
    "conformal": [conformal(40, 12, 0.1), conformal(99, 30, 0.05), conformal(15, 15, 0.2), conformal(8, 4, 0.05)],
    "gate": gate(),
    "constants": constants(),
}
path = pathlib.Path(__file__).parents[2] / "fixtures" / "golden" / "heads-uncertainty.json"
path.write_text(json.dumps(plain(golden)) + "\n")
