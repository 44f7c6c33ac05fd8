"""The usual loop on llama-cpp-python, for bench/peers.ts: one JSON request a line on stdin, one JSON reply a line on stdout.

python -m venv VENV && VENV/bin/pip install llama-cpp-python
"""

import json
import re
import sys
import time

import llama_cpp

path, threads, batch, context = sys.argv[1:]
model = llama_cpp.Llama(
    path,
    n_gpu_layers=0,
    n_ctx=int(context),
    n_batch=int(batch),
    n_threads=int(threads),
    n_threads_batch=int(threads),
    verbose=False,
)
print(json.dumps({"version": llama_cpp.__version__}), flush=True)
PATTERNS = {
    "verdict": re.compile(r"\b([AB])\b"),
    "reason": re.compile(r"verdict:\s*\W*(?:answer\s+)?([AB])\b", re.IGNORECASE),
}

for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    reply = model.create_chat_completion(
        [
            {"role": "system", "content": request["system"]},
            {"role": "user", "content": request["user"]},
        ],
        temperature=0,
        max_tokens=request["max_tokens"],
    )
    text = reply["choices"][0]["message"]["content"] or ""
    found = PATTERNS[request["protocol"]].findall(text)
    # With a reason the last match is the verdict; without one the first.
    winner = found[-1 if request["protocol"] == "reason" else 0].upper() if found else None
    seconds = time.perf_counter() - start
    print(
        json.dumps({"winner": winner, "seconds": seconds, "written": reply["usage"]["completion_tokens"]}),
        flush=True,
    )
