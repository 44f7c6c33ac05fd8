"""Reads what `juror export --format` writes with the tools themselves, and prints what they say.

    python3 -m venv venv && venv/bin/pip install -r scripts/exchange-check.txt && venv/bin/pip install --no-deps fschat==0.2.36 rewardbench==0.1.4
    venv/bin/python scripts/exchange-check.py FOLDER

FOLDER holds `pair.jsonl` and `single.jsonl` (mt-bench), `annotations.json` (alpaca-eval), `log.json` (inspect) and `ties.json`
(`{samples: [{id, num_correct, scores}]}`): scripts/exchange-check.ts writes them.
"""

import ast
import importlib.util
import json
import math
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])


def source(package: str, path: str) -> str:
    """The text of a module that is installed, without importing what it imports."""
    spec = importlib.util.find_spec(package)
    return (Path(spec.submodule_search_locations[0]) / path).read_text()


def functions(text: str, names: list[str], scope: dict) -> dict:
    """Functions of a module, run in a scope of ours."""
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    exec(compile(tree, "module", "exec"), scope)
    return scope


def mt_bench() -> None:
    import pandas as pd

    scope = functions(
        source("fastchat", "llm_judge/show_result.py"), ["display_result_pairwise", "display_result_single"], {"pd": pd}
    )
    for name, show in (("pair", "display_result_pairwise"), ("single", "display_result_single")):
        print(f"## FastChat: {name}")
        scope[show](
            Namespace(input_file=str(folder / f"{name}.jsonl"), model_list=None, baseline_model=None, bench_name="mt_bench")
        )


def alpaca_eval() -> None:
    from alpaca_eval.metrics import get_winrate

    print("## AlpacaEval")
    print(get_winrate(json.loads((folder / "annotations.json").read_text())))


def reward_bench() -> None:
    from collections import defaultdict

    class Dataset:
        @staticmethod
        def from_dict(rows):
            return rows

    scope = {"np": np, "math": math, "defaultdict": defaultdict, "Dataset": Dataset}
    functions(source("rewardbench", "utils.py"), ["sample_stats", "process_single_model"], scope)
    print("## RewardBench 2: Ties")
    for case in json.loads((folder / "ties.json").read_text()):
        print(json.dumps({"case": case["name"], "score": float(scope["process_single_model"](case["samples"])[1])}))


def inspect() -> None:
    from inspect_ai.log import read_eval_log

    log = read_eval_log(str(folder / "log.json"))
    print("## Inspect")
    print(log.status, log.eval.task, len(log.samples), log.results.scores[0].metrics["mean"].value)


for check in (mt_bench, alpaca_eval, reward_bench, inspect):
    check()
