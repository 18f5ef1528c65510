import json

import pytest

from conformance import assets
from conformance.errors import UsageError
from conformance.kube import yaml
from conformance.sizing import language_models
from conformance.sizing.language_models import load

FOLDER = assets.folder("fixtures") / "models"
QWEN = {"model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064, "torch_dtype": "bfloat16",
        "max_position_embeddings": 32768, "use_sliding_window": False, "sliding_window": 131072}


def config(tmp_path, base=QWEN, **changes):
    """The path of a config.json; a change to None takes the field out."""
    said = {key: value for key, value in (base | changes).items() if value is not None}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(said))
    return str(file)


def test_at_least_twelve_models_are_known():
    assert len(language_models.names()) >= 12
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(name.lower() for name in language_models.names())


@pytest.mark.parametrize("name", language_models.names())
def test_the_published_parameter_count_follows_from_the_numbers(name):
    """The count stands in the file, from the published weights; the tool does not read it but counts."""
    said = yaml.read(FOLDER / f"{name.lower()}.yaml")[0].data

    assert load(name).parameters == said["parameters"]
    assert "parameters" not in said["config"]
    assert load(name).source == said["source"].strip() != ""


SERVED = [
    "meta-llama/Llama-3.1-70B-Instruct", "meta-llama/Llama-3.1-405B-Instruct", "meta-llama/Llama-4-Scout-17B-16E-Instruct",
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct", "Qwen/Qwen2.5-72B-Instruct", "Qwen/Qwen3-235B-A22B", "openai/gpt-oss-20b",
    "openai/gpt-oss-120b", "deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "google/gemma-3-1b-it", "google/gemma-3-4b-it", "google/gemma-3-12b-it",
    "google/gemma-3-27b-it", "mistralai/Mistral-Small-24B-Instruct-2501", "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
    "microsoft/phi-4", "zai-org/GLM-4.5", "zai-org/GLM-4.5-Air"]


@pytest.mark.parametrize("name", SERVED)
def test_a_model_is_known_by_its_hugging_face_id_with_and_without_owner_in_any_case(name):
    found = load(name.upper())

    assert found.name == name
    assert found.max_context == found.hub[name]
    assert load(name.partition("/")[2]).parameters == found.parameters


def test_a_folder_of_that_name_comes_first_as_in_vllm(tmp_path, monkeypatch):
    (tmp_path / "Qwen" / "Qwen2.5-7B").mkdir(parents=True)
    config(tmp_path / "Qwen" / "Qwen2.5-7B", num_hidden_layers=3)
    monkeypatch.chdir(tmp_path)

    assert load("Qwen/Qwen2.5-7B").layers == 3
    assert load("Qwen/Qwen2.5-7B-Instruct").layers == 28


def test_what_was_not_seen_of_a_model_is_said():
    assert load("DeepSeek-R1-Distill-Llama-70B").doubt().startswith(
        "unverified: deepseek-ai/DeepSeek-R1-Distill-Llama-70B: its config.json was not seen")
    assert load("Llama-3.3-70B").doubt() is None
    for name in language_models.names():
        assert set(load(name).unverified) <= set(load(name).hub)


@pytest.mark.parametrize(("name", "published"), [("GLM-4.5", 358_337_791_296), ("GLM-4.5-Air", 110_468_824_832)])
def test_the_layer_for_multi_token_prediction_is_what_the_published_weights_have_more(name, published):
    """Its own layer, embedding and output layer, and what joins the hidden states of two tokens; to the unit."""
    said = yaml.read(FOLDER / f"{name.lower()}.yaml")[0].data["config"]
    hidden, queries, keys = said["hidden_size"], 96 * 128, 8 * 128
    attention = 2 * hidden * (queries + keys) + queries + 2 * keys + (2 * 128 if said["use_qk_norm"] else 0)
    experts = (said["n_routed_experts"] + 1) * 3 * hidden * said["moe_intermediate_size"] + said["n_routed_experts"] * (hidden + 1)
    beside = 2 * hidden * hidden + 3 * hidden + 2 * said["vocab_size"] * hidden

    assert load(name).parameters + attention + 2 * hidden + experts + beside == published


