"""Numbers worked out by hand, and numbers that vLLM printed."""

import json

import pytest

from conformance.errors import UsageError
from conformance.gpu import models
from conformance.sizing.fit import batched_tokens, mxfp4_rounded, smallest
from conformance.sizing.language_models import load
from conformance.sizing.memory import KV_DTYPES, Load, divisors, kept_layers, kv_dtype, need, weights_bytes

GIB = 2**30
H100 = models.model("H100-SXM-80GB")


def asked(model, context, sequences=1, *, dtype=None, **more):
    return Load(model=load(model, dtype), context=context, sequences=sequences, **more)


@pytest.mark.parametrize(("model", "bytes_per_token", "at_8k", "at_32k", "at_128k"), [
    ("Llama-2-7B", 2 * 32 * 32 * 128 * 2, 4, 16, 64),        # 512 KiB
    ("Mistral-7B-v0.3", 2 * 32 * 8 * 128 * 2, 1, 4, 16),     # 128 KiB
    ("Llama-3.1-8B", 2 * 32 * 8 * 128 * 2, 1, 4, 16),
    ("Qwen2.5-7B", 2 * 28 * 4 * 128 * 2, 0.4375, 1.75, 7),   # 56 KiB
    ("Llama-3.3-70B", 2 * 80 * 8 * 128 * 2, 2.5, 10, 40),    # 320 KiB
])
def test_the_kv_cache_of_one_sequence(model, bytes_per_token, at_8k, at_32k, at_128k):
    for context, gib in ((8192, at_8k), (32768, at_32k), (131072, at_128k)):
        needed = need(asked(model, context))
        assert needed.kv_bytes_per_token == bytes_per_token
        assert needed.kv_cache_gib == gib


@pytest.mark.parametrize(("model", "gib"), [
    ("Llama-2-7B", 6_738_415_616 * 2 / GIB), ("Llama-3.1-8B", 14.958), ("Qwen2.5-0.5B", 0.920),
    ("DeepSeek-V3", (671_026_419_200 + 2 * 129280 * 7168) / GIB),  # FP8, but both embeddings in 16 bits
])
def test_the_weights(model, gib):
    assert need(asked(model, 1)).weights_gib == pytest.approx(gib, abs=0.001)


@pytest.mark.parametrize(("dtype", "gib"), [
    ("float32", 8.030261248 * 4), ("int8", 8.030261248 + 128256 * 4096 * 2 / 1e9),
    ("int4", (8.030261248 - 1.050673152) * (4 + 20 / 128) / 8 + 1.050673152 * 2)])
def test_quantised_weights_keep_their_embeddings(dtype, gib):
    assert weights_bytes(load("Llama-3.1-8B", dtype)) == pytest.approx(gib * 1e9)


def test_weights_and_kv_heads_are_divided_among_gpus():
    # 70.55 billion x 2 bytes / 4; 2 of 8 KV heads: 2 x 80 x 2 x 128 x 2 bytes.
    needed = need(asked("Llama-3.3-70B", 131072), tensor_parallel=4)

    assert needed.weights_gib == pytest.approx(70_553_706_496 * 2 / 4 / GIB)
    assert (needed.kv_bytes_per_token, needed.kv_cache_gib) == (81920, 10)


def test_kv_heads_are_copied_when_there_are_more_gpus():
    assert need(asked("Llama-3.3-70B", 1), 16).kv_bytes_per_token == need(asked("Llama-3.3-70B", 1), 8).kv_bytes_per_token


def test_a_latent_is_one_vector_that_every_gpu_keeps_whole():
    alone, eight = need(asked("DeepSeek-V3", 16384)), need(asked("DeepSeek-V3", 16384), 8)

    assert alone.kv_bytes_per_token == eight.kv_bytes_per_token == 61 * (512 + 64) * 2 == 70272
    assert alone.kv_cache_gib == eight.kv_cache_gib == 16384 * 70272 / GIB


@pytest.mark.parametrize(("model", "gib"), [("DeepSeek-R1", 626.67), ("Qwen3-235B-A22B-FP8", 220.11)])
def test_weights_in_fp8(model, gib):
    assert weights_bytes(load(model)) / GIB == pytest.approx(gib, abs=0.01)


