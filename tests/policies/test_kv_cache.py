"""What the rules think a model needs is what `seatrial size` counts, from below."""

import json
import subprocess

import pytest

from conformance import assets
from conformance.policy import facts
from conformance.sizing import language_models, memory

TOKENS = (1, 16, 5_000, 32_768)
ASKED = [(name, gpus, tokens, dtype) for name in language_models.names() for gpus in (1, 2, 8) for tokens in TOKENS
         for dtype in ("auto", "fp8") if gpus in memory.divisors(language_models.load(name))]


def container(name, gpus, tokens, dtype):
    repository = next(iter(language_models.load(name).hub))
    return {"engine": "vllm", "container": {"args": [f"--model={repository}", f"--max-model-len={tokens}", f"-tp={gpus}",
                                                     f"--kv-cache-dtype={dtype}"]}}


@pytest.fixture(scope="module")
def counted(opa_program, tmp_path_factory):
    tables = tmp_path_factory.mktemp("tables") / "data.json"
    tables.write_text(json.dumps(facts.data({})))
    done = subprocess.run(
        [opa_program, "eval", "--data", assets.folder("policies") / "lib", "--data", tables, "--stdin-input", "--format=values",
         "[data.lib.kv_cache.need(c) | some c in input]"], input=json.dumps([container(*one) for one in ASKED]),
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (answers,) = json.loads(done.stdout)
    assert len(answers) == len(ASKED)
    return answers


def test_it_is_what_size_counts_and_never_more(counted):
    for (name, gpus, tokens, dtype), answer in zip(ASKED, counted, strict=True):
        model = language_models.load(name)
        load = memory.Load(model=model, context=tokens, sequences=1, kv_dtype=dtype, overhead_gib=0)
        need = memory.need(load, gpus)
        if model.dtype == "mxfp4":  # as they are stored: how far kernels round them up differs between GPUs
            assert answer["weights_gib"] == pytest.approx(memory.weights_bytes(model) / gpus / memory.GIB)
            assert answer["weights_gib"] <= need.weights_gib
        else:
            assert answer["weights_gib"] == pytest.approx(need.weights_gib)
        assert answer["sequence_gib"] <= need.kv_cache_gib * 1.000_001
        if not model.window:  # vLLM keeps whole blocks
            assert need.kv_cache_gib <= answer["sequence_gib"] + memory.BLOCK * need.kv_bytes_per_token / memory.GIB


def test_a_repository_belongs_to_one_model():
    repositories = [one for model in memory.table().values() for one in model["hub"]]
    assert len(repositories) == len(set(repositories)) > len(language_models.names())
    assert all(max(model["hub"].values()) == language_models.load(name).max_context for name, model in memory.table().items())
