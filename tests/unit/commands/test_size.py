"""What `seatrial size` says, and how it ends."""

import json

import pytest

from conformance import cli
from conformance.gpu import models
from conformance.sizing import language_models

ASKED = ("--gpu", "H100-SXM-80GB", "--context", "32768")


@pytest.fixture
def size(capsys):
    """Run the command: its exit code, what it printed, what it complained about."""
    def run(*words):
        code: int | str | None
        try:
            code = cli.main(["size", *words])
        except SystemExit as ended:  # argparse
            code = ended.code
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_a_model_that_fits_is_answered_with_its_arithmetic(size):
    code, told, _ = size("--model", "Llama-3.1-8B", "--sequences", "8", *ASKED)

    assert code == 0
    assert told == """\
Llama-3.1-8B, 8 x 32768 tokens:
  weights       14.96 GiB  8030261248 parameters, bfloat16
  KV cache      32.00 GiB  128 KiB a token, bfloat16
  overhead       2.25 GiB  an estimate
  together      49.21 GiB
  fits 1 x H100-SXM-80GB: 71.30 of 79.22 GiB may be used, 22.09 GiB are left
  not 3g.40gb or 4g.40gb: 35.55 of 39.50 GiB may be used, 13.66 GiB are missing

note: this is about memory; whether the compute slices are fast enough only a load test can say
note: the overhead of 2.25 GiB is an estimate from four vLLM logs (0.27 to 2.03 GiB); vLLM's own log says what yours \
is, --overhead-gib takes it
"""


def test_on_several_gpus_the_numbers_are_those_of_each(size):
    code, told, _ = size("--model", "Llama-3.3-70B", "--overhead-gib", "3", "--gpu", "H100-SXM-80GB", "--context", "131072")

    assert code == 0
    assert told.startswith("Llama-3.3-70B, 1 x 131072 tokens on each of 4 GPUs:\n")
    assert "  overhead       3.00 GiB  as given\n" in told
    assert "  not 2 x H100-SXM-80GB: 71.30 of 79.22 GiB may be used, 17.41 GiB of 88.71 GiB there are missing\n" in told
    assert "estimate" not in told


def test_a_model_that_fits_nowhere_ends_with_1(size):
    code, told, _ = size("--model", "DeepSeek-V3", "--gpu", "L40S", "--context", "4096")

    assert code == 1
    assert "  fits nowhere that was tried\n  not 8 x L40S: 39.88 of 44.31 GiB may be used, " in told


def test_json_has_the_same_answer(size):
    code, told, _ = size("--model", "Llama-3.1-8B", "--sequences", "8", *ASKED, "--output", "json")
    said = json.loads(told)

    assert code == 0
    assert (said["gpu"], said["fits"], said["placement"]) == ("H100-SXM-80GB", True, None)
    assert said["models"][0]["found"] == {
        "profile": None, "resource": "nvidia.com/gpu", "gpus": 1, "fits": True, "memory_gib": 79.22,
        "budget_gib": 71.298, "needed_gib": 49.208, "weights_gib": 14.958, "kv_cache_gib": 32.0,
        "kv_bytes_per_token": 131072, "overhead_gib": 2.25, "left_gib": 22.09}
    assert [each["resource"] for each in said["models"][0]["too_small"]] == [
        "nvidia.com/mig-3g.40gb", "nvidia.com/mig-4g.40gb"]


@pytest.mark.parametrize("output", ["text", "json"])
def test_an_answer_that_rests_on_an_unverified_number_says_so(size, output):
    _, told, _ = size("--model", "Llama-3.1-8B", "--gpu", "B200-SXM-180GB", "--context", "32768", "--sequences", "10",
                      "--output", output)
    assert "unverified: memory_gib of 3g.90gb of B200-SXM-180GB: " in told

    _, told, _ = size("--place", "3g.90gb,1g.23gb", "--gpu", "B200-SXM-180GB", "--output", output)
    assert told.count("unverified: placements of B200-SXM-180GB: ") == 1


def test_an_answer_that_does_not_is_silent(size):
    _, told, _ = size("--model", "Llama-3.1-8B", *ASKED)
    assert "unverified" not in told


def test_a_context_beyond_the_models_own_is_pointed_out(size):
    _, told, _ = size("--model", "Llama-2-7B", *ASKED)
    assert "note: Llama-2-7B: 32768 tokens are more than its max_position_embeddings 4096: vLLM refuses that\n" in told


def test_layers_of_two_kinds_are_pointed_out(size):
    _, told, _ = size("--model", "Gemma-2-9B", "--gpu", "L40S", "--context", "8192")
    assert "note: Gemma-2-9B: 21 of 42 layers keep a window of 4096 tokens and two batches, while vLLM's hybrid KV" in told

    _, told, _ = size("--model", "Llama-4-Scout-17B-16E", "--gpu", "H100-SXM-80GB", "--context", "8192")
    assert "note: Llama-4-Scout-17B-16E: 36 of 48 layers keep a chunk of 8192 tokens and two batches, while" in told


