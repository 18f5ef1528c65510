"""An audit in which everything happens once."""

import datetime

import pytest

from conformance.model.finding import Audit, Finding, Fix, Policy, PolicyClass, Problem, Severity, Waiver

COHORT = Policy(
    id="kueue/limit-needs-a-cohort", title="A limit needs a cohort", severity=Severity.ERROR,
    policy_class=PolicyClass.REJECTED, kinds=("kueue.x-k8s.io/ClusterQueue",), remedy="name the cohort, or take it out",
    upstream="must be nil when cohort is empty", sources=("kueue v0.19.2 clusterqueue_types.go",))
TOKEN = Policy(
    id="secrets/no-plain-token", title="A token stands in a Secret", severity=Severity.WARNING,
    policy_class=PolicyClass.REGRETTED, kinds=("pods",), remedy="use secretKeyRef", sources=("house rule",))
PINNED = Policy(
    id="gpu/image-is-pinned", title="An image is pinned", severity=Severity.INFO, policy_class=PolicyClass.ADVICE,
    kinds=("pods",), remedy="write a | digest", sources=("house rule",), fixable=True)
METRICS = Policy(
    id="scaling/metric-exists", title="A metric is exported", severity=Severity.WARNING,
    policy_class=PolicyClass.REGRETTED, kinds=("pods",), remedy="export it", sources=("house rule",), facts=("metrics",))
POLICIES = {policy.id: policy for policy in (COHORT, METRICS, PINNED, TOKEN)}

QUEUE = "queues/a b.yaml"
SOURCES = {
    QUEUE: ["kind: ClusterQueue", "spec:", "  borrowingLimit: 8  # why"],
    "pod.yaml": ["kind: Pod", "env:", "- name: HF_TOKEN", "  value: hf_planted", "image: x"],
}


def finding(policy, file, line, column, **more):
    return Finding(**{
        "policy": policy.id, "severity": policy.severity, "policy_class": policy.policy_class, "file": file,
        "line": line, "column": column, "object": "Pod team-a/train", "path": ("spec",), "message": "is wrong",
        "remedy": policy.remedy, "fingerprint": f"{line:016x}", **more})


WAIVER = Waiver(policy=TOKEN.id, object="Pod old/*", reason="moves next week", owner="team-a",
                until=datetime.date(2026, 12, 1), where="waivers.yaml: waivers[0]")


@pytest.fixture
def policies():
    return POLICIES


@pytest.fixture
def alone():
    """Return an audit with one finding of a policy that no secret is about."""
    return lambda **more: Audit(findings=(finding(PINNED, **{"file": "f", "line": 1, "column": 1, **more}),),
                                problems=(), objects=1, files=1)


@pytest.fixture
def lines():
    return lambda file: SOURCES.get(file, ())


@pytest.fixture
def audit():
    return Audit(
        findings=(
            finding(TOKEN, "pod.yaml", 4, 3, path=("spec", "containers", 0, "env", 0, "value"),
                    message="HF_TOKEN is written out", hidden=True),
            finding(PINNED, "pod.yaml", 5, 1, message="image x has no digest", fix=Fix(path=("image",), value="x@y")),
            finding(COHORT, QUEUE, 3, 3, object="ClusterQueue a", path=("spec", "borrowingLimit"),
                    message="borrows 8, but: 100 % of <it> | is,\nin no cohort"),
        ),
        problems=(Problem(file="bad.yaml", line=3, column=2, message="is not YAML: a tab", way_out="use spaces"),
                  Problem(file="gone.yaml", message="cannot be read: No such file")),
        objects=5, files=5, passed_over=1, undecided={METRICS.id: ("metrics",)},
        waived=((finding(TOKEN, "old.yaml", 9, 1, object="Pod old/x"), WAIVER),),
        expired=(WAIVER,), unused=(WAIVER,), known=2, stale=1)


@pytest.fixture
def nothing():
    return Audit(findings=(), problems=(), objects=3, files=2)
