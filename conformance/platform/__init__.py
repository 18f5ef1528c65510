"""What a behaviour holds while it runs: the live platform and the work that it submits."""

from conformance.platform.live import HOME, Platform
from conformance.platform.serving import Serving
from conformance.platform.work import POD, Submitted

__all__ = ["HOME", "POD", "Platform", "Serving", "Submitted"]
