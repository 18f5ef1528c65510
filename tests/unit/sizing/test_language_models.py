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
    assert [path.stem for path in sorted(FOLDER.glob("*.yaml"))] == sorted(name.lower() for name in language_models.names())


@pytest.mark.parametrize("name", language_models.names())
def test_the_published_parameter_count_follows_from_the_numbers(name):
    """The count stands in the file, from the published weights; the tool does not read it but counts."""
    said = yaml.read(FOLDER / f"{name.lower()}.yaml")[0].data

    assert load(name).parameters == said["parameters"]
    assert "parameters" not in said["config"]
    assert load(name).source == said["source"].strip() != ""


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

    @pytest.mark.parametrize("quantisation", [{"quant_method": "mxfp4"}, {"quant_method": "gptq", "bits": 3}, {"a": 1}])
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
