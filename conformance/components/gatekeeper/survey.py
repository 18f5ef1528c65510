"""What is held at admission by the Gatekeeper of a cluster."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from conformance.components.gatekeeper.names import CONSTRAINTS, TEMPLATE
from conformance.model.survey import Present


def admission(each: Callable[[str, str], Iterable[Mapping[str, Any]]]) -> Iterator[Present]:
    """Yield how many templates there are and what their constraints do; `each` reads objects by group and kind."""
    group, _, kind = TEMPLATE.partition("/")
    templates = [template["spec"]["crd"]["spec"]["names"]["kind"] for template in each(group, kind.rpartition("/")[2])]
    if templates:
        actions = Counter(one["spec"].get("enforcementAction", "deny") for kind in templates
                          for one in each(CONSTRAINTS.partition("/")[0], kind))
        told = ", ".join(f"{number} {action}" for action, number in sorted(actions.items()))
        yield Present(name="Gatekeeper", about=f"{len(templates)} templates; constraints: {told or 'none'}")
