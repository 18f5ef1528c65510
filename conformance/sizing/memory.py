"""The memory that one GPU (or one MIG instance) needs for a model under vLLM.

vLLM takes gpu-memory-utilization of what CUDA reports as the total, subtracts weights and what a forward pass needs,
and makes KV-cache blocks of the rest (vLLM v0.10.2, vllm/v1/worker/gpu_worker.py and vllm/v1/kv_cache_interface.py).
"""

from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError
from conformance.sizing.language_models import DTYPES, LanguageModel, load, names

GIB = 2**30

BLOCK = 16
"""Tokens of one KV-cache block: vLLM's default `--block-size` on CUDA. A sequence takes whole blocks."""

BATCHED_TOKENS = 8192
"""vLLM's default `--max-num-batched-tokens` for its API server on an H100 or H200; on smaller GPUs and an A100 it is
2048 (vLLM v0.10.2, vllm/engine/arg_utils.py)."""

OVERHEAD_GIB = 2.25
"""What a GPU needs beside weights and KV cache: activations of a forward pass, CUDA context, NCCL.

The largest of four vLLM logs found in public (engine V0, 2025, one GPU, text models of 1.5 to 8 billion parameters;
`non_torch_memory` + `PyTorch activation peak memory`: 0.27, 1.31, 1.65 and 2.03 GiB; mean 1.32, standard deviation
0.76) and a tenth. None of them was measured by us: it is an estimate. Others need more: an older way of counting gave
3.05 GiB, and 4.84 GiB on each of two GPUs (vllm-project/vllm pull request 10511), and Llama-3.2-11B-Vision needs
36.8 GiB (pull request 12126).
"""

KV_DTYPES = {"float32": 32, "bfloat16": 16, "float16": 16, "fp8": 8}
"""Bits of one value in the KV cache."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked of a model."""

    model: LanguageModel
    context: int
    """Tokens of the longest sequence, prompt and answer: vLLM's `--max-model-len`."""
    sequences: int
    """Sequences of that length at the same time."""
    kv_dtype: str = "auto"
    """A key of KV_DTYPES, or `auto`: that of the model, 16 bits for a quantised one (vLLM's `--kv-cache-dtype`)."""
    overhead_gib: float = OVERHEAD_GIB
    batched_tokens: int = BATCHED_TOKENS
    """vLLM's `--max-num-batched-tokens`: layers with a sliding window keep that much more than their window."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """GiB that each GPU needs."""

    weights_gib: float
    kv_cache_gib: float
    overhead_gib: float
    kv_bytes_per_token: int
    """Of one token in all layers, on each GPU; layers with a sliding window keep it for a while only."""

    @property
    def total_gib(self) -> float:
        """All of it."""
        return self.weights_gib + self.kv_cache_gib + self.overhead_gib


def need(load: Load, tensor_parallel: int = 1) -> Need:
    """Return what each of `tensor_parallel` GPUs needs. Raises UsageError when the heads cannot be divided so."""
    check_tensor_parallel(load.model, tensor_parallel)
    model, layer_bytes = load.model, _layer_bytes(load, tensor_parallel)
    full = (model.layers - model.window_layers) * layer_bytes * _whole_blocks(load.context)
    windowed = model.window_layers * layer_bytes * _window_tokens(load)
    return Need(weights_gib=weights_bytes(model) / tensor_parallel / GIB,
                kv_cache_gib=load.sequences * (full + windowed) / GIB,
                overhead_gib=load.overhead_gib, kv_bytes_per_token=model.layers * layer_bytes)


def table() -> dict[str, dict[str, Any]]:
    """Return our models by name, with what their memory follows from, as data that JSON can hold: what rules load.

    The repositories under `hub` are in small letters.
    """
    return {name: _plain(load(name)) for name in names()}


def _plain(model: LanguageModel) -> dict[str, Any]:
    return {"hub": {repository.lower(): tokens for repository, tokens in model.hub.items()},
            "weights_bytes": round(weights_bytes(model)), "layers": model.layers, "window_layers": model.window_layers,
            "window": model.window, "latent": model.latent, "head_dim": model.head_dim, "kv_heads": model.kv_heads}


def weights_bytes(model: LanguageModel) -> float:
    """Return the bytes of all weights. Of a quantised model the embedding and output layers stay in 16 bits.

    Tensor parallelism divides them evenly, but for norms, routers and latent projections, which every GPU has
    whole: less than 1 % of any model here.
    """
    bits = DTYPES[model.dtype]
    outside = model.embedding_parameters * max(bits, 16.0)
    return (outside + (model.parameters - model.embedding_parameters) * bits) / 8


def kv_dtype(load: Load) -> str:
    """Return the type of the values in the KV cache, with `auto` resolved."""
    if load.kv_dtype != "auto":
        return load.kv_dtype
    return load.model.dtype if load.model.dtype in KV_DTYPES and load.model.dtype != "fp8" else "bfloat16"


def check_tensor_parallel(model: LanguageModel, tensor_parallel: int) -> None:
    """Raise UsageError when vLLM cannot divide the model by this number of GPUs.

    The attention heads must be divisible (vLLM v0.10.2, vllm/config/__init__.py, verify_with_parallel_config); KV
    heads are divided, or copied when there are more GPUs (vllm/model_executor/models/llama.py).
    """
    heads, kv_heads = model.attention_heads, model.kv_heads
    if heads % tensor_parallel:
        raise UsageError(f"{model.name}: {tensor_parallel} GPUs do not divide its {heads} attention heads",
                         f"use one of {', '.join(map(str, divisors(model)))} for --tensor-parallel")
    if kv_heads % tensor_parallel and tensor_parallel % kv_heads:
        raise UsageError(f"{model.name}: {tensor_parallel} GPUs neither divide its {kv_heads} KV heads nor are a "
                         f"multiple of them",
                         f"use one of {', '.join(map(str, divisors(model)))} for --tensor-parallel")


def divisors(model: LanguageModel, most: int = 16) -> tuple[int, ...]:
    """Return the numbers of GPUs, up to `most`, that the model can be divided by."""
    return tuple(count for count in range(1, most + 1) if model.attention_heads % count == 0
                 and (model.kv_heads % count == 0 or count % model.kv_heads == 0))


def _layer_bytes(load: Load, tensor_parallel: int) -> int:
    model = load.model
    # A latent is one vector, which every GPU keeps whole; a KV head has a key and a value, and is copied
    # when there are more GPUs than KV heads.
    values = model.latent or 2 * model.head_dim * max(1, model.kv_heads // tensor_parallel)
    return values * KV_DTYPES[kv_dtype(load)] // 8


def _whole_blocks(tokens: int) -> int:
    return -(-tokens // BLOCK) * BLOCK


def _window_tokens(load: Load) -> int:
    """SlidingWindowSpec.max_memory_usage_bytes: one block more, because a window may begin inside one."""
    if load.model.window is None:
        return 0
    return _whole_blocks(min(load.context, load.model.window - 1 + load.batched_tokens)) + BLOCK