def test_a_batch_has_as_many_tokens_as_vllm_takes_on_that_gpu(size):
    """Gemma-2-9B on a B200: 4095 + 2 x 16384 tokens of a window; with --max-num-batched-tokens 2 x that."""
    words = ("--model", "Gemma-2-9B", "--gpu", "B200-SXM-180GB", "--context", "65536", "--output", "json")
    assert json.loads(size(*words)[1])["models"][0]["found"]["kv_cache_gib"] == round(
        21 * 8192 * (65536 + 36864 + 16) / 2**30, 3)
    assert json.loads(size(*words, "--max-num-batched-tokens", "512")[1])["models"][0]["found"]["kv_cache_gib"] == round(
        21 * 8192 * (65536 + 5120 + 16) / 2**30, 3)


@pytest.mark.parametrize(("model", "gpus", "noted"), [
    ("Qwen3-235B-A22B-FP8", "8", True), ("Qwen3-235B-A22B-FP8", "4", False), ("DeepSeek-R1", "8", False),
    ("DeepSeek-R1", "16", False), ("Qwen3-235B-A22B", "8", False)])
def test_experts_that_are_not_divided_into_whole_blocks_are_pointed_out(size, model, gpus, noted):
    """1536 wide on 8 GPUs are 192, and a block of FP8 is 128."""
    _, told, _ = size("--model", model, "--gpu", "H200-SXM-141GB", "--context", "4096", "--tensor-parallel", gpus)
    assert ("no multiple of the 128 of its FP8 blocks" in told) is noted


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_model_of_which_a_number_was_not_seen_says_so(size, output):
    _, told, _ = size("--model", "DeepSeek-R1-Distill-Llama-8B", *ASKED, "--output", output)
    assert "unverified: deepseek-ai/DeepSeek-R1-Distill-Llama-8B: its config.json was not seen" in told


class TestPlacing:
    def test_instances_that_fit_are_shown_where_they_stand(self, size):
        code, told, _ = size("--gpu", "H100-SXM-80GB", "--place", "3g.40gb, 2g.20gb,1g.10gb")

        assert (code, told) == (0, """\
Together on one H100-SXM-80GB: 3g.40gb, 2g.20gb, 1g.10gb: yes
  2g.20gb      memory slices 0 to 1
  1g.10gb      memory slice 2
  3g.40gb      memory slices 4 to 7
  beside them still one of these: 1 x 1g.10gb, 1 x 1g.10gb+me
""")

    def test_instances_that_do_not_fit_say_why(self, size):
        code, told, _ = size("--gpu", "H100-SXM-80GB", "--place", "3g.40gb,3g.40gb,1g.10gb")

        assert (code, told) == (1, """\
Together on one H100-SXM-80GB: 3g.40gb, 3g.40gb, 1g.10gb: no
  memory slices: 9 of 8
""")

    def test_a_full_gpu_says_so(self, size):
        assert size("--gpu", "H100-SXM-80GB", "--place", "4g.40gb,3g.40gb")[1].endswith(
            "  nothing more fits beside them\n")

    def test_what_stands_already_is_respected(self, size):
        code, told, _ = size("--gpu", "H100-SXM-80GB", "--place", "1g.10gb@0,4g.40gb")

        assert code == 1
        assert "placements collide: 5 of 8 memory slices would be enough, but 4g.40gb starts only at 0" in told

    def test_json_has_the_same_answer(self, size):
        code, told, _ = size("--gpu", "H100-SXM-80GB", "--place", "mig-7g.80gb", "--output", "json")

        assert code == 0
        assert json.loads(told) == {"gpu": "H100-SXM-80GB", "placement": {
            "fits": True, "profiles": ["7g.80gb"], "resources": ["nvidia.com/mig-7g.80gb"],
            "placed": [{"profile": "7g.80gb", "start": 0, "size": 8}], "why_not": [], "still_fits_beside": {},
            "unverified": []}}


class TestSeveralModels:
    def test_what_does_not_fit_together_says_why(self, size):
        code, told, _ = size("--model", "Llama-3.1-8B", "--model", "Qwen2.5-7B", "--model", "Qwen2.5-0.5B", *ASKED)

        assert code == 1
        assert "Together on one H100-SXM-80GB: 3g.40gb, 3g.40gb, 1g.10gb: no\n  memory slices: 9 of 8\n" in told

    def test_one_that_fits_on_no_instance_is_enough_to_fail(self, size):
        code, told, _ = size("--model", "Qwen2.5-0.5B", "--model", "Llama-3.3-70B", *ASKED)

        assert code == 1
        assert "Together on one H100-SXM-80GB: no, not each of them fits on an instance.\n" in told


