"""How fast `seatrial audit` judges manifests, beside the peers that are installed: python benchmarks/audit.py

Prints wall time and memory on one core for 1,000 files of one pod each, for one file, and for one file of many
documents, and the ratio of each peer to ours. A peer is any of PEERS on PATH. conftest runs twice: with one check, the
least that it can be asked, and with those of our policies that have a say in these pods.

Then it does the same for queued jobs of all kinds, model servers and their autoscalers, all of which name one queue of
Kueue: policies look at all of them together, and the time must grow as their number does. --each measures each of these
policies alone. With --check it ends with 1 when one of ours is above its target.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from conformance.policy import facts, policies
from conformance.policy.engine import Question, Regorus, Selection
from conformance.policy.policies import Corpus

FILES = 1_000
TARGET_S, TARGET_MB, ONE_FILE_S = 2.0, 150, 0.35
QUEUED = (500, 1_000, 2_000)
QUEUED_S = 2.0
"""For the second of these numbers of jobs, on one core."""
MOST_GROWTH = 1.25
"""Of the time for one job when there are twice as many: where policies look at each pair it doubles."""
PEERS = {
    "kube-linter": ["kube-linter", "lint", "{folder}"],
    "kube-score": ["sh", "-c", "kube-score score {folder}/*.yaml"],
    "conftest, 1 check": ["conftest", "test", "--policy", "{policy}", "{folder}"],
    "conftest, ours": ["conftest", "test", "--policy", "{ours}/policy", "--data", "{ours}/data", "{folder}"],
    "checkov": ["checkov", "-d", "{folder}", "--framework", "kubernetes", "--compact", "--quiet"],
}
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: worker-{number}
  namespace: team-{team}
  labels: {{app: worker, kueue.x-k8s.io/queue-name: team}}
spec:
  restartPolicy: Never
  priorityClassName: training
  nodeSelector:
    nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
  tolerations:
    - {{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}}
  containers:
    - name: trainer
      image: registry.example/trainer:2.4.{number}
      command: [torchrun, --standalone, --nproc_per_node=8, train.py]
      env:
        - name: NCCL_SOCKET_IFNAME
          value: eth0
        - name: TOKEN
          valueFrom: {{secretKeyRef: {{name: hub, key: token}}}}
      resources:
        requests: {{cpu: "32", memory: 256Gi}}
        limits: {{cpu: "32", memory: 256Gi, nvidia.com/gpu: "8"}}
      volumeMounts:
        - {{name: shm, mountPath: /dev/shm}}
        - {{name: checkpoints, mountPath: /checkpoints}}
  volumes:
    - name: shm
      emptyDir: {{medium: Memory, sizeLimit: 64Gi}}
    - name: checkpoints
      persistentVolumeClaim: {{claimName: checkpoints}}
"""
QUEUES = """\
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: h100}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: research}
spec:
  namespaceSelector: {}
  resourceGroups:
    - coveredResources: [cpu, memory, nvidia.com/gpu]
      flavors:
        - name: h100
          resources:
            - {name: cpu, nominalQuota: 4k}
            - {name: memory, nominalQuota: 32Ti}
            - {name: nvidia.com/gpu, nominalQuota: 256}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: jobs, namespace: research}
spec: {clusterQueue: research}
"""
QUEUE_NAME = {"kueue.x-k8s.io/queue-name": "jobs"}
# What a conftest user would write for one check: the least that a peer can be asked to do.
CONFTEST_POLICY = """\
package main

deny contains msg if {
	some container in input.spec.containers
	not container.resources.limits
	msg := sprintf("%s has no limits", [container.name])
}
"""

OURS_IN_CONFTEST = """\
deny contains found.message if {{
	some found in data.policies.{category}["{name}"].findings with input as {{"object": input}}
}}
"""


def queued(number: int) -> list[dict[str, Any]]:
    """Return so many workloads that name one queue: jobs of all kinds, and every tenth a model server that scales.

    No two are the same: each has a name, a label, a seed and a variable of its own, an image and a size among several.
    """
    found: list[dict[str, Any]] = []
    for index in range(number):
        found += _workloads(index)
    return found


