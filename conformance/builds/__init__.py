"""Every server from its pinned source: Go module sets, the builder, the image writer, the cache."""

from conformance.builds.builder import Built, build
from conformance.builds.catalogue import reference, version
from conformance.builds.images import images, packed
from conformance.builds.manifests import kept, rendered
from conformance.builds.toolchain import OFFLINE_VARIABLE, offline

__all__ = ["OFFLINE_VARIABLE", "Built", "build", "images", "kept", "offline", "packed", "reference", "rendered",
           "version"]
