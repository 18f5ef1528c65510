"""Faults that every component with CustomResourceDefinitions can have."""

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from conformance.errors import SeatrialError
from conformance.kube.api import Object
from conformance.model.fault import Site

CRD = "apiextensions.k8s.io/v1/CustomResourceDefinition"
RULES = "x-kubernetes-validations"


def changed(change: Callable[[Object], None], *names: str) -> Callable[[Site], AbstractContextManager[None]]:
    """Return what keeps the specs of CustomResourceDefinitions changed."""
    @contextmanager
    def applied(site: Site) -> Iterator[None]:
        with ExitStack() as back:
            for name in names:
                found = site.api.read(CRD, name)
                if found is None:
                    raise SeatrialError(f"there is no CustomResourceDefinition {name}")
                broken = copy.deepcopy(found["spec"])
                change(broken)
                _replace(site, name, broken)
                back.callback(_replace, site, name, found["spec"])
            yield

    return applied


def _replace(site: Site, name: str, spec: Object) -> None:
    site.api.patch(CRD, name, [{"op": "replace", "path": "/spec", "value": spec}])


def without_rules(spec: Object) -> None:
    """Take the CEL rules out of every version: the schema then knows types and no more."""
    for version in spec["versions"]:
        _strip(version["schema"]["openAPIV3Schema"])


def _strip(schema: Any) -> None:
    if isinstance(schema, dict):
        if isinstance(schema.get(RULES), list):
            del schema[RULES]
        for inner in schema.values():
            _strip(inner)


def without_conversion(spec: Object) -> None:
    """Let versions be renamed into each other: fields that have other names are lost."""
    spec["conversion"] = {"strategy": "None"}