def test_parameters_counted_by_hand():
    # Mistral: 2 x 4096 x 4096 and 2 x 4096 x 1024 attention, 3 x 4096 x 14336 MLP, 2 norms; 32 layers; 2 embeddings.
    layer = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096
    assert load("Mistral-7B-v0.3").parameters == 32 * layer + 2 * 32768 * 4096 + 4096 == 7_248_023_552


def test_a_config_json_is_the_same_as_our_model_of_that_name(tmp_path):
    ours, theirs = load("Qwen2.5-7B"), load(config(tmp_path))

    assert (theirs.parameters, theirs.layers, theirs.kv_heads, theirs.head_dim, theirs.dtype) == (
        ours.parameters, ours.layers, ours.kv_heads, ours.head_dim, ours.dtype) == (
        7_615_616_512, 28, 4, 128, "bfloat16")
    assert theirs.name == tmp_path.name


def test_a_folder_with_a_config_json_will_do(tmp_path):
    config(tmp_path)

    assert load(str(tmp_path)).layers == 28


def test_a_model_is_found_in_any_case():
    assert load("llama-3.1-8b") == load("Llama-3.1-8B")


def test_an_unknown_model_names_the_nearest():
    with pytest.raises(UsageError) as refused:
        load("Llama-3.1-80B")

    assert refused.value.message == "there is no model 'Llama-3.1-80B', and no such file"
    assert refused.value.way_out.startswith("did you mean 'Llama-3.")


@pytest.mark.parametrize("name", ["", "x" * 5000, "/no/such/config.json"])
def test_no_name_however_odd_crashes(name):
    with pytest.raises(UsageError):
        load(name)


@pytest.mark.parametrize("field", ["hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
                                   "vocab_size", "intermediate_size", "torch_dtype"])
def test_a_lacking_field_is_named_with_its_file(tmp_path, field):
    file = config(tmp_path, **{field: None})

    with pytest.raises(UsageError) as refused:
        load(file)
    assert refused.value.message == f"{file}: {field} is missing"
    assert refused.value.way_out.startswith((f"add {field}", "of a multimodal"))


@pytest.mark.parametrize("value", ["28", 0, -1, 2.5, True, [28]])
def test_a_field_that_is_no_whole_number_is_refused(tmp_path, value):
    with pytest.raises(UsageError, match=r"config.json: num_hidden_layers must be a whole number from 1 on, is "):
        load(config(tmp_path, num_hidden_layers=value))


@pytest.mark.parametrize("text", ["[]", "3", "", "a: b: c", "{", "{}\n---\n{}"])
def test_what_is_no_config_json_is_refused_by_file(tmp_path, text):
    file = tmp_path / "config.json"
    file.write_text(text)

    with pytest.raises(UsageError) as refused:
        load(str(file))
    assert str(file) in refused.value.message


def test_heads_that_do_not_divide_the_width_need_a_head_dim(tmp_path):
    with pytest.raises(UsageError, match="head_dim is missing, and 30 heads do not divide hidden_size 3584"):
        load(config(tmp_path, num_attention_heads=30))

    assert load(config(tmp_path, num_attention_heads=30, head_dim=128)).head_dim == 128


class TestSlidingWindow:
    def test_a_window_that_is_switched_off_counts_for_nothing(self, tmp_path):
        assert load(config(tmp_path)).window is None

    def test_every_layer_of_a_mistral_has_it(self):
        assert (load("Mistral-7B-v0.1").window, load("Mistral-7B-v0.1").window_layers) == (4096, 32)

    def test_every_second_layer_of_a_gemma_has_it(self):
        assert (load("Gemma-2-9B").window, load("Gemma-2-9B").window_layers) == (4096, 21)

    def test_layer_types_say_which_layers_have_it(self, tmp_path):
        kinds = ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"] * 7
        file = config(tmp_path, use_sliding_window=None, layer_types=kinds, sliding_window=1024)

        assert (load(file).window, load(file).window_layers) == (1024, 21)

    @pytest.mark.parametrize(("changes", "text"), [
        ({"model_type": "phi3"}, "which layers have the sliding window is not known for model_type 'phi3'"),
        ({"layer_types": ["full_attention"] * 3}, "layer_types names 3 of 28 layers"),
        ({"layer_types": ["linear_attention"] * 28}, "what 28 layers of linear_attention keep is not known"),
    ])
    def test_it_is_never_guessed(self, tmp_path, changes, text):
        with pytest.raises(UsageError, match=text):
            load(config(tmp_path, use_sliding_window=None, **changes))


