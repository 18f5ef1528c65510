"""The memory that one GPU (or one MIG instance) needs for a model under vLLM.

vLLM takes gpu-memory-utilization of what CUDA reports as the total, subtracts weights and what a forward pass needs,
and makes KV-cache blocks of the rest (vLLM v0.32.0, vllm/v1/worker/gpu_worker.py, vllm/v1/kv_cache_interface.py and
vllm/v1/core/kv_cache_utils.py).
"""

from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError
from conformance.sizing.config_json import DTYPES
from conformance.sizing.language_models import LanguageModel, load, names

GIB = 2**30

BLOCK = 16
"""Tokens of one KV-cache block: vLLM's default `--block-size` on CUDA. A sequence takes whole blocks."""

BATCHED_TOKENS = 8192
"""vLLM's default `--max-num-batched-tokens` for its API server on an H100 or H200; see fit.batched_tokens."""

BATCHES = 2
"""Batches whose tokens a layer with a window may hold beside it: one runs while the next is prepared (asynchronous
scheduling, vLLM's default; vLLM v0.32.0, vllm/config/vllm.py, max_in_flight_tokens)."""

MXFP4_ROUNDED = (256, 128)
"""Kernels for MXFP4 experts round hidden_size and the width of one GPU's part of an expert up to multiples of these:
Marlin and TensorRT-LLM, the widest of those for CUDA (vLLM v0.32.0, layers/fused_moe/oracle/mxfp4.py); see
fit.mxfp4_rounded."""

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
    """vLLM's `--max-num-batched-tokens`: layers with a sliding window keep two of those batches beside their window."""
    mxfp4_rounded: tuple[int, int] = MXFP4_ROUNDED
    """Of which hidden_size and the width of an expert's part are made multiples, where they are MXFP4."""


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
    full, windowed = kept_layers(model)
    tokens = full * _whole_blocks(load.context) + windowed * _window_tokens(load)
    return Need(weights_gib=_weights_of_a_gpu(load, tensor_parallel) / GIB,
                kv_cache_gib=load.sequences * layer_bytes * tokens / GIB,
                overhead_gib=load.overhead_gib, kv_bytes_per_token=model.layers * layer_bytes)


def kept_layers(model: LanguageModel) -> tuple[int, int]:
    """Return for how many layers that see all, and that have a window, vLLM takes blocks.

    Where there are both they share blocks in groups of as many layers as the rarer kind has, or of the more frequent
    kind's where that is below 1.5 times as many, and the last group of a kind is filled up (vLLM v0.32.0,
    vllm/v1/core/kv_cache_utils.py, _get_kv_cache_groups_uniform_page_size).
    """
    windowed, full = model.window_layers, model.layers - model.window_layers
    if not windowed or not full:
        return full, windowed
    fewer, more = sorted((full, windowed))
    group = more if more < fewer * 1.5 else fewer
    return -(-full // group) * group, -(-windowed // group) * group


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
    """Return the bytes of all weights, as they are stored.

    Tensor parallelism divides them evenly, but for norms, routers and latent projections, which every GPU has
    whole: less than 1 % of any model here.
    """
    return _wide_bytes(model) + _narrow_bytes(model)


def _wide_bytes(model: LanguageModel) -> float:
    return model.unquantised_parameters * max(DTYPES[model.dtype], 16.0) / 8


def _narrow_bytes(model: LanguageModel) -> float:
    return (model.parameters - model.unquantised_parameters) * DTYPES[model.dtype] / 8


def _weights_of_a_gpu(load: Load, tensor_parallel: int) -> float:
    """What one of them holds: the experts in MXFP4 as its kernels want them."""
    model, rounded = load.model, 1.0
    if model.expert_width and model.dtype == "mxfp4":
        shape = model.hidden_size, model.expert_width / tensor_parallel
        for size, multiple in zip(shape, load.mxfp4_rounded, strict=True):
            rounded *= -(-size // multiple) * multiple / size
    return (_wide_bytes(model) + rounded * _narrow_bytes(model)) / tensor_parallel


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
    """As SlidingWindowSpec and ChunkedLocalAttentionSpec count (max_admission_blocks_per_request)."""
    model = load.model
    if model.window is None:
        return 0
    beside = BATCHES * load.batched_tokens
    if model.chunked:
        return _whole_blocks(min(load.context, model.window + beside))
    # One block more, because a window may begin inside one.
    return _whole_blocks(min(load.context, model.window - 1 + beside)) + BLOCK
