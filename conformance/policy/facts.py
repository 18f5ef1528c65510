"""What is known of a cluster: from a file, beside an example, or read from a live cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import UsageError
from conformance.gpu import models

KNOWN = ("nodes", "mig", "kserve", "metrics")
"""nodes: list of label maps; mig: layouts by node; kserve: {"deployment_mode"}; metrics: names that are exported."""
SUFFIX = ".facts.yaml"


def read(file: Path) -> dict[str, Any]:
    """Return the facts in a YAML or JSON file. Raises UsageError when it is not one, or says what no policy knows."""
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{file}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{file}: must hold keys and values", f"known facts: {', '.join(KNOWN)}")
    for key in found:
        if key not in KNOWN:
            raise UsageError(f"{file}: nobody knows the fact {key!r}", f"known facts: {', '.join(KNOWN)}")
    return found


def beside(example: Path) -> dict[str, Any]:
    """Return the facts that stand beside a policy's example, none when there is no such file."""
    file = example.parent / f"{example.stem}{SUFFIX}"
    return read(file) if file.exists() else {}


def data(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what rules see as `data`: what is known of the cluster, and the tables under `fixtures/`."""
    return {"facts": dict(facts), "gpus": models.table()}
