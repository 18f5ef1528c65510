"""GPU models as data: what `fixtures/gpus/` says about each, and what each number rests on."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import UsageError, nearest
from conformance.gpu.mig import Mig, Profile
from conformance.kube import yaml
from conformance.model import labels


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a number of a data file rests on."""

    text: str
    """Project, file or thread, and what was read there."""
    verified: bool
    """False where the number was not seen on such a GPU, only inferred."""


@dataclass(frozen=True, kw_only=True)
class GpuModel:
    """One GPU model: GPU Feature Discovery's labels, memory, and MIG."""

    name: str
    """Our name for it, for example `H100-SXM-80GB`."""
    product: str
    """The label `nvidia.com/gpu.product`."""
    memory_mib: int
    """All of it, as nvidia-smi and GPU Feature Discovery say."""
    usable_gib: float
    """What CUDA reports as the total on a GPU without MIG: what vLLM's `--gpu-memory-utilization` is a part of."""
    family: str
    compute_capability: str
    """Major and minor, for example `9.0`."""
    sources: Mapping[str, Source]
    """What the numbers rest on; the keys are `SOURCES`, and `MIG_SOURCES` where there is MIG."""
    mig: Mig | None = None
    """None when it cannot be partitioned."""

    def labels(self, count: int) -> dict[str, str]:
        """Return what GPU Feature Discovery says about a node with `count` of them."""
        major, _, minor = self.compute_capability.partition(".")
        said = {
            labels.GPU_PRODUCT: self.product,
            labels.GPU_COUNT: str(count),
            labels.GPU_MEMORY: str(self.memory_mib),
            labels.GPU_FAMILY: self.family,
            labels.GPU_COMPUTE_MAJOR: major,
            labels.GPU_COMPUTE_MINOR: minor,
            labels.GPU_PRESENT: "true",
            labels.GPU_REPLICAS: "1",
            labels.GPU_MODE: "compute",
            labels.GPU_SHARING: "none",
            labels.MIG_CAPABLE: str(self.mig is not None).lower(),
        }
        return said | ({labels.MIG_STRATEGY: "single"} if self.mig else {})

    def doubt(self, number: str, profile: Profile | None = None) -> str | None:
        """Return why a number is unverified, for example `mig_memory_gib` of a profile; None when it was seen."""
        source, what = self.sources[number], number.removeprefix("mig_")
        if not source.verified:
            return f"unverified: {what} of {self.name}: {source.text}"
        if profile and what in profile.unverified:
            return f"unverified: {what} of {profile.name} of {self.name}: {source.text}"
        return None


SOURCES = frozenset({"labels", "memory_mib", "usable_gib", "compute_capability"})
MIG_SOURCES = frozenset({"mig_profiles", "mig_memory_gib", "mig_sms", "mig_placements"})


def names() -> list[str]:
    """Return the names of all models."""
    return sorted(_models())


def model(name: str) -> GpuModel:
    """Return the model `name`, in any case. Raises UsageError that names the nearest one when there is none."""
    # One file is read, not all of them: its name is that of the model in small letters.
    path = _files().get(name.lower())
    if path is None:
        raise UsageError(f"there is no GPU model {name!r}", nearest(name, names()))
    return _model(path)


def table() -> dict[str, dict[str, Any]]:
    """Return all models by name as plain data that JSON can hold: what rules load."""
    return {name: _plain(found) for name, found in sorted(_models().items())}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((assets.folder("fixtures") / "gpus").glob("*.yaml"))}


def _models() -> dict[str, GpuModel]:
    return {gpu.name: gpu for gpu in map(_model, _files().values())}


@cache
def _model(path: Path) -> GpuModel:
    (found,) = yaml.read(path)
    said = dict(found.data)
    try:
        sources = {key: Source(text=source["from"], verified=source["verified"])
                   for key, source in said.pop("sources").items()}
        partitions = said.pop("mig", None)
        mig = None if partitions is None else Mig(**{
            **partitions, "profiles": tuple(_profile(profile) for profile in partitions["profiles"])})
        gpu = GpuModel(**said, sources=sources, mig=mig)
    except (TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path}: is not a GPU model: {error}") from None
    wanted = SOURCES | (MIG_SOURCES if mig else frozenset())
    if sources.keys() != wanted:
        raise UsageError(f"{path}: sources must be exactly {', '.join(sorted(wanted))}")
    return gpu


def _profile(said: Mapping[str, Any]) -> Profile:
    return Profile(**{**said, "starts": tuple(said["starts"]), "unverified": tuple(said.get("unverified", ()))})
