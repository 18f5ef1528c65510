"""Who refuses a write, and in which words."""

from collections.abc import Callable
from functools import partial

from conformance.kube.api import Object, Refused
from conformance.platform import Platform

TAKEN = "nobody: it is taken"
LOOKS_S = 1
"""How long the API is asked again and again: a webhook's configuration takes a moment to reach it."""


def refused(platform: Platform, obj: Object) -> str:
    """Return who refuses to create an object and why. Nothing stays, whoever takes it."""
    return refused_by(partial(platform.would_take, obj))


def refused_by(write: Callable[[], object]) -> str:
    """Return who refuses a write and why."""
    try:
        write()
    except Refused as refusal:
        return f"{refusal.by}: {refusal.reason}"
    return TAKEN