class TestLayersThatDoNotSeeAll:
    def test_the_layers_that_gpt_oss_lists_are_those_that_its_class_takes(self, tmp_path):
        said = dict(yaml.read(FOLDER / "gpt-oss-20b.yaml")[0].data["config"])
        listed = load(config(tmp_path, said, layer_types=["sliding_attention", "full_attention"] * 12))
        assert (listed.window, listed.window_layers) == (128, 12) == (
            load("gpt-oss-20b").window, load("gpt-oss-20b").window_layers)

    def test_all_but_each_sixth_layer_of_a_gemma_3(self):
        assert (load("Gemma-3-27B").window, load("Gemma-3-27B").window_layers) == (1024, 52)
        assert (load("Gemma-3-1B").window, load("Gemma-3-1B").window_layers) == (512, 22)

    @pytest.mark.parametrize(("changes", "found"), [
        ({}, (8192, 36, True)), ({"no_rope_layers": [1] * 40 + [0] * 8}, (8192, 40, True)),
        ({"no_rope_layers": []}, (8192, 36, True)), ({"attention_chunk_size": None}, (None, 0, False)),
        ({"layer_types": ["chunked_attention", "full_attention"] * 24}, (8192, 24, True)),
        ({"layer_types": ["full_attention"] * 48}, (None, 0, False))])
    def test_which_layers_of_a_llama_4_attend_in_chunks(self, tmp_path, changes, found):
        said = dict(yaml.read(FOLDER / "llama-4-scout-17b-16e.yaml")[0].data["config"])
        model = load(config(tmp_path, said, **changes))
        assert (model.window, model.window_layers, model.chunked) == found

    @pytest.mark.parametrize(("changes", "text"), [
        ({"no_rope_layers": [1, 0]}, "no_rope_layers names 2 of 48 layers"),
        ({"layer_types": ["chunked_attention", "sliding_attention"] * 24, "sliding_window": 4},
         "layer_types has sliding windows and chunks")])
    def test_it_is_never_guessed(self, tmp_path, changes, text):
        said = dict(yaml.read(FOLDER / "llama-4-scout-17b-16e.yaml")[0].data["config"])
        with pytest.raises(UsageError, match=text):
            load(config(tmp_path, said, **changes))


class TestModelsThatSeeImages:
    def test_a_config_json_as_it_is_published(self, tmp_path):
        """Half of the text_config of google/gemma-3-4b-it is left to its class."""
        file = tmp_path / "config.json"
        file.write_text(json.dumps({
            "model_type": "gemma3", "torch_dtype": "bfloat16",
            "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
                            "num_hidden_layers": 34, "sliding_window": 1024},
            "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304,
                              "num_hidden_layers": 27, "patch_size": 14, "image_size": 896}}))
        ours, theirs = load("Gemma-3-4B"), load(str(file))
        assert (theirs.parameters, theirs.window_layers, theirs.kv_heads, theirs.max_context, theirs.dtype) == (
            ours.parameters, ours.window_layers, ours.kv_heads, ours.max_context, ours.dtype) == (
            4_300_079_472, 29, 4, 131072, "bfloat16")

    def test_the_tower_stays_in_16_bits_when_the_model_is_quantised(self):
        assert load("Gemma-3-4B", "int4").unquantised_parameters - load("Gemma-3-4B", "int4").parameters == -(
            34 * (2 * 2560 * 12 * 256 + 3 * 2560 * 10240 + 4 * 2560 + 2 * 256) + 2560)

    def test_a_tower_that_we_do_not_know_is_refused_unless_all_parameters_are_named(self, tmp_path):
        with pytest.raises(UsageError, match="a vision tower of model_type 'clip' cannot be counted") as refused:
            load(config(tmp_path, vision_config={"model_type": "clip"}))
        assert refused.value.way_out == "take vision_config out and add parameters: the number of all"
        assert load(config(tmp_path, vision_config={"model_type": "clip"}, parameters=8_000_000_000)).layers == 28


