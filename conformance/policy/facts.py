"""What is known of a cluster: from a file, beside an example, or read from a live cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.gpu import models
from conformance.kube import yaml
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
    documents = yaml.read(file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise UsageError(f"{file}: must hold keys and values, in one document", f"known facts: {', '.join(KNOWN)}")
    found: dict[str, Any] = documents[0].data
    for key, value in found.items():
        where = documents[0].where(key)
        if key not in KNOWN:
            raise UsageError(f"{where}: nobody knows the fact {key!r}", f"known facts: {', '.join(KNOWN)}")
        if not isinstance(value, KNOWN[key]):
            raise UsageError(f"{where}: {key} must be {_KINDS[KNOWN[key]]}")
    return found


def beside(example: Path) -> dict[str, Any]:
    """Return the facts that stand beside a policy's example, none when there is no such file."""
    file = example.parent / f"{example.stem}{SUFFIX}"
    return read(file) if file.exists() else {}


def data(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what rules see as `data`: what is known of the cluster, and the tables under `fixtures/`."""
    return {"facts": dict(facts), "gpus": models.table(), "models": memory.table()}
