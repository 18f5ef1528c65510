# METADATA
# title: A model server is split over exactly the GPUs that it gets
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods]
#   mentions: [vllm, sglang, text-generation, modelFormat]
#   looks_at: [words]
#   remedy: make tensor size times pipeline size (times copies) equal to the GPUs of the container, or of the whole group
#   sources:
#     - vllm vllm/config/parallel.py (World size is larger than the number of available GPUs in this node)
#     - sglang python/sglang/srt/server_args.py (tp_size, pp_size, dp_size, nnodes)
#     - text-generation-inference launcher/src/main.rs (num_shard)
package policies.serving["parallel-sizes-fill-the-gpus"]

import data.lib.kind
import data.lib.serving
import data.lib.workload

findings contains {"path": path, "message": message} if {
	some c in serving.engines
	not serving.hidden(c.container)
	not workload.has_env(c.container, "CUDA_VISIBLE_DEVICES")
	sizes := {
		"tensor": serving.tensor_size(c),
		"pipeline": serving.pipeline_size(c),
		"data": serving.data_size(c),
	}
	needed := (sizes.tensor * sizes.pipeline) * sizes.data
	held := _gpus(c)
	needed != held.gpus
	path := _path(c)
	message := sprintf(
		"tensor %v x pipeline %v x copies %v is %v GPUs, %s %v",
		[sizes.tensor, sizes.pipeline, sizes.data, needed, held.by, held.gpus],
	)
}

_alone := {
	"Pod", "apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet", "batch/Job", "argoproj.io/Rollout",
	"serving.kserve.io/InferenceService", "serving.knative.dev/Service",
}

_gpus(c) := {"gpus": serving.whole_gpus(c.container), "by": "the container gets"} if {
	kind.of(input.object) in _alone
	not serving.spans_pods(c)
	not c.pod.spec.workerSpec
}

_gpus(c) := {"gpus": serving.whole_gpus(c.container), "by": "the container gets"} if {
	_group.size == 1
	not serving.spans_pods(c)
}

_gpus(c) := {"gpus": leader + (worker * (_group.size - 1)), "by": sprintf("the group of %v pods gets", [_group.size])} if {
	is_number(_group.size)
	_group.size >= 1
	_group.size == floor(_group.size)
	serving.spans_pods(c)
	leader := _pod_gpus(object.get(_group, "leaderTemplate", _group.workerTemplate))
	worker := _pod_gpus(_group.workerTemplate)
}

_group := object.union({"size": 1}, input.object.spec.leaderWorkerTemplate) if {
	kind.of(input.object) == "leaderworkerset.x-k8s.io/LeaderWorkerSet"
}

_pod_gpus(template) := sum(held) if {
	containers := [container | some container in kind.items(template, ["spec", "containers"]); is_object(container)]
	held := [serving.whole_gpus(container) | some container in containers]
	count(held) > 0
	count(held) == count([name | some container in containers; some name, _ in workload.accelerators(container)])
}

_path(c) := serving.flag_path(c, serving.tensor[c.engine]) if serving.given(c.container, serving.tensor[c.engine])

_path(c) := array.concat(c.path, ["resources", "limits"]) if not serving.given(c.container, serving.tensor[c.engine])