class TestExpertsInMxfp4:
    @pytest.mark.parametrize(("model", "gib"), [("gpt-oss-20b", 12.8), ("gpt-oss-120b", 60.8)])
    def test_the_weights_are_as_large_as_the_published_checkpoint(self, model, gib):
        """As the model card says, table 1."""
        assert weights_bytes(load(model)) / GIB == pytest.approx(gib, abs=0.05)

    def test_only_the_experts_have_4_bits_and_a_scale_for_32_of_them(self):
        experts, all_of_them = 24 * 32 * 3 * 2880 * 2880, 20_914_757_184
        assert weights_bytes(load("gpt-oss-20b")) == experts * 4.25 / 8 + (all_of_them - experts) * 2

    def test_in_16_bits_they_are_like_the_others(self):
        assert weights_bytes(load("gpt-oss-20b", "bfloat16")) == 20_914_757_184 * 2

    def test_kernels_round_their_widths_up(self):
        """2880 wide becomes 3072; the part of one of two GPUs is 1440, and becomes 1536."""
        experts = 24 * 32 * 3 * 2880 * 2880
        rest = (20_914_757_184 - experts) * 2
        assert need(asked("gpt-oss-20b", 1), 2).weights_gib * GIB == pytest.approx(
            (rest + experts * 4.25 / 8 * (3072 / 2880) * (1536 / 1440)) / 2)

    @pytest.mark.parametrize(("gpu", "rounded"), [
        ("H100-SXM-80GB", (1, 64)), ("A100-SXM-80GB", (256, 128)), ("B200-SXM-180GB", (256, 128)), ("L40S", (256, 128))])
    def test_which_kernels_a_gpu_has_decides(self, gpu, rounded):
        assert mxfp4_rounded(models.model(gpu)) == rounded

    def test_the_120b_fits_one_h100_as_its_makers_say(self):
        found = smallest(asked("gpt-oss-120b", 131072), H100, utilization=0.9).found
        assert found
        assert found.place.name == "1 x H100-SXM-80GB"


class TestSlidingWindow:
    def test_a_layer_keeps_its_window_and_two_batches(self):
        # min(32768, 4096 - 1 + 2 x 8192) = 20479, in whole blocks 20480, and one block more: 20496 tokens.
        assert need(asked("Mistral-7B-v0.1", 32768)).kv_cache_gib == pytest.approx(20496 * 131072 / GIB)

    def test_a_short_sequence_does_not_fill_it(self):
        assert need(asked("Mistral-7B-v0.1", 1024)).kv_cache_gib == pytest.approx((1024 + 16) * 131072 / GIB)

    def test_the_layers_without_it_keep_everything(self):
        # 21 of 42 layers; 2 x 8 x 256 x 2 bytes = 8 KiB a token and layer. 4096 - 1 + 2 x 1024 are 384 blocks.
        needed = need(asked("Gemma-2-9B", 8192, batched_tokens=1024))
        assert needed.kv_cache_gib == pytest.approx(21 * 8192 * (8192 + (6144 + 16)) / GIB)

    @pytest.mark.parametrize(("model", "kept"), [
        ("Llama-3.1-8B", (32, 0)), ("Mistral-7B-v0.1", (0, 32)), ("Gemma-2-9B", (21, 21)), ("gpt-oss-20b", (12, 12)),
        ("Gemma-3-27B", (10, 60)),   # 10 layers see all: 52 with a window are 6 groups of 10
        ("Gemma-3-1B", (4, 24)), ("Llama-4-Scout-17B-16E", (12, 36))])
    def test_layers_share_blocks_in_groups_of_one_size(self, model, kept):
        assert kept_layers(load(model)) == kept

    def test_a_group_is_as_large_as_the_more_frequent_kind_where_that_is_not_much_larger(self, tmp_path):
        """13 that see all and 12 with a window take blocks for 13 and 13, not for 24 and 12 (vLLM's own example)."""
        file = tmp_path / "config.json"
        file.write_text(json.dumps({
            "model_type": "llama", "hidden_size": 128, "intermediate_size": 128, "num_hidden_layers": 25,
            "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 128, "torch_dtype": "bfloat16",
            "sliding_window": 128, "layer_types": ["full_attention", "sliding_attention"] * 12 + ["full_attention"]}))
        assert kept_layers(load(str(file))) == (13, 13)

    def test_gemma_3_counted_by_hand(self):
        """16 KV heads of 128, in 16 bits: 8 KiB a token and layer. 1024 - 1 + 2 x 8192 are 1088 blocks, and one more."""
        needed = need(asked("Gemma-3-27B", 131072))
        assert needed.kv_cache_gib == pytest.approx(8192 * (10 * 131072 + 60 * (1088 + 1) * 16) / GIB)


class TestChunks:
    def test_a_layer_keeps_its_chunk_and_two_batches(self):
        """8 KV heads of 128: 4 KiB a token and layer. 8192 + 2 x 8192 are whole blocks; no window begins inside one."""
        needed = need(asked("Llama-4-Scout-17B-16E", 1_000_000))
        assert needed.kv_cache_gib == pytest.approx(4096 * (12 * 1_000_000 + 36 * 3 * 8192) / GIB)

    def test_a_short_sequence_does_not_fill_it(self):
        assert need(asked("Llama-4-Scout-17B-16E", 4096)).kv_cache_gib == pytest.approx(4096 * 48 * 4096 / GIB)


@pytest.mark.parametrize(("gpu", "tokens"), [
    ("B200-SXM-180GB", 16384), ("H200-SXM-141GB", 8192), ("H100-SXM-80GB", 8192), ("A100-SXM-80GB", 2048), ("L40S", 2048)])
def test_how_many_tokens_a_batch_has_is_by_the_gpu(gpu, tokens):
    assert batched_tokens(models.model(gpu)) == tokens


