"""Every server from its pinned source: Go module sets, the builder, the image writer, the cache."""

from conformance.builds.builder import Built, build
from conformance.builds.catalogue import reference
from conformance.builds.images import images
from conformance.builds.manifests import rendered

__all__ = ["Built", "build", "images", "reference", "rendered"]
