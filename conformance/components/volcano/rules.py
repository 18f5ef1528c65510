"""What Volcano refuses."""

from collections.abc import Callable

from conformance.components.rules import put
from conformance.components.volcano.dress import dress
from conformance.model.promise import Team
from conformance.model.rule import Object, Rule, Rules
from conformance.model.workload import gang

WEBHOOK = "webhook validatejob.volcano.sh"


def _volcano_job(team: Team, _: Callable[[str], str]) -> Object:
    return dress(gang(pods=2, one_of="rack", restart_job_on_eviction=True), team, "rules")[-1]


RULES = Rules(sound=_volcano_job, rules=(
Rule("a Job needs more pods than it has", put("spec", "minAvailable", value=3),
     WEBHOOK, "'minAvailable' should not be greater than total replicas"),
Rule("a Job names a queue that is not there", put("spec", "queue", value="nowhere"),
     WEBHOOK, "unable to find job queue"),
Rule("a Job uses a plugin that is not there", put("spec", "plugins", value={"nccl": []}),
     WEBHOOK, "unable to find job plugin: nccl"),
Rule("a Job goes to the root of the queues", put("spec", "queue", value="root"),
     WEBHOOK, "can not submit job to root queue"),
Rule("a policy for every event has another one beside it",
     lambda one: one["spec"]["policies"].append({"event": "*", "action": "AbortJob"}),
     WEBHOOK, "if there's * here, no other policy should be here"),
Rule("a policy is about an event that only Volcano itself raises",
     lambda one: one["spec"]["policies"].append({"event": "OutOfSync", "action": "AbortJob"}),
     WEBHOOK, "invalid policy event"),
Rule("two policies are about one event",
     lambda one: one["spec"]["policies"].append({"event": "PodEvicted", "action": "AbortJob"}),
     WEBHOOK, "duplicate event PodEvicted"),
Rule("a Job names its highest tier twice",
     put("spec", "networkTopology", "highestTierName", value="rack"),
     WEBHOOK, "must not specify 'highestTierAllowed' and 'highestTierName'"),
))
