"""Language models as numbers: read from a Hugging Face `config.json`, or from `fixtures/models/`."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from conformance import assets
from conformance.errors import UsageError, nearest

DTYPES = {"float32": 32.0, "bfloat16": 16.0, "float16": 16.0, "fp8": 8.0, "int8": 8.0, "int4": 4 + 20 / 128}
"""Bits of one weight. int4 has a scale of 16 and a zero point of 4 bits for each group of 128 weights (AWQ, GPTQ)."""

_HELP = {
    "num_key_value_heads": "the attention heads that have keys and values of their own; without grouped-query "
                           "attention as many as num_attention_heads",
    "hidden_size": "of a multimodal model give the part under text_config",
    "torch_dtype": f"one of {', '.join(DTYPES)}, or name it with --dtype",
}


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """The numbers of one model that its memory follows from."""

    name: str
    layers: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    latent: int | None = None
    """Values of one token in one layer with multi-head latent attention: kv_lora_rank + qk_rope_head_dim."""
    window: int | None = None
    """Tokens that a layer with a sliding window looks back on."""
    window_layers: int = 0
    parameters: int
    embedding_parameters: int
    """Those of the token embedding and of the output layer: they stay in 16 bits when a model is quantised."""
    dtype: str
    """Of the published weights: a key of DTYPES."""
    max_context: int | None = None
    """Tokens: max_position_embeddings."""
    source: str = ""
    """What the numbers rest on, for a model of ours."""
    hub: Mapping[str, int] = field(default_factory=dict)
    """Repositories of the Hugging Face Hub that have its weights, or others of the same shape, and the
    `max_position_embeddings` of each; for a model of ours."""


def names() -> list[str]:
    """Return the names of the models that we have."""
    return sorted(str(_ours(path)["name"]) for path in _files().values())


def load(model: str, dtype: str | None = None) -> LanguageModel:
    """Return one of our models by name, in any case, or the model of a `config.json` (or a folder that has one).

    `dtype` replaces the one that the config names. Raises UsageError that names the file and the field when
    something is missing, and the nearest name when there is neither such a file nor such a model.
    """
    shipped = _files().get(model.lower())
    if shipped:
        said = _ours(shipped)
        return dataclasses.replace(_Config(said["config"], shipped).read(said["name"], dtype), source=said["source"],
                                   hub=said["hub"])
    if not os.path.exists(model):
        raise UsageError(f"there is no model {model!r}, and no such file", nearest(model, names()))
    from conformance.kube import yaml  # noqa: PLC0415 -- slow to load, and every audit reads our models

    file = Path(model, "config.json") if os.path.isdir(model) else Path(model)
    documents = yaml.read(file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise UsageError(f"{file}: is not a config.json: it must be one object")
    name = file.parent.resolve().name if file.name == "config.json" else file.stem
    return _Config(documents[0].data, file).read(name, dtype)


def table() -> dict[str, dict[str, Any]]:
    """Return our models by name as plain data that JSON can hold."""
    return {name: dataclasses.asdict(load(name)) for name in names()}


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((assets.folder("fixtures") / "models").glob("*.yaml"))}


def _ours(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


@dataclass(frozen=True)
class _Config:
    """One `config.json`."""

    data: Mapping[str, Any]
    file: Path

    def read(self, name: str, dtype: str | None) -> LanguageModel:
        heads = self.number("num_attention_heads")
        window, window_layers = self.window()
        mla = "kv_lora_rank" in self.data
        return LanguageModel(
            name=name, layers=self.number("num_hidden_layers"), attention_heads=heads,
            kv_heads=heads if mla else self.number("num_key_value_heads"), head_dim=self.head_dim,
            latent=self.number("kv_lora_rank") + self.number("qk_rope_head_dim") if mla else None,
            window=window, window_layers=window_layers, parameters=self.parameters(),
            embedding_parameters=self.embeddings, dtype=dtype or self.dtype(),
            max_context=self.number("max_position_embeddings") if "max_position_embeddings" in self.data else None)

    def number(self, field: str) -> int:
        value = self.data.get(field)
        if value is None:
            raise self.lacks(field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{self.file}: {field} must be a whole number from 1 on, is {value!r}")
        return value

    def lacks(self, field: str) -> UsageError:
        return UsageError(f"{self.file}: {field} is missing", f"add {field}: {_HELP[field]}" if field in _HELP else
                          f"add {field}")

    @cached_property
    def model_type(self) -> str:
        return str(self.data.get("model_type", ""))

    @cached_property
    def head_dim(self) -> int:
        if self.data.get("head_dim") is not None:
            return self.number("head_dim")
        hidden, heads = self.number("hidden_size"), self.number("num_attention_heads")
        if hidden % heads and "kv_lora_rank" not in self.data:
            raise UsageError(f"{self.file}: head_dim is missing, and {heads} heads do not divide hidden_size {hidden}",
                             "add head_dim")
        return hidden // heads

    @cached_property
    def tied(self) -> bool:
        # Where a config is silent its class decides: Gemma's default is true, that of the others false.
        return bool(self.data.get("tie_word_embeddings", self.model_type == "gemma2"))

    @cached_property
    def embeddings(self) -> int:
        return self.number("vocab_size") * self.number("hidden_size") * (1 if self.tied else 2)

    def dtype(self) -> str:
        quantised: Mapping[str, Any] = self.data.get("quantization_config") or {}
        if quantised:
            method, bits = str(quantised.get("quant_method", "")), quantised.get("bits")
            found = "fp8" if method == "fp8" else f"int{bits}" if method in {"awq", "gptq"} else method
            if found not in DTYPES:
                raise UsageError(f"{self.file}: how many bits a weight has is not known for quant_method {method!r}",
                                 "name it with --dtype")
            return found
        said = self.data.get("torch_dtype", self.data.get("dtype"))
        if said is None:
            raise self.lacks("torch_dtype")
        if said not in DTYPES:
            raise UsageError(f"{self.file}: torch_dtype cannot be {said!r}", nearest(str(said), DTYPES))
        return str(said)

    def window(self) -> tuple[int | None, int]:
        """Return the window and how many layers have it. Raises UsageError when the config does not say which."""
        layers = self.number("num_hidden_layers")
        if self.data.get("sliding_window") is None or self.data.get("use_sliding_window") is False:
            return None, 0
        window, kinds = self.number("sliding_window"), self.data.get("layer_types")
        if isinstance(kinds, list):
            unknown = set(map(str, kinds)) - {"full_attention", "sliding_attention"}
            if unknown or len(kinds) != layers:
                raise UsageError(f"{self.file}: layer_types: what {len(kinds)} layers of {', '.join(sorted(unknown))} "
                                 f"keep is not known" if unknown else
                                 f"{self.file}: layer_types names {len(kinds)} of {layers} layers")
            return window, kinds.count("sliding_attention")
        if self.model_type == "mistral":
            return window, layers
        if self.model_type == "gemma2":  # transformers v4.42, modeling_gemma2.py: layers 0, 2, 4 and so on
            return window, (layers + 1) // 2
        raise UsageError(f"{self.file}: which layers have the sliding window is not known for model_type "
                         f"{self.model_type!r}", "add layer_types, or set sliding_window to null for an upper bound")

    def parameters(self) -> int:
        if "parameters" in self.data:
            return self.number("parameters")
        unlike = [field for field, usual in _USUAL.items() if self.data.get(field, usual) != usual]
        if unlike or self.model_type not in _LAYERS:
            of = f"with {unlike[0]} {self.data[unlike[0]]!r}" if unlike else f"of model_type {self.model_type!r}"
            raise UsageError(f"{self.file}: the parameters of a model {of} cannot be counted from its config",
                             "add parameters: their number")
        return self.embeddings + self.number("hidden_size") + _LAYERS[self.model_type](self)

    def attention(self, *, bias: bool = False, norms: bool = False) -> int:
        hidden, dim = self.number("hidden_size"), self.head_dim
        queries, keys = self.number("num_attention_heads") * dim, self.number("num_key_value_heads") * dim
        beside = (queries + 2 * keys if bias else 0) + (2 * dim if norms else 0)
        return 2 * hidden * (queries + keys) + beside

    def latent_attention(self) -> int:
        hidden, heads = self.number("hidden_size"), self.number("num_attention_heads")
        q_rank, kv_rank = self.number("q_lora_rank"), self.number("kv_lora_rank")
        rope, plain, value = (self.number(f"{each}_head_dim") for each in ("qk_rope", "qk_nope", "v"))
        return (hidden * q_rank + q_rank + q_rank * heads * (plain + rope)
                + hidden * (kv_rank + rope) + kv_rank + kv_rank * heads * (plain + value) + heads * value * hidden)

    def mlp(self, width: str = "intermediate_size") -> int:
        return 3 * self.number("hidden_size") * self.number(width)


def _dense(*, bias: bool = False, norms: bool = False, layer_norms: int = 2) -> Callable[[_Config], int]:
    def count(config: _Config) -> int:
        layer = config.attention(bias=bias, norms=norms) + config.mlp() + layer_norms * config.number("hidden_size")
        return config.number("num_hidden_layers") * layer

    return count


def _experts(experts: str, width: str, *, norms: bool = False) -> Callable[[_Config], int]:
    def count(config: _Config) -> int:
        hidden = config.number("hidden_size")
        layer = config.attention(norms=norms) + config.number(experts) * (config.mlp(width) + hidden) + 2 * hidden
        return config.number("num_hidden_layers") * layer

    return count


def _deepseek(config: _Config) -> int:
    hidden, layers, dense = (config.number(field) for field in (
        "hidden_size", "num_hidden_layers", "first_k_dense_replace"))
    routed, shared = config.number("n_routed_experts"), config.number("n_shared_experts")
    sparse = (routed + shared) * config.mlp("moe_intermediate_size") + routed * (hidden + 1)
    return layers * (config.latent_attention() + 2 * hidden) + dense * config.mlp() + (layers - dense) * sparse


_LAYERS: Mapping[str, Callable[[_Config], int]] = {
    "llama": _dense(), "mistral": _dense(), "qwen2": _dense(bias=True), "qwen3": _dense(norms=True),
    "gemma2": _dense(layer_norms=4), "mixtral": _experts("num_local_experts", "intermediate_size"),
    "qwen3_moe": _experts("num_experts", "moe_intermediate_size", norms=True), "deepseek_v3": _deepseek,
}
"""How many parameters all layers have, by model_type (transformers v4.51, models/*/modeling_*.py)."""

_USUAL: Mapping[str, Any] = {"attention_bias": False, "mlp_bias": False, "mlp_only_layers": [],
                             "decoder_sparse_step": 1, "moe_layer_freq": 1}
"""What those counts take for granted."""