def test_the_list_has_all_gpus_and_models(size):
    code, told, _ = size("--list")
    assert code == 0
    assert all(f"  {name} " in told for name in [*models.names(), *language_models.names()])

    code, told, _ = size("--list", "--output", "json")
    assert (code, json.loads(told)) == (0, {"gpus": models.table(), "models": language_models.table()})


def test_with_a_gpu_the_list_has_its_full_layouts(size):
    code, told, _ = size("--list", "--gpu", "A30-24GB")
    assert (code, told) == (0, """\
Full layouts of one A30-24GB:
  4 x 1g.6gb
  3 x 1g.6gb, 1 x 1g.6gb+me
  2 x 1g.6gb, 1 x 2g.12gb
  2 x 1g.6gb, 1 x 2g.12gb+me
  1 x 1g.6gb, 1 x 1g.6gb+me, 1 x 2g.12gb
  2 x 2g.12gb
  1 x 2g.12gb, 1 x 2g.12gb+me
  1 x 4g.24gb
""")

    code, told, _ = size("--list", "--gpu", "A30-24GB", "--output", "json")
    assert json.loads(told)["layouts"][2] == {"1g.6gb": 2, "2g.12gb": 1}


@pytest.mark.parametrize(("words", "text"), [
    ((), "--gpu is missing\n  way out: add one of: A100-SXM-40GB, "),
    (("--gpu", "L40S"), "neither --model nor --place is given\n  way out: "),
    (("--gpu", "H100-SXM-80"), "there is no GPU model 'H100-SXM-80'\n  way out: did you mean 'H100-SXM-80GB'?"),
    (("--list", "--gpu", "L40S"), "L40S has no MIG"),
    (("--gpu", "L40S", "--place", "1g.10gb"), "L40S has no MIG: it cannot be shared"),
    (("--gpu", "L40S", "--model", "Qwen2.5-7B", "--model", "Qwen3-4B", "--context", "1"), "L40S has no MIG"),
    (("--gpu", "H100-SXM-80GB", "--place", ""), "there is no MIG profile ''"),
    (("--gpu", "H100-SXM-80GB", "--place", "3g.40gb,"), "there is no MIG profile ''"),
    (("--gpu", "H100-SXM-80GB", "--place", "3g.40gb@1"), "3g.40gb cannot start at memory slice 1"),
    (("--gpu", "H100-SXM-80GB", "--place", "3g.40gb", "--model", "Qwen3-4B"), "--place and --model are two questions"),
    (("--model", "Qwen3-4", *ASKED), "there is no model 'Qwen3-4', and no such file\n  way out: did you mean 'Qwen3-4B'?"),
    (("--gpu", "L40S", "--model", "Qwen3-4B"), "--context is given 0 times for 1 models"),
    (("--model", "Qwen3-4B", *ASKED, "--context", "2"), "--context is given 2 times for 1 models"),
    (("--model", "Qwen2.5-7B", *ASKED, "--tensor-parallel", "8"),
     "Qwen2.5-7B: 8 GPUs do not divide its 28 attention heads\n  way out: use one of 1, 2, 4 for --tensor-parallel"),
    (("--model", "Qwen2.5-7B", "--model", "Qwen3-4B", *ASKED, "--tensor-parallel", "2"),
     "several models share one GPU as MIG instances, and those cannot work together"),
    (("--model", "/etc/passwd", *ASKED), "/etc/passwd"),
    (("--model", "/proc/self/mem", *ASKED), "/proc/self/mem"),
    (("--model", "Qwen3-4B", "--gpu", "L40S", "--context", "0"), "argument --context: must be a whole number from 1"),
    (("--model", "Qwen3-4B", "--gpu", "L40S", "--context", "8k"), "argument --context: must be a whole number from 1"),
    (("--model", "Qwen3-4B", *ASKED, "--utilization", "1.1"), "argument --utilization: must be a number from 0 to 1"),
    (("--model", "Qwen3-4B", *ASKED, "--utilization", "0"), "argument --utilization: must be a number from 0 to 1"),
    (("--model", "Qwen3-4B", *ASKED, "--utilization", "nan"), "argument --utilization: must be a number from 0 to 1"),
    (("--model", "Qwen3-4B", *ASKED, "--overhead-gib", "-1"), "--overhead-gib: must be a number from 0 to 1024"),
])
def test_wrong_usage_and_input_end_with_2_and_a_way_out(size, words, text):
    code, told, complained = size(*words)

    assert (code, told) == (2, "")
    assert text in complained
    assert "Traceback" not in complained