class TestParameters:
    @pytest.mark.parametrize(("changes", "text"), [
        ({"model_type": "grok"}, "a model of model_type 'grok'"),
        ({"attention_bias": True}, "a model with attention_bias True"),
        ({"mlp_only_layers": [1]}, r"a model with mlp_only_layers \[1\]"),
    ])
    def test_they_are_never_guessed(self, tmp_path, changes, text):
        with pytest.raises(UsageError, match=f"the parameters of {text} cannot be counted") as refused:
            load(config(tmp_path, **changes))
        assert refused.value.way_out == "add parameters: their number"

    def test_a_config_may_name_them(self, tmp_path):
        assert load(config(tmp_path, model_type="grok", parameters=7_000_000_000)).parameters == 7_000_000_000


class TestDtype:
    @pytest.mark.parametrize(("quantisation", "dtype"), [
        ({"quant_method": "fp8"}, "fp8"), ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8")])
    def test_a_quantised_model_says_how(self, tmp_path, quantisation, dtype):
        assert load(config(tmp_path, quantization_config=quantisation)).dtype == dtype

    @pytest.mark.parametrize(("quantisation", "dtype"), [
        ({"quant_method": "fbgemm_fp8"}, "fp8"), ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
        ({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}}}, "fp8"),
        ({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int"}}}}, "int4")])
    def test_other_tools_say_it_otherwise(self, tmp_path, quantisation, dtype):
        assert load(config(tmp_path, quantization_config=quantisation)).dtype == dtype

    def test_what_is_not_quantised_keeps_its_16_bits(self, tmp_path):
        small = ["lm_head", "model.layers.0.input_layernorm", "model.layers.0.mlp.gate"]
        plain = load(config(tmp_path, quantization_config={"quant_method": "fp8", "modules_to_not_convert": small}))
        attention = load(config(tmp_path, quantization_config={
            "quant_method": "fp8", "modules_to_not_convert": [*small, "model.layers.0.self_attn"]}))
        assert plain.unquantised_parameters == 2 * 152064 * 3584
        assert attention.unquantised_parameters - plain.unquantised_parameters == 28 * (2 * 3584 * 4096 + 4608)

    @pytest.mark.parametrize("kept", ["model.layers.0.mlp.down_proj", "re:.*shared_experts.*"])
    def test_large_parts_that_are_not_quantised_are_never_guessed(self, tmp_path, kept):
        file = config(tmp_path, quantization_config={"quant_method": "fp8", "modules_to_not_convert": ["lm_head", kept]})
        with pytest.raises(UsageError, match="is not quantised: how many parameters that is is not known"):
            load(file)
        assert load(file, "bfloat16").dtype == "bfloat16"

    def test_mxfp4_is_for_experts(self, tmp_path):
        with pytest.raises(UsageError, match="MXFP4 is for the weights of experts"):
            load(config(tmp_path, quantization_config={"quant_method": "mxfp4"}))
        with pytest.raises(UsageError, match="MXFP4 is for the weights of experts"):
            load("Llama-3.1-8B", "mxfp4")

    @pytest.mark.parametrize("quantisation", [{"quant_method": "nvfp4"}, {"quant_method": "gptq", "bits": 3}, {"a": 1},
                                              {"quant_method": "compressed-tensors"}])
    def test_another_way_is_not_known_until_it_is_named(self, tmp_path, quantisation):
        file = config(tmp_path, quantization_config=quantisation)

        with pytest.raises(UsageError, match="how many bits a weight has is not known"):
            load(file)
        assert load(file, "int4").dtype == "int4"

    def test_the_newer_name_of_the_field_will_do(self, tmp_path):
        assert load(config(tmp_path, torch_dtype=None, dtype="float16")).dtype == "float16"

    def test_an_unknown_one_names_the_nearest(self, tmp_path):
        with pytest.raises(UsageError, match="torch_dtype cannot be 'bfloat17'") as refused:
            load(config(tmp_path, torch_dtype="bfloat17"))
        assert refused.value.way_out == "did you mean 'bfloat16'?"


def test_the_table_is_plain_data_that_json_can_hold():
    table = language_models.table()

    assert json.loads(json.dumps(table)) == table
    assert table["DeepSeek-V3"]["latent"] == 576