def _workloads(index: int) -> list[dict[str, Any]]:
    template = {"spec": yaml.safe_load(POD.format(number=index % 5, team=0))["spec"]}
    (container,) = template["spec"]["containers"]
    container["command"].append(f"--seed={index}")
    container["env"].append({"name": "RUN", "value": f"run-{index}"})
    container["resources"]["limits"]["nvidia.com/gpu"] = str(2 ** (index % 4))
    jobs = {
        "batch/v1 Job": {"parallelism": 2, "completions": 2, "activeDeadlineSeconds": 86400, "template": template},
        "jobset.x-k8s.io/v1alpha2 JobSet": {"replicatedJobs": [
            {"name": "workers", "template": {"spec": {"parallelism": 2, "completions": 2, "template": template}}}]},
        "ray.io/v1 RayJob": {"entrypoint": "python train.py", "shutdownAfterJobFinishes": True, "rayClusterSpec": {
            "headGroupSpec": {"rayStartParams": {}, "template": template},
            "workerGroupSpecs": [{"groupName": "workers", "replicas": 2, "template": template}]}},
        **{f"kubeflow.org/v1 {kind}Job": {f"{field}ReplicaSpecs": {
            "Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 2, "template": template}}}
           for kind, field in (("PyTorch", "pytorch"), ("TF", "tf"), ("XGBoost", "xgb"))},
    }
    metadata = {"name": f"workload-{index}", "namespace": "research", "labels": {**QUEUE_NAME, "run": f"run-{index}"}}
    if index % 10:
        kind, spec = list(jobs.items())[index % len(jobs)]
        version, _, name = kind.partition(" ")
        return [{"apiVersion": version, "kind": name, "metadata": metadata, "spec": spec}]
    labels = {"app": metadata["name"]}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, **template}}},
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": {
            "minReplicas": 2, "maxReplicas": 4, "metrics": [], "scaleTargetRef": {
                "apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"]}}},
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": {
            "minAvailable": 1, "selector": {"matchLabels": labels}}}]


def each_policy() -> None:
    """Print the CPU time of each policy that looks at all objects together, and how it grows with their number."""
    corpus = policies.load()
    queues = list(yaml.safe_load_all(QUEUES))
    inputs = [[*queues, *queued(number)] for number in QUEUED]
    for policy in (one for one in corpus.policies.values() if one.across):
        alone = Corpus(policies={policy.id: policy}, library=corpus.library, added=frozenset())
        engine = Regorus(alone, facts.data({}))
        times = []
        for objects in inputs:
            start = time.process_time()
            engine.ask([Question((policy.id,), "", {"objects": objects})])
            times.append(time.process_time() - start)
        print(f"  {policy.id:48} " + "  ".join(f"{one:5.2f} s" for one in times)
              + f"   {times[-1] / times[0]:4.1f} x for {QUEUED[-1] / QUEUED[0]:g} x the jobs")


@dataclass
class Took:
    """What one command took."""

    wall_s: float
    rss_mb: float


def took(command: list[str], repeat: int) -> Took:
    """Return the median wall time and the largest memory of a command on one core."""
    walls, sizes = [], []
    for _ in range(repeat):
        start = time.monotonic()
        process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        walls.append(time.monotonic() - start)
        sizes.append(usage.ru_maxrss / 1024)
        if process.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return Took(median(walls), max(sizes))


def queued_jobs(ours: list[str], scratch: Path, one: Took, repeat: int) -> tuple[float, float]:
    """Print what queued workloads take; return how the time for each grows when they double, and that for QUEUED[1]."""
    took_s = []
    for number in QUEUED:
        folder = scratch / f"queued-{number}"
        folder.mkdir()
        (folder / "queues.yaml").write_text(QUEUES)
        for index, workload in enumerate(queued(number)):
            (folder / f"{index}.yaml").write_text(yaml.safe_dump(workload))
        found = took([*ours, str(folder)], repeat)
        took_s.append(found.wall_s)
        target = f"   target {QUEUED_S} s" if number == QUEUED[1] else ""
        print(f"{number:,} queued jobs {found.wall_s:5.2f} s  {found.rss_mb:4.0f} MB{target}")
    growth = (took_s[-1] - one.wall_s) / (took_s[-2] - one.wall_s) / (QUEUED[-1] / QUEUED[-2])
    print(f"time per queued job: {growth:.2f} when there are twice as many; target {MOST_GROWTH}")
    return growth, took_s[1]


