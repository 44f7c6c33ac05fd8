"""Whether TRL reads what `juror prefs` writes.

    python3 -m venv /tmp/trl && /tmp/trl/bin/pip install -r scripts/trl-check.txt
    /tmp/trl/bin/python scripts/trl-check.py             # writes every format from fixtures/ first
    /tmp/trl/bin/python scripts/trl-check.py FILE...     # or checks these files

Every file is loaded with `datasets`, goes through the preparation of TRL's own trainers and through one training step of a tiny
model with random weights: RewardTrainer and DPOTrainer for preferences, PRMTrainer for solutions, KTOTrainer for single answers.
Ends with 1 and says why when anything fails, when rows are lost on the way, or when the installed TRL lacks a trainer that a file
needs. Needs no network; takes a few minutes, most of them imports.
"""

import importlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE", "WANDB_DISABLED"):
    os.environ[name] = "1"
# TRL warns of experimental modules; PRMTrainer is one.
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
scratch = Path(tempfile.mkdtemp(prefix="juror-trl-"))
os.environ["HF_HOME"] = str(scratch / "home")

import datasets
import tokenizers
import torch
import transformers
import trl
from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    LlamaForTokenClassification,
    PreTrainedTokenizerFast,
)

root = Path(__file__).resolve().parent.parent
chat_template = (
    "{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
length_limit = 2048


def tiny_tokenizer():
    """Bytes as tokens, and a chat template: nothing is fetched, and no text is unknown."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<pad>", "<s>", "</s>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    vocabulary = {token: place for place, token in enumerate(special + alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=special[3:],
        chat_template=chat_template,
    )


def tiny_model(kind, tokenizer, **extra):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=length_limit,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **extra,
    )
    return kind(config)


def find_trainer(name):
    """A trainer and its configuration, from TRL's main module or an experimental one."""
    places = ["trl", f"trl.experimental.{name.lower()}"]
    for place in places:
        try:
            module = importlib.import_module(place)
            return getattr(module, f"{name}Trainer"), getattr(module, f"{name}Config")
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"TRL {trl.__version__} has no {name}Trainer; scripts/trl-check.txt names a version that has")


def one_step(name, model, dataset, tokenizer, lengths, **options):
    """Prepare a dataset as the trainer does and take one step; returns what the trainer made of the rows."""
    trainer_class, config_class = find_trainer(name)
    config = config_class(
        output_dir=str(scratch / "out"),
        max_steps=1,
        per_device_train_batch_size=2,
        disable_tqdm=True,
        logging_strategy="no",
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        seed=0,
        **options,
    )
    # A reference is otherwise loaded by the model's name, and this one has none.
    reference = {"ref_model": tiny_model(LlamaForCausalLM, tokenizer)} if name in ("DPO", "KTO") else {}
    trainer = trainer_class(
        model=model, args=config, train_dataset=dataset, processing_class=tokenizer, **reference
    )
    prepared = trainer.train_dataset
    if len(prepared) != lengths:
        raise AssertionError(f"{name}Trainer kept {len(prepared)} of {lengths} rows")
    texts = dataset[0].get("rejected", dataset[0].get("completion"))
    if name != "PRM":
        answer = texts if isinstance(texts, str) else texts[-1]["content"]
        ids = prepared[0]["rejected_ids"] if "rejected_ids" in prepared.column_names else prepared[0]["completion_ids"]
        if answer not in tokenizer.decode(ids):
            raise AssertionError(f"{name}Trainer: expected the answer in what it reads, got {tokenizer.decode(ids)!r}")
    before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    loss = trainer.train().training_loss
    if not math.isfinite(loss):
        raise AssertionError(f"{name}Trainer: expected a finite loss, got {loss}")
    moved = any(not torch.equal(old, new) for old, new in zip(before, trainer.model.parameters()))
    if not moved:
        raise AssertionError(f"{name}Trainer: one step changed no weight")
    return f"{name}Trainer: {len(prepared)} rows, columns {', '.join(prepared.column_names)}; loss {loss:.4f}"


