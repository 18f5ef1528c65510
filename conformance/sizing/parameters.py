"""How many parameters a language model has, counted from its `config.json`.

Sources of the layers' shapes: transformers v4.55, models/*/modeling_*.py, by model_type. Left out is the layer for
multi-token prediction of DeepSeek and GLM (`num_nextn_predict_layers`): vLLM loads it for speculative decoding only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError
from conformance.sizing.config_json import ConfigJson


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The parameters of one model, by what they belong to."""

    embeddings: int
    """Token embedding and output layer."""
    attention: int = 0
    experts: int = 0
    """The matrices of all routed experts."""
    vision: int = 0
    """Vision tower and its projector."""
    rest: int
    """Dense MLPs, shared experts, routers, norms, biases of experts."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.embeddings + self.attention + self.experts + self.vision + self.rest


@dataclass(frozen=True, kw_only=True)
class _Layers:
    attention: int
    experts: int = 0
    rest: int


def count(config: ConfigJson) -> Parameters:
    """Count the parameters. A config may name their number itself, as `parameters`.

    Raises UsageError when a field is missing, or the shape of such a model is not known here.
    """
    if "parameters" in config.data:
        return Parameters(embeddings=config.embeddings,
                          rest=config.number("parameters") - config.embeddings)
    unlike = [field for field, usual in _USUAL.items() if config.data.get(field, usual) != usual
              and (config.model_type, field) not in _COUNTED]
    if unlike or config.model_type not in _LAYERS:
        of = f"with {unlike[0]} {config.data[unlike[0]]!r}" if unlike else f"of model_type {config.model_type!r}"
        raise UsageError(f"{config.file}: the parameters of a model {of} cannot be counted from its config",
                         "add parameters: their number")
    layers = _LAYERS[config.model_type](config)
    return Parameters(embeddings=config.embeddings, attention=layers.attention, experts=layers.experts,
                      vision=_vision(config), rest=layers.rest + config.number("hidden_size"))


def _attention(config: ConfigJson, *, bias: bool = False, norms: bool = False) -> int:
    hidden, dim = config.number("hidden_size"), config.head_dim
    queries, keys = config.number("num_attention_heads") * dim, config.number("num_key_value_heads") * dim
    beside = (queries + 2 * keys if bias else 0) + (2 * dim if norms else 0)
    return 2 * hidden * (queries + keys) + beside


def _latent_attention(config: ConfigJson) -> int:
    hidden, heads = config.number("hidden_size"), config.number("num_attention_heads")
    q_rank, kv_rank = config.number("q_lora_rank"), config.number("kv_lora_rank")
    rope, plain, value = (config.number(f"{each}_head_dim") for each in ("qk_rope", "qk_nope", "v"))
    return (hidden * q_rank + q_rank + q_rank * heads * (plain + rope)
            + hidden * (kv_rank + rope) + kv_rank + kv_rank * heads * (plain + value) + heads * value * hidden)


def _mlp(config: ConfigJson, width: str = "intermediate_size") -> int:
    return 3 * config.number("hidden_size") * config.number(width)


def _dense(*, bias: bool = False, norms: bool = False, layer_norms: int = 2) -> Callable[[ConfigJson], _Layers]:
    def layers(config: ConfigJson) -> _Layers:
        return _Layers(attention=config.layers * _attention(config, bias=bias, norms=norms),
                       rest=config.layers * (_mlp(config) + layer_norms * config.number("hidden_size")))

    return layers


def _experts(experts: str, width: str, *, norms: bool = False) -> Callable[[ConfigJson], _Layers]:
    def layers(config: ConfigJson) -> _Layers:
        hidden, number = config.number("hidden_size"), config.number(experts)
        return _Layers(attention=config.layers * _attention(config, norms=norms),
                       experts=config.layers * number * _mlp(config, width),
                       rest=config.layers * (number * hidden + 2 * hidden))

    return layers


def _shared_experts(attention: Callable[[ConfigJson], int]) -> Callable[[ConfigJson], _Layers]:
    """A few dense layers first, then experts of which one or more are for all tokens; the router has a bias."""
    def layers(config: ConfigJson) -> _Layers:
        hidden, dense = config.number("hidden_size"), config.number("first_k_dense_replace")
        routed, shared = config.number("n_routed_experts"), config.number("n_shared_experts")
        sparse, expert = config.layers - dense, _mlp(config, "moe_intermediate_size")
        return _Layers(attention=config.layers * attention(config), experts=sparse * routed * expert,
                       rest=config.layers * 2 * hidden + dense * _mlp(config)
                       + sparse * (shared * expert + routed * (hidden + 1)))

    return layers


def _glm_attention(config: ConfigJson) -> int:
    return _attention(config, bias=bool(config.data.get("attention_bias")),
                      norms=bool(config.data.get("use_qk_norm")))


def _llama4(config: ConfigJson) -> _Layers:
    """Experts in each layer, or in each second one (Maverick), with one more expert that is for all tokens."""
    hidden, expert = config.number("hidden_size"), _mlp(config)
    listed, step = config.data.get("moe_layers"), config.number("interleave_moe_layer_step")
    sparse = len(listed) if isinstance(listed, list) else config.layers // step
    experts = config.number("num_local_experts")
    dense = (config.layers - sparse) * _mlp(config, "intermediate_size_mlp") if sparse < config.layers else 0
    return _Layers(attention=config.layers * _attention(config), experts=sparse * experts * expert,
                   rest=config.layers * 2 * hidden + dense + sparse * (expert + experts * hidden))


def _gpt_oss(config: ConfigJson) -> _Layers:
    """Biases everywhere, and one learned sink for each attention head."""
    hidden, width, heads = (config.number(field) for field in (
        "hidden_size", "intermediate_size", "num_attention_heads"))
    experts = config.number("num_local_experts")
    biases = experts * (2 * width + hidden)
    return _Layers(attention=config.layers * (_attention(config, bias=True) + hidden + heads),
                   experts=config.layers * experts * _mlp(config),
                   rest=config.layers * (biases + experts * (hidden + 1) + 2 * hidden))


_LAYERS: Mapping[str, Callable[[ConfigJson], _Layers]] = {
    "llama": _dense(), "mistral": _dense(), "phi3": _dense(), "qwen2": _dense(bias=True), "qwen3": _dense(norms=True),
    "gemma2": _dense(layer_norms=4), "gemma3_text": _dense(norms=True, layer_norms=4),
    "mixtral": _experts("num_local_experts", "intermediate_size"),
    "qwen3_moe": _experts("num_experts", "moe_intermediate_size", norms=True),
    "deepseek_v3": _shared_experts(_latent_attention), "kimi_k2": _shared_experts(_latent_attention),
    "glm4_moe": _shared_experts(_glm_attention), "llama4_text": _llama4, "gpt_oss": _gpt_oss,
}

_USUAL: Mapping[str, Any] = {"attention_bias": False, "mlp_bias": False, "mlp_only_layers": [],
                             "decoder_sparse_step": 1, "moe_layer_freq": 1, "shared_expert_intermediate_size": 0}
"""What those counts take for granted."""

_COUNTED = frozenset({("glm4_moe", "attention_bias"), ("gpt_oss", "attention_bias")})
"""Where a count does look at the field."""


def _vision(config: ConfigJson) -> int:
    tower = config.vision
    if tower is None:
        return 0
    if tower.model_type not in _TOWERS:
        raise UsageError(f"{config.file}: the parameters of a vision tower of model_type {tower.model_type!r} cannot "
                         f"be counted from its config", "take vision_config out and add parameters: the number of all")
    return _TOWERS[tower.model_type](tower, config)


def _siglip(tower: ConfigJson, config: ConfigJson) -> int:
    """Gemma 3: a projection and a norm lead from the tower to the language model."""
    hidden, width = tower.number("hidden_size"), tower.number("intermediate_size")
    patch, image = tower.number("patch_size"), tower.number("image_size")
    layer = 4 * (hidden * hidden + hidden) + 4 * hidden + 2 * hidden * width + width + hidden
    return (3 * patch * patch * hidden + hidden + (image // patch) ** 2 * hidden + tower.layers * layer + 2 * hidden
            + hidden * config.number("hidden_size") + hidden)


def _pixtral(tower: ConfigJson, config: ConfigJson) -> int:
    """Mistral Small 3.1: four patches are merged into one, then two layers lead to the language model."""
    hidden, text = tower.number("hidden_size"), config.number("hidden_size")
    merge = int(config.data.get("spatial_merge_size", 1))
    layer = 4 * hidden * hidden + _mlp(tower) + 2 * hidden
    return (3 * tower.number("patch_size") ** 2 * hidden + hidden + tower.layers * layer
            + hidden + hidden * hidden * merge * merge + hidden * text + text * text)


def _llama4_tower(tower: ConfigJson, config: ConfigJson) -> int:
    """Llama 4: patches and one class token, an adapter of two layers, and a projection."""
    hidden, width = tower.number("hidden_size"), tower.number("intermediate_size")
    patch, image = tower.number("patch_size"), tower.number("image_size")
    layer = 4 * (hidden * hidden + hidden) + 4 * hidden + 2 * hidden * width + width + hidden
    adapter = width * tower.number("projector_input_dim") + tower.number("projector_input_dim") * tower.number(
        "projector_output_dim")
    positions = (image // patch) ** 2 + 1
    return (3 * patch * patch * hidden + hidden + positions * hidden + 4 * hidden + tower.layers * layer + adapter
            + tower.number("vision_output_dim") * config.number("hidden_size"))


_TOWERS: Mapping[str, Callable[[ConfigJson, ConfigJson], int]] = {
    "siglip_vision_model": _siglip, "pixtral": _pixtral, "llama4_vision_model": _llama4_tower,
}
