"""Accounts of a live cluster with chosen rights and no others, each behind a kubeconfig of its own."""

import base64
import json
from functools import partial

from conformance.waiting import eventually

SPACE = "accounts"
"""The namespace of the service accounts."""


def account(cluster, folder, name, rules):
    """Make a service account with these rules in the whole cluster; return a kubeconfig in `folder` with its token."""
    api, group = cluster.api, "rbac.authorization.k8s.io"
    for obj in (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": SPACE}},
            {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules},
            {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
             "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
             "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": SPACE}]}):
        api.apply(obj)
    api.apply({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
               "metadata": {"name": name, "namespace": SPACE, "annotations": {"kubernetes.io/service-account.name": name}}})
    eventually(partial(_token, api, name), becomes=bool, within=30, because=f"account {name} has a token")
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"] = [{"name": "trial", "user": {"token": _token(api, name)}}]
    config["contexts"][0].update(name="theirs", context={**config["contexts"][0]["context"], "user": "trial"})
    config["current-context"] = "theirs"
    file = folder / f"{name}.kubeconfig"
    file.write_text(json.dumps(config))
    return file


def _token(api, name):
    """What the cluster wrote into an account's Secret."""
    data = api.read("v1/Secret", name, SPACE).get("data") or {}
    return base64.b64decode(data.get("token", "")).decode()


def without(rules, verb, group, resource):
    """Return rules without one verb on one resource."""
    found = []
    for rule in rules:
        for each in rule["resources"]:
            verbs = [one for one in rule["verbs"] if (one, each) != (verb, resource) or group not in rule["apiGroups"]]
            found += [{**rule, "resources": [each], "verbs": verbs}] if verbs else []
    return found
