"""How fast Kueue admits, beside how fast the API server takes the same Jobs.

    python benchmarks/admission.py [JOBS]

On the platform `exercise-128-gpus`: JOBS small Jobs are created while their ClusterQueue is held, then it is
released (admission alone); then as many are created openly (from create to admit). Prints workloads per second
and the ratio to the rate at which the same Jobs were created while held. Needs root.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conformance import assets
from conformance.clusters import local
from conformance.components.kueue.dress import dress
from conformance.folder import read
from conformance.folder.promises import promised
from conformance.kube.api import Api, is_true
from conformance.kube.timeline import Timeline
from conformance.model.labels import RUN_FOR
from conformance.model.promise import Team
from conformance.model.workload import Workload
from conformance.platform.install import install
from conformance.waiting import eventually

NAME, QUEUE = "bench-admission", "training-a"
CLUSTER_QUEUE, WORKLOAD = "kueue.x-k8s.io/v1beta2/ClusterQueue", "kueue.x-k8s.io/v1beta2/Workload"


def create(api: Api, team: Team, count: int, series: str) -> float:
    """Create `count` Jobs from 8 threads and return the seconds it took."""
    # Without GPUs no quota is used up: what is measured is admission, not waiting for room.
    small = Workload(pods=1, gpus_per_pod=0)
    jobs = [dress(small, team, f"{series}-{number}")[-1] for number in range(count)]
    for job in jobs:
        job["spec"]["template"]["metadata"]["annotations"] = {RUN_FOR: "100ms"}
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(api.create, jobs))
    return time.monotonic() - start


def conditions(timeline: Timeline, series: str, *any_of: str) -> Any:
    """Return an observable: how many workloads of a series have one of the conditions. Watched, so that the
    measuring costs the API server no lists."""
    return timeline.objects(
        WORKLOAD, lambda workload: f"-{series}-" in workload["metadata"]["name"],
        lambda found: sum(any(is_true(one, condition) for condition in any_of) for one in found),
        what=f"workloads of {series} that are {' or '.join(any_of)}")


def main(count: int) -> None:
    """Measure and print."""
    folder = read.load(assets.folder("reference-manifests") / "exercise-128-gpus")
    team = next(team for team in promised(folder).teams if team.name == QUEUE)
    cluster = local.up(NAME, profile=folder.nodes)
    try:
        api = cluster.api
        install(api, folder, cluster.load_images, lambda _: None)
        with Timeline(api, team.namespace, kinds=[WORKLOAD]) as timeline:
            held = conditions(timeline, "held", "Admitted", "Finished")
            opened = conditions(timeline, "open", "Admitted", "Finished")
            api.patch(CLUSTER_QUEUE, QUEUE, {"spec": {"stopPolicy": "Hold"}})
            create_per_s = count / create(api, team, count, "held")
            eventually(lambda: len(api.list(WORKLOAD, team.namespace)), becomes=count, within=120,
                       because=f"{count} workloads are queued")
            start = time.monotonic()
            api.patch(CLUSTER_QUEUE, QUEUE, {"spec": {"stopPolicy": "None"}})
            eventually(held, becomes=count, within=180)
            released_per_s = count / (time.monotonic() - start)
            # What comes next must not share the machine with the end of what was before.
            eventually(conditions(timeline, "held", "Finished"), becomes=count, within=180)
            start = time.monotonic()
            create(api, team, count, "open")
            eventually(opened, becomes=count, within=180)
            opened_per_s = count / (time.monotonic() - start)
    finally:
        cluster.close()
    for what, rate in (("create", create_per_s), ("admit after release", released_per_s),
                       ("create to admit", opened_per_s)):
        print(f"{what:20} {rate:6.1f}/s  ratio {rate / create_per_s:.2f}  (to create)  n={count}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
