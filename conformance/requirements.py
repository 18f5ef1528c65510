"""Reads the requirements from `fixtures/requirements.yaml`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from conformance import assets
from conformance.kube import yaml
from conformance.model.requirement import Asked, Level, Requirement, Upstream

FILE = "requirements.yaml"


@cache
def requirements() -> Mapping[str, Requirement]:
    """Return all requirements by id, in the order in which reports list them."""
    document = _document()
    known = {name: Upstream(id=name, area=said["area"], only_if=said.get("only_if", ""),
                            levels={release: Level(level) for release, level in said["levels"].items()})
             for name, said in document["upstream"].items()}
    return {name: Requirement(id=name, text=said["text"],
                              answers=tuple(known[one] for one in said.get("answers", ())))
            for name, said in document["requirements"].items()}


def asked(requirement: str, kubernetes: str) -> tuple[Asked, ...]:
    """Return what a requirement answers, in part, for a version of Kubernetes such as `v1.35.4`.

    Nothing for a requirement or a release that is not known: levels change from one release to the next.
    """
    release = ".".join(kubernetes.removeprefix("v").split(".")[:2])
    found = requirements().get(requirement)
    return tuple(Asked(id=one.id, release=release, level=one.levels[release], only_if=one.only_if)
                 for one in (found.answers if found else ()) if release in one.levels)


def _document() -> Any:
    (document,) = yaml.read(assets.folder("fixtures") / FILE)
    return document.data