def for_conftest(pod: str, folder: Path) -> int:
    """Write those of our policies that have a say in a pod as conftest reads them; return how many they are."""
    corpus = policies.load()
    asked, _ = Selection(corpus, ()).policies("Pod", json.dumps(yaml.safe_load(pod)))
    modules = [*corpus.library.values(), *(corpus.policies[one].source for one in asked), "\n".join(["package main", *(
        OURS_IN_CONFTEST.format(category=corpus.policies[one].category, name=one.partition("/")[2]) for one in asked)])]
    for part in ("policy", "data"):
        (folder / part).mkdir(parents=True)
    for number, module in enumerate(modules):
        (folder / "policy" / f"{number}.rego").write_text(module)
    (folder / "data" / "data.json").write_text(json.dumps(facts.data({})))
    return len(asked)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each command (default: 3)")
    parser.add_argument("--check", action="store_true", help="end with 1 when a target is missed")
    parser.add_argument("--each", action="store_true", help="measure each policy that looks at all objects alone")
    args = parser.parse_args()
    if args.each:
        each_policy()
        return 0
    ours = [str(Path(sys.executable).parent / "seatrial"), "audit"]
    with tempfile.TemporaryDirectory() as scratch:
        folder, many, policy, our_policies = (Path(scratch, name) for name in ("pods", "many.yaml", "policy", "ours"))
        folder.mkdir()
        policy.mkdir()
        (policy / "main.rego").write_text(CONFTEST_POLICY)
        pods = [POD.format(number=number, team=number % 7) for number in range(FILES * 10)]
        for number, pod in enumerate(pods[:FILES]):
            (folder / f"{number}.yaml").write_text(pod)
        many.write_text("---\n".join(pods))
        count = for_conftest(pods[0], our_policies)
        thousand = took([*ours, str(folder)], args.repeat)
        one = took([*ours, str(folder / "0.yaml")], args.repeat)
        documents = took([*ours, str(many)], args.repeat)
        throughput = (documents.wall_s - one.wall_s) / 10 / (thousand.wall_s - one.wall_s)
        print(f"{FILES:,} files   {thousand.wall_s:6.2f} s  {thousand.rss_mb:4.0f} MB   "
              f"targets {TARGET_S} s, {TARGET_MB} MB")
        print(f"1 file        {one.wall_s:6.2f} s  {one.rss_mb:4.0f} MB   target {ONE_FILE_S} s")
        print(f"{FILES * 10:,} documents {documents.wall_s:5.2f} s  {documents.rss_mb:4.0f} MB   "
              f"time per document {throughput:.2f} of that for {FILES:,}; target 1.10")
        growth, queued_s = queued_jobs(ours, Path(scratch), one, args.repeat)
        for name, words in PEERS.items():
            if shutil.which(words[0] if words[0] != "sh" else name) is None:
                print(f"{name:17} not installed")
                continue
            peer = took([word.format(folder=folder, policy=policy, ours=our_policies) for word in words], 1)
            print(f"{name:17} {peer.wall_s:6.2f} s  {peer.rss_mb:4.0f} MB   {peer.wall_s / thousand.wall_s:.1f} x ours"
                  + (f", with the {count} policies that these pods concern" if name.endswith("ours") else ""))
    missed = (thousand.wall_s > TARGET_S or thousand.rss_mb > TARGET_MB or one.wall_s > ONE_FILE_S or throughput > 1.1
              or growth > MOST_GROWTH or queued_s > QUEUED_S)
    return 1 if args.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
