"""Answers that exist already, scored by juror: `inspect eval task.py -T answers=answers.jsonl -T scores=scores.jsonl --model none`.

`answers.jsonl` is what juror judged, `scores.jsonl` what `juror export RUN --format inspect` wrote. No model is called.
"""

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Scorer, match, mean, precomputed_scores, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver


def record_to_sample(record: dict) -> Sample:
    """A row of juror's data as a sample that carries its answer."""
    response = record.get("answer") or record["responses"][0]["text"]
    return Sample(
        id=record["id"],
        input=record.get("input") or record["prompt"],
        target=record.get("target") or record.get("reference") or "",
        metadata={"answer": response},
    )


@solver
def given_answer() -> Solver:
    """The answer that the data have."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = ModelOutput.from_content(model="given", content=state.metadata["answer"])
        state.messages.append(state.output.choices[0].message)
        return state

    return solve


@scorer(metrics=[mean(), stderr()])
def juror(scores: str) -> Scorer:
    """What juror said, under its name; a sample that juror could not score stays unscored."""
    return precomputed_scores(scores)


@task
def judged(answers: str = "answers.jsonl", scores: str = "scores.jsonl") -> Task:
    """The data's answers, scored by juror and, beside it, by Inspect's own `match`."""
    return Task(
        dataset=json_dataset(answers, record_to_sample),
        solver=given_answer(),
        scorer=[juror(scores), match(location="any")],
    )
