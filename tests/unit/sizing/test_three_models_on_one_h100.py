"""The guide's exercise: a chat model of 7B, an embedding model of 1.5B and a classifier of 0.5B on one H100.

The guide says: 3g.40gb, 2g.20gb and 1g.10gb; with 128K of context the chat model's KV cache grows to 32 GB, and
it has to move to 4g.40gb.
"""

import json

import pytest

from conformance import cli
from conformance.gpu import mig, models
from conformance.sizing import language_models
from conformance.sizing.fit import smallest
from conformance.sizing.language_models import load
from conformance.sizing.memory import Load, need

H100 = models.model("H100-SXM-80GB")
SEVEN_B = ("Llama-2-7B", "Mistral-7B-v0.3", "Qwen2.5-7B", "Llama-3.1-8B")


def answer(capsys, chat, context, *more):
    code = cli.main(["size", "--gpu", "H100-SXM-80GB", "--output", "json",
                     "--model", chat, "--model", "Qwen2.5-1.5B", "--model", "Qwen2.5-0.5B",
                     "--context", str(context), "--context", "8192", "--context", "512", *more])
    return code, json.loads(capsys.readouterr().out)


def profiles(said):
    return [model["found"] and model["found"]["profile"] for model in said["models"]]


def test_the_three_fit_together_with_room_to_spare(capsys):
    code, said = answer(capsys, "Qwen2.5-7B", 32768)

    assert code == 0
    assert profiles(said) == ["3g.40gb", "1g.10gb", "1g.10gb"]
    assert said["placement"]["placed"] == [
        {"profile": "1g.10gb", "start": 0, "size": 1}, {"profile": "1g.10gb", "start": 1, "size": 1},
        {"profile": "3g.40gb", "start": 4, "size": 4}]
    assert said["placement"]["still_fits_beside"] == {"1g.10gb": 2, "1g.10gb+me": 1, "1g.20gb": 1, "2g.20gb": 1}


def test_the_layout_of_the_guide_is_sound_too_and_has_one_instance_to_spare():
    wanted = [H100.mig.profile(name) for name in ("3g.40gb", "2g.20gb", "1g.10gb")]

    assert mig.fits(H100.mig, wanted)
    assert mig.beside(H100.mig, wanted) == {"1g.10gb": 1, "1g.10gb+me": 1}


@pytest.mark.parametrize("sequences", [1, 2, 4])
@pytest.mark.parametrize("context", [8192, 32768, 65536, 131072])
@pytest.mark.parametrize("chat", SEVEN_B)
def test_4g_40gb_never_helps_a_model_that_3g_40gb_is_too_small_for(chat, context, sequences):
    """The guide is wrong: both have 4 of 8 memory slices; 4g.40gb has more compute only."""
    fit = smallest(Load(model=load(chat), context=context, sequences=sequences), H100, utilization=0.9,
                   instances_only=True)

    assert fit.found is None or fit.found.place.name != "4g.40gb"
    assert [each.place.name for each in fit.too_small] != ["3g.40gb"]


@pytest.mark.parametrize(("chat", "kv_gib", "place"), [
    ("Qwen2.5-7B", 7, "3g.40gb"), ("Mistral-7B-v0.3", 16, "3g.40gb"), ("Llama-3.1-8B", 16, "3g.40gb"),
    ("Llama-2-7B", 64, None)])
def test_at_128k_a_7b_model_either_stays_in_3g_40gb_or_does_not_fit_at_all(chat, kv_gib, place):
    fit = smallest(Load(model=load(chat), context=131072, sequences=1), H100, utilization=0.9, instances_only=True)

    assert (fit.found or fit.too_small[0]).need.kv_cache_gib == kv_gib
    assert (fit.found and fit.found.place.name) == place


def test_the_guides_own_numbers_do_not_fit_4g_40gb(tmp_path, capsys):
    """7 billion parameters in 16 bits and 32 GB at 128K, which is 256 KiB a token, need more than 40 GB."""
    file = tmp_path / "guide.json"
    file.write_text(json.dumps({
        "model_type": "llama", "parameters": 7_000_000_000, "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 16, "vocab_size": 32000, "torch_dtype": "float16"}))
    guide = Load(model=load(str(file)), context=131072, sequences=1)
    assert (need(guide).kv_bytes_per_token, need(guide).kv_cache_gib) == (256 * 1024, 32)

    code, said = answer(capsys, str(file), 131072)

    assert code == 1
    assert profiles(said) == ["7g.80gb", "1g.10gb", "1g.10gb"]
    assert [each["profile"] for each in said["models"][0]["too_small"]] == ["3g.40gb", "4g.40gb"]
    assert said["models"][0]["too_small"][1]["left_gib"] == pytest.approx(35.55 - 13.039 - 32 - 2.25, abs=0.01)
    assert said["placement"]["why_not"] == ["compute slices: 9 of 7", "memory slices: 10 of 8"]


def test_no_7b_model_has_the_kv_cache_of_the_guide():
    """8 GB more at 32K are 256 KiB a token."""
    known = {name: need(Load(model=load(name), context=16, sequences=1)).kv_bytes_per_token // 1024
             for name in language_models.names()}

    assert {known[name] for name in SEVEN_B} == {512, 128, 56}
    assert 256 not in {known[name] for name in SEVEN_B}


def test_what_does_help_is_an_fp8_cache(capsys):
    code, said = answer(capsys, "Llama-2-7B", 131072)
    assert (code, profiles(said)[0]) == (1, None)

    code, said = answer(capsys, "Llama-2-7B", 32768, "--kv-dtype", "fp8")
    assert (code, profiles(said)) == (0, ["3g.40gb", "1g.10gb", "1g.10gb"])
