"""Writes fixtures/golden/numerics.json: what the embedded model says in float32, for fixtures/golden/numerics-prompts.json.

Made with Python 3, torch, transformers, accelerate, gguf and numpy (their versions are in the file), on a CPU:

    python -m venv VENV && VENV/bin/pip install torch transformers accelerate gguf numpy
    VENV/bin/python -P scripts/golden/numerics.py MODEL.gguf

The weights are dequantised to float32 and run by Transformers' LlamaForCausalLM, one prompt at a time, without a cache. Every
weight and every setting is checked against the GGUF file first; `float64` is how far float64 arithmetic is from the result.
"""

import base64
import hashlib
import importlib.metadata
import json
import pathlib
import platform
import sys

import gguf
import numpy
import torch
from transformers import AutoModelForCausalLM

root = pathlib.Path(__file__).resolve().parents[2]
model_path = pathlib.Path(sys.argv[1])
prompts = json.loads((root / "fixtures/golden/numerics-prompts.json").read_text())
digest = hashlib.sha256(model_path.read_bytes()).hexdigest()
assert digest == prompts["model"]["sha256"], f"expected the model {prompts['model']['sha256']}, got {digest}"


def load():
    """The model in float32, with the attention written out (no fused kernel)."""
    return AutoModelForCausalLM.from_pretrained(
        model_path.parent, gguf_file=model_path.name, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def unpermute(weights, heads):
    """Rows of a query or key projection, from llama.cpp's interleaved rotary order to Transformers' halves."""
    rows, columns = weights.shape
    return weights.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def check(model):
    """The loader's settings and weights are those of the file."""
    reader = gguf.GGUFReader(model_path)
    field = lambda name: reader.fields[f"llama.{name}"].contents()
    config = model.config
    assert config.num_hidden_layers == field("block_count")
    assert config.hidden_size == field("embedding_length")
    assert config.intermediate_size == field("feed_forward_length")
    assert config.num_attention_heads == field("attention.head_count")
    assert config.num_key_value_heads == field("attention.head_count_kv")
    assert config.rms_norm_eps == field("attention.layer_norm_rms_epsilon")
    assert config.rope_parameters["rope_type"] == "default"
    assert config.rope_parameters["rope_theta"] == field("rope.freq_base")
    assert config.hidden_act == "silu" and not config.attention_bias and not config.mlp_bias
    head_size = field("embedding_length") // field("attention.head_count")
    assert head_size == field("rope.dimension_count")
    names = {
        "attn_norm": "input_layernorm",
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "ffn_norm": "post_attention_layernorm",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
    loaded = model.state_dict()
    seen = set()
    for tensor in reader.tensors:
        weights = gguf.dequantize(tensor.data, tensor.tensor_type)
        match tensor.name.split("."):
            case ["blk", layer, part, "weight"]:
                name = f"model.layers.{layer}.{names[part]}.weight"
                if part == "attn_q":
                    weights = unpermute(weights, config.num_attention_heads)
                if part == "attn_k":
                    weights = unpermute(weights, config.num_key_value_heads)
            case ["token_embd", "weight"]:
                name = "model.embed_tokens.weight"
            case ["output_norm", "weight"]:
                name = "model.norm.weight"
        assert numpy.array_equal(loaded[name].numpy(), weights), tensor.name
        seen.add(name)
    # The file has no output matrix: the embedding is used twice.
    assert numpy.array_equal(loaded["lm_head.weight"].numpy(), loaded["model.embed_tokens.weight"].numpy())
    assert seen | {"lm_head.weight"} == set(loaded), set(loaded) - seen


def run(model, tokens):
    """Hidden states after the final norm, and log-probabilities of the next token, at the last position."""
    with torch.no_grad():
        hidden = model.model(torch.tensor([tokens]), use_cache=False).last_hidden_state[0, -1]
        return hidden, torch.log_softmax(model.lm_head(hidden), dim=-1)


def read(model, prompt):
    hidden, _ = run(model, prompt["conversation"])
    _, logs = run(model, [token for segment in prompt["segments"] for token in segment])
    return hidden, [logs[prompts["labelTokens"][label]].item() for label in ("A", "B")]


model = load()
check(model)
answers = [read(model, prompt) for prompt in prompts["prompts"]]

double = model.double()
controls = [read(double, prompt) for prompt in prompts["prompts"][:10]]
pairs = list(zip(answers, controls))
header = {
    "command": "python -P scripts/golden/numerics.py MODEL.gguf",
    "model": {"name": prompts["model"]["name"], "sha256": digest},
    "versions": {"python": platform.python_version()}
    | {name: importlib.metadata.version(name) for name in ("torch", "transformers", "accelerate", "gguf", "numpy")},
    "weights": "float32, dequantised",
    "float64": {
        "prompts": len(pairs),
        "maxLogOddsDifference": max(abs((a[0] - a[1]) - (b[0] - b[1])) for (_, a), (_, b) in pairs),
        "maxHiddenStateDifference": max((x.double() - y).abs().max().item() for (x, _), (y, _) in pairs),
    },
}
rows = [
    {
        "id": prompt["id"],
        "logProbabilities": {"A": logs[0], "B": logs[1]},
        "hiddenState": base64.b64encode(hidden.numpy().astype("<f4").tobytes()).decode(),
    }
    for prompt, (hidden, logs) in zip(prompts["prompts"], answers)
]
lines = ",\n".join(json.dumps(row) for row in rows)
(root / "fixtures/golden/numerics.json").write_text(f'{json.dumps(header)[:-1]},\n"prompts": [\n{lines}\n]}}\n')
print(header)
