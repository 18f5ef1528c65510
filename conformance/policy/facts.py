"""What is known of a cluster: from a file, beside an example, or read from a live cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.errors import UsageError
from conformance.gpu import models
from conformance.sizing import memory

KNOWN = {"nodes": list, "kserve": dict, "metrics": list}
"""What policies know of a cluster (`data.facts`), and how it is written.

- `nodes`: the labels of each node, a mapping for each.
- `kserve`: `deployment_mode` (Standard or Knative; before KServe 0.16 RawDeployment or Serverless), what an
  InferenceService without an annotation gets; and `knative_features`, the ConfigMap config-features of knative-serving
  without its `kubernetes.podspec-`, for example `nodeselector: enabled`.
- `metrics`: names of the metrics that the cluster exports.
"""
SUFFIX = ".facts.yaml"
_KINDS = {list: "a list", dict: "keys and values"}


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
    for key, value in found.items():
        if key not in KNOWN:
            raise UsageError(f"{file}: nobody knows the fact {key!r}", f"known facts: {', '.join(KNOWN)}")
        if not isinstance(value, KNOWN[key]):
            raise UsageError(f"{file}: {key} must be {_KINDS[KNOWN[key]]}")
    return found


def beside(example: Path) -> dict[str, Any]:
    """Return the facts that stand beside a policy's example, none when there is no such file."""
    file = example.parent / f"{example.stem}{SUFFIX}"
    return read(file) if file.exists() else {}


def data(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what rules see as `data`: what is known of the cluster, and the tables under `fixtures/`."""
    return {"facts": dict(facts), "gpus": models.table(), "models": memory.table()}