def test_a_sequence_takes_whole_blocks():
    assert need(asked("Llama-3.1-8B", 17)).kv_cache_gib == need(asked("Llama-3.1-8B", 32)).kv_cache_gib
    assert need(asked("Llama-3.1-8B", 17, 5)).kv_cache_gib == 5 * need(asked("Llama-3.1-8B", 17)).kv_cache_gib


@pytest.mark.parametrize(("dtype", "kv", "resolved", "bytes_per_token"), [
    (None, "auto", "bfloat16", 131072), (None, "fp8", "fp8", 65536), ("float32", "auto", "float32", 262144),
    ("fp8", "auto", "bfloat16", 131072), ("int4", "auto", "bfloat16", 131072)])
def test_the_kv_cache_has_a_type_of_its_own(dtype, kv, resolved, bytes_per_token):
    load_ = asked("Llama-3.1-8B", 16, dtype=dtype, kv_dtype=kv)

    assert kv_dtype(load_) == resolved in KV_DTYPES
    assert need(load_).kv_bytes_per_token == bytes_per_token


class TestTensorParallel:
    @pytest.mark.parametrize(("model", "counts"), [
        ("Llama-3.3-70B", (1, 2, 4, 8, 16)), ("Qwen2.5-7B", (1, 2, 4)), ("Qwen2.5-0.5B", (1, 2, 14)),
        ("Llama-3.2-3B", (1, 2, 4, 8)), ("DeepSeek-V3", (1, 2, 4, 8, 16))])
    def test_which_numbers_of_gpus_divide_a_model(self, model, counts):
        assert divisors(load(model)) == counts

    @pytest.mark.parametrize(("model", "gpus", "text"), [
        ("Qwen2.5-7B", 8, "Qwen2.5-7B: 8 GPUs do not divide its 28 attention heads"),
        ("Llama-3.3-70B", 3, "Llama-3.3-70B: 3 GPUs do not divide its 64 attention heads"),
        ("Llama-3.2-3B", 12, "Llama-3.2-3B: 12 GPUs neither divide its 8 KV heads nor are a multiple of them"),
    ])
    def test_another_number_is_refused_and_the_right_ones_are_named(self, model, gpus, text):
        with pytest.raises(UsageError) as refused:
            need(asked(model, 1), gpus)
        assert refused.value.message == text
        assert refused.value.way_out.startswith("use one of 1, 2, 4")


class TestAgainstLogsOfVllm:
    def test_llama_on_an_h100(self):
        """79.14 GiB x 0.90; weights 14.99, 0.12 + 1.19 beside them; 54.93 GiB left for the KV cache."""
        needed = need(asked("Llama-3.1-8B", 1, overhead_gib=0.12 + 1.19))
        assert 79.14 * 0.9 - needed.weights_gib - needed.overhead_gib == pytest.approx(54.93, abs=0.05)

    @pytest.mark.parametrize(("model", "blocks", "gib"), [("Llama-3.1-8B", 2356, 4.60), ("Qwen2.5-1.5B", 5519, 2.36)])
    def test_how_many_blocks_fit(self, model, blocks, gib):
        """`# CUDA blocks` and `the rest of the memory reserved for KV Cache` of the same log."""
        assert need(asked(model, blocks * 16)).kv_cache_gib == pytest.approx(gib, abs=0.005)


class TestTheSmallestPlace:
    @pytest.mark.parametrize(("sequences", "place"), [(1, "3g.40gb"), (4, "3g.40gb"), (5, "1 x H100-SXM-80GB"),
                                                      (13, "1 x H100-SXM-80GB"), (14, "2 x H100-SXM-80GB")])
    def test_grows_with_the_load(self, sequences, place):
        # 14.958 + 2.25 + 4 GiB a sequence, in 35.55 GiB of 39.5 or 71.298 of 79.22; two GPUs halve both.
        fit = smallest(asked("Llama-3.1-8B", 32768, sequences), H100, utilization=0.9)
        assert fit.found.place.name == place

    def test_is_given_with_the_largest_that_was_too_small(self):
        fit = smallest(asked("Llama-3.1-8B", 32768, 8), H100, utilization=0.9)

        assert [each.place.name for each in fit.too_small] == ["3g.40gb", "4g.40gb"]
        assert fit.too_small[0].left_gib == pytest.approx(39.5 * 0.9 - 14.958 - 32 - 2.25, abs=0.001)

    def test_nothing_is_too_small_where_the_smallest_will_do(self):
        fit = smallest(asked("Qwen2.5-0.5B", 512), H100, utilization=0.9)

        assert (fit.found.place.name, fit.too_small) == ("1g.10gb", ())

    def test_instances_never_work_together(self):
        fit = smallest(asked("Llama-3.1-8B", 32768), H100, utilization=0.9, tensor_parallel=2)
        assert fit.found.place.name == "2 x H100-SXM-80GB"

    def test_may_not_exist(self):
        fit = smallest(asked("DeepSeek-V3", 32768), models.model("L40S"), utilization=0.9)

        assert fit.found is None
        assert fit.too_small[-1].place.name == "8 x L40S"
