"""GPU models as data: what `fixtures/gpus/` says about each."""

import dataclasses
from dataclasses import dataclass
from functools import cache

from conformance import assets, located_yaml
from conformance.errors import UsageError
from conformance.model import names as labels


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
            labels.MIG_CAPABLE: str(self.mig_capable).lower(),
        }
        return said | ({labels.MIG_STRATEGY: "single"} if self.mig_capable else {})


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
