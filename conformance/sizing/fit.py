"""Which MIG profile or how many GPUs a model fits on, and why not less."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.gpu.mig import Profile
from conformance.gpu.models import GpuModel
from conformance.sizing.language_models import LanguageModel
from conformance.sizing.memory import BATCHED_TOKENS, MXFP4_ROUNDED, Load, Need, check_tensor_parallel, divisors, need

GPU_COUNTS = (1, 2, 4, 8)
"""What is tried when nobody says how many: the GPUs of one node."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One MIG instance, or whole GPUs."""

    gpu: GpuModel
    profile: Profile | None = None
    """None for whole GPUs."""
    gpus: int = 1

    @property
    def name(self) -> str:
        """For people."""
        return self.profile.name if self.profile else f"{self.gpus} x {self.gpu.name}"

    @property
    def memory_gib(self) -> float:
        """What a program sees as the total, on each GPU."""
        return self.profile.memory_gib if self.profile else self.gpu.usable_gib

    @property
    def doubt(self) -> str | None:
        """Why that number is unverified, or None."""
        return self.gpu.doubt("mig_memory_gib", self.profile) if self.profile else self.gpu.doubt("usable_gib")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A place, and what the model needs there."""

    place: Place
    need: Need
    budget_gib: float
    """The part of its memory that may be used, on each GPU."""

    @property
    def left_gib(self) -> float:
        """What is left of it; below zero when it does not fit."""
        return self.budget_gib - self.need.total_gib

    @property
    def fits(self) -> bool:
        """Whether the model fits."""
        return self.left_gib >= 0


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The answer for one model."""

    load: Load
    found: Tried | None
    """The smallest place that it fits on; None when it fits on none."""
    too_small: tuple[Tried, ...]
    """The largest place that was too small, with those of the same memory; none when the smallest of all will do."""


def batched_tokens(gpu: GpuModel) -> int:
    """Return vLLM's default `--max-num-batched-tokens` for its API server on a GPU (v0.32.0, engine/arg_utils.py)."""
    if gpu.usable_gib >= 160:
        return 16384
    return BATCHED_TOKENS if gpu.usable_gib >= 70 and "A100" not in gpu.name else 2048


def mxfp4_rounded(gpu: GpuModel) -> tuple[int, int]:
    """Return what vLLM's kernels for MXFP4 experts on a GPU round widths up to (v0.32.0, fused_moe/oracle/mxfp4.py).

    On Hopper they are Triton's, which take any hidden_size; elsewhere Marlin's or TensorRT-LLM's.
    """
    return (1, 64) if gpu.compute_capability == "9.0" else MXFP4_ROUNDED


def smallest(load: Load, gpu: GpuModel, *, utilization: float, tensor_parallel: int | None = None,
             instances_only: bool = False) -> Fit:
    """Return the smallest place for a model: by memory, then by compute slices.

    With `tensor_parallel` only so many GPUs are tried; with `instances_only` only the MIG instances of one GPU.
    How fast a place is plays no part. Raises UsageError when `tensor_parallel` does not divide the model's heads.
    """
    load = dataclasses.replace(load, mxfp4_rounded=mxfp4_rounded(gpu))
    places = _instances(gpu) if instances_only else _places(load.model, gpu, tensor_parallel)
    tried = [Tried(place=place, need=need(load, place.gpus), budget_gib=place.memory_gib * utilization)
             for place in places]
    found = next((each for each in tried if each.fits), None)
    before = tried[:tried.index(found)] if found else tried
    return Fit(load=load, found=found, too_small=tuple(
        each for each in before if (each.place.memory_gib, each.place.gpus)
        == (before[-1].place.memory_gib, before[-1].place.gpus)))


def _places(model: LanguageModel, gpu: GpuModel, tensor_parallel: int | None) -> Sequence[Place]:
    if tensor_parallel is None:
        counts = [count for count in GPU_COUNTS if count in divisors(model)]
    else:
        check_tensor_parallel(model, tensor_parallel)
        counts = [tensor_parallel]
    whole = [Place(gpu=gpu, gpus=count) for count in counts]
    # An instance of all memory slices is the whole GPU; and instances cannot work together: peer-to-peer
    # between them is not supported (NVIDIA MIG user guide, Application Considerations).
    parts = [place for place in _instances(gpu) if place.profile and place.profile.size < _slices(gpu)]
    return [*(parts if counts[0] == 1 else ()), *whole]


def _instances(gpu: GpuModel) -> Sequence[Place]:
    profiles = gpu.mig.profiles if gpu.mig else ()
    plain = [profile for profile in profiles if not profile.media]
    return [Place(gpu=gpu, profile=profile)
            for profile in sorted(plain, key=lambda each: (each.memory_gib, each.compute_slices))]


def _slices(gpu: GpuModel) -> int:
    return gpu.mig.memory_slices if gpu.mig else 0
