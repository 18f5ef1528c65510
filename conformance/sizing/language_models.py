"""Language models as numbers: ours from `fixtures/models/`, by name or Hugging Face id, or those of a `config.json`."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import UsageError, nearest
from conformance.kube import yaml
from conformance.sizing.config_json import DTYPES, ConfigJson
from conformance.sizing.parameters import Parameters, count


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
    """Tokens that a layer with a sliding window looks back on, or those of one chunk."""
    window_layers: int = 0
    chunked: bool = False
    """Whether those layers attend within chunks (Llama 4), not within a window that moves with each token."""
    parameters: int
    unquantised_parameters: int
    """Those that stay in 16 bits when a model is quantised: token embedding, output layer and vision tower; under MXFP4
    all but the experts; and the attention where the config says so."""
    hidden_size: int
    expert_width: int | None = None
    """Of one routed expert; None where there are none. Kernels for MXFP4 round it up, and hidden_size."""
    block: int | None = None
    """Weights of which so many rows and columns share a scale (FP8 of DeepSeek and Qwen3): weight_block_size."""
    dtype: str
    """Of the published weights: a key of DTYPES."""
    max_context: int | None = None
    """Tokens: max_position_embeddings."""
    source: str = ""
    """What the numbers rest on, for a model of ours."""
    hub: Mapping[str, int] = field(default_factory=dict)
    """Repositories of the Hugging Face Hub that have its weights, or others of the same shape, and the
    `max_position_embeddings` of each; for a model of ours."""
    unverified: Mapping[str, str] = field(default_factory=dict)
    """Repositories under `hub` of which a number was not seen in a published config: which, and why it is taken so."""

    def doubt(self) -> str | None:
        """Return what is unverified of this model under the name that it was asked for; None when all was seen."""
        said = self.unverified.get(self.name)
        return f"unverified: {self.name}: {said}" if said else None


def names() -> list[str]:
    """Return the names of the models that we have."""
    return sorted(str(_ours(path)["name"]) for path in _files().values())


def load(model: str, dtype: str | None = None) -> LanguageModel:
    """Return a model of ours by name or Hugging Face id, in any case, or that of a `config.json` (or its folder).

    An id may lack its owner: `DeepSeek-R1`. A folder of the name of an id comes first, as in vLLM. `dtype` replaces the
    one that the config names. Raises UsageError that names the file and the field when something is missing, and the
    nearest name when there is neither such a file nor such a model.
    """
    shipped = _files().get(model.lower())
    if shipped:
        return _read(_ours(shipped), shipped, dtype)
    if not os.path.exists(model):
        return _by_id(model, dtype)
    file = Path(model, "config.json") if os.path.isdir(model) else Path(model)
    documents = yaml.read(file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise UsageError(f"{file}: is not a config.json: it must be one object")
    name = file.parent.resolve().name if file.name == "config.json" else file.stem
    return _model(ConfigJson(documents[0].data, file), name, dtype)


def table() -> dict[str, dict[str, Any]]:
    """Return our models by name as plain data that JSON can hold."""
    return {name: dataclasses.asdict(load(name)) for name in names()}


def _by_id(model: str, dtype: str | None) -> LanguageModel:
    known = {repository: path for path in _files().values() for repository in _ours(path)["hub"]}
    for repository, path in known.items():
        if model.lower() in {repository.lower(), repository.lower().partition("/")[2]}:
            said = _ours(path)
            return dataclasses.replace(_read(said, path, dtype), name=repository, max_context=said["hub"][repository])
    raise UsageError(f"there is no model {model!r}, and no such file",
                     nearest(model, [*names(), *known], listed_by="seatrial size --list"))


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((assets.folder("fixtures") / "models").glob("*.yaml"))}


def _ours(path: Path) -> dict[str, Any]:
    (found,) = yaml.read(path)
    return dict(found.data)


def _read(said: Mapping[str, Any], path: Path, dtype: str | None) -> LanguageModel:
    return dataclasses.replace(_model(ConfigJson(said["config"], path), said["name"], dtype), source=said["source"],
                               hub=said["hub"], unverified=said.get("unverified", {}))


def _model(config: ConfigJson, name: str, dtype: str | None) -> LanguageModel:
    heads, counted = config.number("num_attention_heads"), count(config)
    window, window_layers, chunked = config.window()
    mla = "kv_lora_rank" in config.data
    stored = dtype or config.dtype()
    attention_stays = dtype is None and config.attention_stays()
    return LanguageModel(
        name=name, layers=config.layers, attention_heads=heads,
        kv_heads=heads if mla else config.number("num_key_value_heads"), head_dim=config.head_dim,
        latent=config.number("kv_lora_rank") + config.number("qk_rope_head_dim") if mla else None,
        window=window, window_layers=window_layers, chunked=chunked, parameters=counted.total,
        unquantised_parameters=_unquantised(config, counted, stored, attention_stays), dtype=stored,
        hidden_size=config.number("hidden_size"), expert_width=_expert_width(config) if counted.experts else None,
        block=config.block() if dtype is None else None,
        max_context=config.number("max_position_embeddings") if "max_position_embeddings" in config.data else None)


def _unquantised(config: ConfigJson, counted: Parameters, dtype: str, attention_stays: bool) -> int:
    if dtype != "mxfp4":
        return counted.embeddings + counted.vision + (counted.attention if attention_stays else 0)
    if not counted.experts:
        raise UsageError(f"{config.file}: MXFP4 is for the weights of experts, and how many those are is not known",
                         f"name another type with --dtype: {', '.join(sorted(set(DTYPES) - {'mxfp4'}))}")
    return counted.total - counted.experts


def _expert_width(config: ConfigJson) -> int:
    return config.number("moe_intermediate_size" if "moe_intermediate_size" in config.data else "intermediate_size")