def check(path):
    kind = "parquet" if path.suffix == ".parquet" else "json"
    dataset = load_dataset(kind, data_files=str(path), split="train", cache_dir=str(scratch / "cache"))
    columns = set(dataset.column_names)
    tokenizer = tiny_tokenizer()
    rows = len(dataset)
    if rows == 0:
        raise AssertionError("expected rows, got none")
    if {"completions", "labels"} <= columns:
        if not all(type(label) is bool for row in dataset["labels"] for label in row):
            raise AssertionError("expected labels of true and false")
        model = tiny_model(LlamaForTokenClassification, tokenizer, num_labels=2)
        return [one_step("PRM", model, dataset, tokenizer, rows, max_length=length_limit)]
    if {"completion", "label"} <= columns:
        model = tiny_model(LlamaForCausalLM, tokenizer)
        return [one_step("KTO", model, dataset, tokenizer, rows, max_length=length_limit)]
    if {"chosen", "rejected"} <= columns:
        reward = tiny_model(LlamaForSequenceClassification, tokenizer, num_labels=1)
        policy = tiny_model(LlamaForCausalLM, tokenizer)
        lines = [one_step("Reward", reward, dataset, tokenizer, rows, max_length=length_limit)]
        lines.append(one_step("DPO", policy, dataset, tokenizer, rows, max_length=length_limit))
        return lines
    raise AssertionError(f"expected columns of a format that TRL trains on, got {', '.join(sorted(columns))}")


def juror(*words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUROR_")}
    environment |= {"JUROR_HOME": str(scratch / "juror"), "NO_COLOR": "1"}
    node = shutil.which("node", path=f"{root / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    command = [node or "node", "src/cli/main.ts", *map(str, words)]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise SystemExit(f"juror {' '.join(map(str, words))} ended with {ended.returncode}: {ended.stderr}")


def write_all():
    """Every format that TRL trains on, from the recorded run on the pairs of fixtures/demo and from labelled steps."""
    pairs = "fixtures/demo/pairs.jsonl"
    run = scratch / "run"
    replay = ("--replay", "fixtures/recordings/smollm2-135m.jsonl")
    juror("judge", pairs, "--rubric", "better-answer", "--critique", "brief", "--quiet", "--out", run, *replay)
    conversations = scratch / "conversations.jsonl"
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Name a river."},
        {"role": "assistant", "content": "The Elbe."},
        {"role": "user", "content": "Another one."},
    ]
    talks = [
        {"id": f"talk-{place}", "prompt": turns, "a": f"The Rhine, {place} of many.", "b": "No.", "label": "a"}
        for place in range(4)
    ]
    conversations.write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    solutions = scratch / "solutions.jsonl"
    steps = [
        {
            "id": f"sum-{place}",
            "prompt": f"What is {place} + 1 + 1?",
            "steps": [f"{place} + 1 = {place + 1}.", f"{place + 1} + 1 = {place + 2 + place % 2}."],
            "label": {"steps": [1, 1 - place % 2]},
        }
        for place in range(4)
    ]
    solutions.write_text("".join(json.dumps(step) + "\n" for step in steps))
    files = []

    def write(source, name, *flags, data=()):
        for ending in ("jsonl", "parquet"):
            for columns in ((), ("--margin", "--probability", "--provenance")):
                if name == "stepwise":
                    columns = columns[2:]
                if name.startswith("unpaired"):
                    columns = columns[1:]
                stem = f"{Path(source).stem}-{name}{'-columns' if columns else ''}"
                out = scratch / f"{stem}.{ending}"
                juror("prefs", source, *data, "--format", name, "--out", out, *columns, *flags)
                files.append(out)

    for name in ("trl", "trl-conversational", "trl-implicit", "unpaired", "unpaired-conversational", "ultrafeedback"):
        write(run, name, data=("--data", pairs))
    for name in ("trl-conversational", "trl-implicit", "unpaired-conversational"):
        write(conversations, name)
    write(solutions, "stepwise")
    return files


def main():
    versions = {"trl": trl, "transformers": transformers, "datasets": datasets, "tokenizers": tokenizers, "torch": torch}
    print(", ".join(f"{name} {module.__version__}" for name, module in versions.items()))
    transformers.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    paths = [Path(word).resolve() for word in sys.argv[1:]]
    passed, failed = 0, 0
    try:
        for path in paths or write_all():
            try:
                for line in check(path):
                    print(f"{path.name}: {line}", flush=True)
                passed += 1
            except (Exception, SystemExit) as error:
                failed += 1
                print(f"{path.name}: FAILED: {error}", flush=True)
                if not isinstance(error, SystemExit):
                    traceback.print_exc()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
