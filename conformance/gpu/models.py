"""GPU models as data: what `fixtures/gpus/` says about each."""

import dataclasses
from dataclasses import dataclass
from functools import cache

from conformance import assets, located_yaml
from conformance.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class GpuModel:
    """One GPU model as GPU Feature Discovery describes it in node labels."""

    name: str
    """Our name for it, for example `H100-SXM-80GB`."""
    product: str
    """The label `nvidia.com/gpu.product`."""
    memory_mib: int
    family: str
    compute_capability: str
    """Major and minor, for example `9.0`."""
    mig_capable: bool


def names() -> list[str]:
    """Return the names of all models."""
    return sorted(_models())


def model(name: str) -> GpuModel:
    """Return the model `name`. Raises UsageError that names the nearest one when there is none."""
    try:
        return _models()[name]
    except KeyError:
        raise UsageError(f"there is no GPU model {name!r}", located_yaml.nearest(name, names())) from None


@cache
def _models() -> dict[str, GpuModel]:
    fields = {field.name for field in dataclasses.fields(GpuModel)}
    found = {}
    for path in sorted(assets.folder("fixtures").joinpath("gpus").glob("*.yaml")):
        (document,) = located_yaml.read(path)
        if document.data.keys() != fields:
            raise UsageError(f"{path}: must have exactly the keys {', '.join(sorted(fields))}")
        found[document.data["name"]] = GpuModel(**document.data)
    return found
