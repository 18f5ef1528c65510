"""Every setting of a run, its value, and where the value came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance import assets
from conformance.errors import UsageError

DEFAULT_PLATFORM = "team-queues"
DEFAULT_CLUSTER_NAME = "seatrial"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the person who started the run decided, and what was taken for granted."""

    cluster: str
    cluster_name: str
    kubeconfig: Path | None
    platform: Path
    prove: bool
    only: tuple[str, ...]
    results: Path | None
    keep_cluster: bool
    allow_changes: bool
    sources: Mapping[str, str] = field(default_factory=dict)
    """For each setting `option` or `default`."""

    def header(self) -> str:
        """Return one line that names what matters most, with where it came from."""
        words = {"cluster": f"{self.cluster} ({self.cluster_name})", "platform": str(self.platform)}
        if self.prove:
            words["prove"] = "yes"
        return "seatrial: " + ", ".join(f"{name} {value} from {self.sources.get(name, 'option')}"
                                        for name, value in words.items())


def settings(given: Mapping[str, object]) -> Settings:
    """Return the settings for options by name; None means not given.

    Raises UsageError for options that contradict each other.
    """
    sources = {name: "default" if given.get(name) in (None, False, [], ()) else "option" for name in
               ("cluster", "cluster_name", "platform", "prove", "only", "keep_cluster", "allow_changes")}
    cluster = str(given.get("cluster") or "local")
    kubeconfig = Path(str(given["kubeconfig"])) if given.get("kubeconfig") else None
    if kubeconfig and cluster != "existing":
        raise UsageError("--kubeconfig names a cluster that exists", "add --cluster existing")
    if given.get("prove") and cluster == "existing":
        raise UsageError("--prove breaks the platform on purpose and is not for an existing cluster",
                         "leave out --prove, or use --cluster local")
    only = given.get("only") or ()
    return Settings(
        cluster=cluster, kubeconfig=kubeconfig,
        cluster_name=str(given.get("cluster_name") or DEFAULT_CLUSTER_NAME),
        platform=Path(str(given["platform"])) if given.get("platform")
        else assets.folder("reference-manifests") / DEFAULT_PLATFORM,
        prove=bool(given.get("prove")), only=tuple(only) if isinstance(only, list | tuple) else (str(only),),
        results=Path(str(given["results"])) if given.get("results") else None,
        keep_cluster=bool(given.get("keep_cluster")), allow_changes=bool(given.get("allow_changes")),
        sources=sources)
