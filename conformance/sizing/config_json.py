"""A `config.json` of Hugging Face, read field by field: shape, type of the weights, which layers look back how far."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.errors import UsageError, nearest

DTYPES = {"float32": 32.0, "bfloat16": 16.0, "float16": 16.0, "fp8": 8.0, "int8": 8.0, "int4": 4 + 20 / 128,
          "mxfp4": 4 + 8 / 32}
"""Bits of one weight. int4 has a scale of 16 and a zero point of 4 bits for each group of 128 weights (AWQ, GPTQ);
mxfp4 a scale of 8 bits for each 32 (OCP Microscaling Formats specification). The scales of fp8, 32 bits for a tensor or
for 128 x 128 weights (DeepSeek, Qwen3), are at most 0.03 % and not counted."""

_HELP = {
    "num_key_value_heads": "the attention heads that have keys and values of their own; without grouped-query "
                           "attention as many as num_attention_heads",
    "torch_dtype": f"one of {', '.join(DTYPES)}, or name it with --dtype",
}

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "gemma3_text": {"vocab_size": 262_208, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
                    "max_position_embeddings": 131_072},
}
"""What a published config leaves to its class: google/gemma-3-4b-it has no num_attention_heads, for example
(transformers v4.51, models/gemma3/configuration_gemma3.py)."""

_TIED = frozenset({"gemma2", "gemma3_text"})
"""Where a config is silent its class decides whether the output layer is the embedding: true for these."""

_SMALL = re.compile(r"lm_head|embed|norm|router|vision|multi_modal|(^|\.)gate$")
"""Modules in 16 bits that are counted so, or are so small that it does not matter (together below 0.1 %)."""


@dataclass(frozen=True)
class ConfigJson:
    """One `config.json`; of a multimodal model the part under `text_config`, with what stands beside it."""

    whole: Mapping[str, Any]
    file: Path

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The fields of the language model."""
        text = self.whole.get("text_config")
        said = {key: value for key, value in self.whole.items() if key not in {"text_config", "vision_config"}}
        if isinstance(text, Mapping):
            said |= text
        return {**_DEFAULTS.get(str(said.get("model_type", "")), {}), **said}

    @cached_property
    def vision(self) -> "ConfigJson | None":
        """The vision tower's config; None for a model that sees text only."""
        found = self.whole.get("vision_config")
        return ConfigJson(found, self.file) if isinstance(found, Mapping) else None

    def number(self, field: str) -> int:
        """Return a field that must be a whole number from 1 on. Raises UsageError when it is not."""
        value = self.data.get(field)
        if value is None:
            raise self.lacks(field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{self.file}: {field} must be a whole number from 1 on, is {value!r}")
        return value

    def lacks(self, field: str) -> UsageError:
        """Return the error that says so."""
        return UsageError(f"{self.file}: {field} is missing", f"add {field}: {_HELP[field]}" if field in _HELP else
                          f"add {field}")

    @cached_property
    def model_type(self) -> str:
        """The field of this name: whose code the model runs with."""
        return str(self.data.get("model_type", ""))

    @cached_property
    def layers(self) -> int:
        """Its decoder layers."""
        return self.number("num_hidden_layers")

    @cached_property
    def head_dim(self) -> int:
        """Values of one key, and of one value, of one head."""
        if self.data.get("head_dim") is not None:
            return self.number("head_dim")
        hidden, heads = self.number("hidden_size"), self.number("num_attention_heads")
        if hidden % heads and "kv_lora_rank" not in self.data:
            raise UsageError(f"{self.file}: head_dim is missing, and {heads} heads do not divide hidden_size {hidden}",
                             "add head_dim")
        return hidden // heads

    @cached_property
    def embeddings(self) -> int:
        """Parameters of the token embedding and of the output layer."""
        tied = bool(self.data.get("tie_word_embeddings", self.model_type in _TIED))
        return self.number("vocab_size") * self.number("hidden_size") * (1 if tied else 2)

    @cached_property
    def _quantisation(self) -> Mapping[str, Any]:
        found = self.data.get("quantization_config")
        return found if isinstance(found, Mapping) else {}

    def dtype(self) -> str:
        """Return the type of the weights: a key of DTYPES. Raises UsageError when it is not known."""
        if self._quantisation:
            found = _quantised(self._quantisation)
            if found not in DTYPES:
                method = str(self._quantisation.get("quant_method", ""))
                raise UsageError(f"{self.file}: how many bits a weight has is not known for quant_method {method!r}",
                                 "name it with --dtype")
            return found
        said = self.data.get("torch_dtype", self.data.get("dtype"))
        if said is None:
            raise self.lacks("torch_dtype")
        if said not in DTYPES:
            raise UsageError(f"{self.file}: torch_dtype cannot be {said!r}", nearest(str(said), DTYPES))
        return str(said)

    def block(self) -> int | None:
        """Return how many rows of a weight share a scale with as many columns; None where they do not."""
        said = self._quantisation.get("weight_block_size")
        return said[0] if isinstance(said, list) and said and isinstance(said[0], int) and said[0] > 0 else None

    def attention_stays(self) -> bool:
        """Return whether a quantised model keeps its attention in 16 bits.

        Raises UsageError when it keeps other large parts so, of which we do not know how many parameters they have.
        """
        said = self._quantisation.get("modules_to_not_convert") or self._quantisation.get("ignore") or ()
        kept = [str(each) for each in said] if isinstance(said, Sequence) and not isinstance(said, str) else [str(said)]
        unknown = [each for each in kept if not _SMALL.search(each) and "self_attn" not in each]
        if unknown:
            raise UsageError(f"{self.file}: {unknown[0]} is not quantised: how many parameters that is is not known",
                             "name the type of all weights with --dtype")
        return any("self_attn" in each and not _SMALL.search(each) for each in kept)

    def window(self) -> tuple[int | None, int, bool]:
        """Return how far layers look back that do not see all, how many there are, and whether by chunks.

        A sliding window moves with each token; a chunk (Llama 4) begins anew each `attention_chunk_size` tokens. Raises
        UsageError when the config does not say which layers have it.
        """
        kinds = self.data.get("layer_types")
        if isinstance(kinds, list) and (self.data.get("sliding_window") or self.data.get("attention_chunk_size")):
            return self._listed(kinds)
        if self.model_type == "llama4_text":
            return self._chunks()
        if self.data.get("sliding_window") is None or self.data.get("use_sliding_window") is False:
            return None, 0, False
        window, layers = self.number("sliding_window"), self.layers
        if self.model_type == "mistral":
            return window, layers, False
        if self.model_type in {"gemma2", "gpt_oss"}:
            # Layers 0, 2, 4 and so on (transformers v4.42, modeling_gemma2.py; v4.55, configuration_gpt_oss.py).
            return window, (layers + 1) // 2, False
        if self.model_type == "gemma3_text":
            # All but each sixth (transformers v4.51, models/gemma3/configuration_gemma3.py: sliding_window_pattern).
            field = "_sliding_window_pattern" if "_sliding_window_pattern" in self.data else "sliding_window_pattern"
            pattern = self.number(field) if field in self.data else 6
            return window, layers - layers // pattern, False
        raise UsageError(f"{self.file}: which layers have the sliding window is not known for model_type "
                         f"{self.model_type!r}", "add layer_types, or set sliding_window to null for an upper bound")

    def _listed(self, kinds: Sequence[Any]) -> tuple[int | None, int, bool]:
        if self.data.get("use_sliding_window") is False:
            return None, 0, False
        local = {"sliding_attention", "chunked_attention"} & set(map(str, kinds))
        unknown = set(map(str, kinds)) - {"full_attention", *local}
        if unknown or len(kinds) != self.layers:
            raise UsageError(f"{self.file}: layer_types: what {len(kinds)} layers of {', '.join(sorted(unknown))} "
                             f"keep is not known" if unknown else
                             f"{self.file}: layer_types names {len(kinds)} of {self.layers} layers")
        if len(local) == 2:
            raise UsageError(f"{self.file}: layer_types has sliding windows and chunks: what they keep is not known")
        chunked = "chunked_attention" in local
        found = kinds.count("chunked_attention" if chunked else "sliding_attention")
        return (self.number("attention_chunk_size" if chunked else "sliding_window"), found, chunked) if found else (
            None, 0, False)

    def _chunks(self) -> tuple[int | None, int, bool]:
        """Layers with rotary positions attend within chunks (vLLM v0.32.0, model_executor/models/llama4.py)."""
        if self.data.get("attention_chunk_size") is None:
            return None, 0, False
        listed = self.data.get("no_rope_layers") or ()
        every = self.number("no_rope_layer_interval") if "no_rope_layer_interval" in self.data else 4
        if listed and len(listed) != self.layers:
            raise UsageError(f"{self.file}: no_rope_layers names {len(listed)} of {self.layers} layers")
        found = sum(map(bool, listed)) if listed else self.layers - self.layers // every
        return self.number("attention_chunk_size"), found, True


def _quantised(said: Mapping[str, Any]) -> str:
    """The type of the weights by what quantised them; no key of DTYPES when we do not know it."""
    method, bits = str(said.get("quant_method", "")), said.get("bits")
    if method in {"fp8", "fbgemm_fp8"}:
        return "fp8"
    if method == "modelopt":
        return str(said.get("quant_algo", "")).lower()
    if method == "compressed-tensors":
        groups = said.get("config_groups")
        weights = [group.get("weights") or {} for group in groups.values()] if isinstance(groups, Mapping) else []
        found = {("fp8" if each.get("type") == "float" and each.get("num_bits") == 8 else
                  f"int{each.get('num_bits')}" if each.get("type") == "int" else method) for each in weights}
        return found.pop() if len(found) == 1 else method
    return f"int{bits}" if method in {"awq", "gptq"} else method
