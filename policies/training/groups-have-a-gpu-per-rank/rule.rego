# METADATA
# title: A group has as many GPUs as its model has ranks
# custom:
#   class: regretted
#   severity: warning
#   kinds: [leaderworkerset.x-k8s.io/LeaderWorkerSet]
#   looks_at: [words]
#   remedy: let tensor times pipeline parallel size equal the GPUs of the whole group
#   sources:
#     - vllm docs/serving/parallelism_scaling.md
#     - lws v0.9.0 api/leaderworkerset/v1/leaderworkerset_types.go (size counts the leader)
package policies.training["groups-have-a-gpu-per-rank"]

import data.lib.training
import data.lib.workload

findings contains {"path": workload.flag_path(c, said), "message": message} if {
	training.counted(input.object)
	some c in workload.containers
	not c.init
	not _has_other_axes(c.container)
	some said in _tensor
	workload.has_flag(c.container, said)
	ranks := training.number(c.container, _tensor) * _pipeline(c.container)
	gpus := _gpus_of_a_group
	gpus > 0
	ranks != gpus
	message := sprintf("the model is split over %v GPUs, the group of %v pods has %v", [ranks, _size, gpus])
}

_tensor := {"--tensor-parallel-size", "-tp", "--tp", "--tp-size"}

_stages := {"--pipeline-parallel-size", "-pp", "--pp", "--pp-size", "--pipeline-parallel"}

_pipeline(container) := training.number(container, _stages)

_pipeline(container) := 1 if {
	every flag in _stages {
		not workload.has_flag(container, flag)
	}
}

# Replicas inside the group, and their ways of sharing GPUs, multiply by their own rules.
_has_other_axes(container) if {
	some word in workload.words(container)
	regex.match(`data-parallel|--dp|-dp\b|expert|context-parallel|prefill|decode`, word)
}

_size := size if {
	size := object.get(input.object, ["spec", "leaderWorkerTemplate", "size"], 1)
	is_number(size)
}

_gpus_of_a_group := _gpus_of("leaderTemplate") + ((_size - 1) * _gpus_of("workerTemplate")) if {
	is_object(input.object.spec.leaderWorkerTemplate.leaderTemplate)
} else := _size * _gpus_of("workerTemplate")

_gpus_of(template) := sum([c.gpus | some c in workload.containers; not c.init; c.pod.role == template])
