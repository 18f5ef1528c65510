# METADATA
# title: Pods, wherever they stand in an object
package lib.workload

# Every pod template of the object that is judged: {"path", "spec", "metadata", "replicas", "role"}.
pods := pods_of(input.object)

# Every container of these pods, init containers included: {"path", "container", "pod", "init"}.
containers := containers_of(input.object)

# Containers that ask for a GPU, whole or in part.
gpu_containers := {c | some c in containers; gpus(c.container) > 0}

pods_of(object) := {pod |
	some place in _places(object)
	spec := _at(object, place.spec)
	is_object(spec)
	pod := {
		"path": place.spec,
		"spec": spec,
		"metadata": _object(_at(object, place.metadata)),
		"replicas": place.replicas,
		"role": place.role,
	}
}

containers_of(object) := {c |
	some pod in pods_of(object)
	some field in ["containers", "initContainers"]
	is_array(pod.spec[field])
	some i, container in pod.spec[field]
	is_object(container)
	c := {
		"path": array.concat(pod.path, [field, i]),
		"container": container,
		"pod": pod,
		"init": field == "initContainers",
	}
}

# ---- where each kind keeps its pods

_group(object) := split(object.apiVersion, "/")[0] if contains(object.apiVersion, "/")

_group(object) := "" if not contains(object.apiVersion, "/")

_kind(object) := sprintf("%s/%s", [_group(object), object.kind])

_at(object, path) := object if count(path) == 0

_at(o, path) := value if {
	count(path) > 0
	value := object.get(o, path, null)
}

_object(value) := value if is_object(value)

_object(value) := {} if not is_object(value)

_number(value, _) := value if is_number(value)

_number(value, default_value) := default_value if not is_number(value)

_template(path, replicas, role) := {
	"spec": array.concat(path, ["spec"]),
	"metadata": array.concat(path, ["metadata"]),
	"replicas": replicas,
	"role": role,
}

_one_template := {
	"/PodTemplate": ["template"],
	"/ReplicationController": ["spec", "template"],
	"apps/Deployment": ["spec", "template"],
	"apps/StatefulSet": ["spec", "template"],
	"apps/ReplicaSet": ["spec", "template"],
	"argoproj.io/Rollout": ["spec", "template"],
}

_replica_specs := {
	"kubeflow.org/PyTorchJob": "pytorchReplicaSpecs",
	"kubeflow.org/TFJob": "tfReplicaSpecs",
	"kubeflow.org/MPIJob": "mpiReplicaSpecs",
	"kubeflow.org/XGBoostJob": "xgbReplicaSpecs",
	"kubeflow.org/JAXJob": "jaxReplicaSpecs",
}

_places(object) := [{"spec": ["spec"], "metadata": ["metadata"], "replicas": 1, "role": "pod"}] if _kind(object) == "/Pod"

_places(object) := [_template(_one_template[_kind(object)], _number(object.spec.replicas, 1), "pod")] if {
	_one_template[_kind(object)]
	is_number(object.spec.replicas)
}

_places(object) := [_template(_one_template[_kind(object)], 1, "pod")] if {
	_one_template[_kind(object)]
	not is_number(object.spec.replicas)
}

_places(object) := [_template(["spec", "template"], 1, "pod")] if _kind(object) == "apps/DaemonSet"

_places(object) := [_template(["spec", "template"], _parallelism(object.spec), "pod")] if _kind(object) == "batch/Job"

_places(object) := [_template(path, _parallelism(object.spec.jobTemplate.spec), "pod")] if {
	_kind(object) == "batch/CronJob"
	path := ["spec", "jobTemplate", "spec", "template"]
}

_places(object) := [place |
	some i, task in object.spec.tasks
	place := _template(["spec", "tasks", i, "template"], _replicas(task), _name(task, "task"))
] if {
	_kind(object) == "batch.volcano.sh/Job"
	is_array(object.spec.tasks)
}

_places(object) := [place |
	field := _replica_specs[_kind(object)]
	some role, replica in object.spec[field]
	place := _template(["spec", field, role, "template"], _replicas(replica), role)
] if _replica_specs[_kind(object)]

_places(object) := [place |
	some i, job in object.spec.replicatedJobs
	template := job.template.spec
	replicas := _replicas(job) * _parallelism(template)
	place := _template(["spec", "replicatedJobs", i, "template", "spec", "template"], replicas, _name(job, "job"))
] if {
	_kind(object) == "jobset.x-k8s.io/JobSet"
	is_array(object.spec.replicatedJobs)
}

_places(object) := [place |
	some i, job in object.spec.template.spec.replicatedJobs
	replicas := _replicas(job) * _parallelism(job.template.spec)
	path := ["spec", "template", "spec", "replicatedJobs", i, "template", "spec", "template"]
	place := _template(path, replicas, _name(job, "job"))
] if {
	_kind(object) in {"trainer.kubeflow.org/TrainingRuntime", "trainer.kubeflow.org/ClusterTrainingRuntime"}
	is_array(object.spec.template.spec.replicatedJobs)
}

_places(object) := [place |
	some role in ["leaderTemplate", "workerTemplate"]
	object.spec.leaderWorkerTemplate[role]
	groups := _replicas(object.spec)
	size := _size(object.spec.leaderWorkerTemplate)
	replicas := {"leaderTemplate": groups, "workerTemplate": groups * _workers(object, size)}[role]
	place := _template(["spec", "leaderWorkerTemplate", role], replicas, role)
] if _kind(object) == "leaderworkerset.x-k8s.io/LeaderWorkerSet"

_places(object) := [place |
	some role in ["predictor", "transformer", "explainer"]
	is_object(object.spec[role])
	place := {
		"spec": ["spec", role],
		"metadata": ["spec", role],
		"replicas": _number(object.get(object.spec[role], "minReplicas", 1), 1),
		"role": role,
	}
] if _kind(object) == "serving.kserve.io/InferenceService"

_places(object) := [place |
	some role in ["template", "worker"]
	is_object(object.spec[role])
	place := {"spec": ["spec", role], "metadata": [], "replicas": _replicas(object.spec), "role": role}
] if _kind(object) == "serving.kserve.io/LLMInferenceService"

_places(object) := [{"spec": ["spec"], "metadata": ["spec"], "replicas": 1, "role": "runtime"}] if {
	_kind(object) in {"serving.kserve.io/ServingRuntime", "serving.kserve.io/ClusterServingRuntime"}
}

_places(object) := [_template(["spec", "template"], 1, "revision")] if _kind(object) == "serving.knative.dev/Service"

_places(object) := _ray_places(object.spec, ["spec"]) if _kind(object) == "ray.io/RayCluster"

_places(object) := _ray_places(object.spec[field], ["spec", field]) if {
	_kind(object) in {"ray.io/RayJob", "ray.io/RayService"}
	field := {"RayJob": "rayClusterSpec", "RayService": "rayClusterConfig"}[object.kind]
}

_ray_places(cluster, path) := array.concat(heads, workers) if {
	heads := [place |
		cluster.headGroupSpec
		place := _template(array.concat(path, ["headGroupSpec", "template"]), 1, "head")
	]
	workers := [place |
		some i, worker in cluster.workerGroupSpecs
		name := object.get(worker, "groupName", "worker")
		place := _template(array.concat(path, ["workerGroupSpecs", i, "template"]), _replicas(worker), name)
	]
}

_name(thing, default_name) := object.get(thing, "name", default_name)

_replicas(thing) := _number(object.get(thing, "replicas", 1), 1)

_size(thing) := _number(object.get(thing, "size", 1), 1)

_workers(o, size) := size - 1 if object.get(o.spec.leaderWorkerTemplate, "leaderTemplate", null) != null

_workers(o, size) := size if object.get(o.spec.leaderWorkerTemplate, "leaderTemplate", null) == null

_parallelism(spec) := _number(object.get(spec, "parallelism", 1), 1)

# ---- what a container asks for

# GPUs of a container: limits, else requests, over nvidia.com/gpu, amd.com/gpu and MIG profiles.
gpus(container) := sum([n | some name, n in accelerators(container)])

# Accelerator resources of a container, by name.
accelerators(container) := {name: count |
	listed := object.union(
		_object(object.get(container, ["resources", "requests"], {})),
		_object(object.get(container, ["resources", "limits"], {})),
	)
	some name, quantity in listed
	is_accelerator(name)
	count := whole(quantity)
}

is_accelerator(name) if name in {"nvidia.com/gpu", "nvidia.com/gpu.shared", "amd.com/gpu", "gpu.intel.com/i915"}

is_accelerator(name) if startswith(name, "nvidia.com/mig-")

whole(quantity) := quantity if is_number(quantity)

whole(quantity) := to_number(quantity) if {
	is_string(quantity)
	regex.match(`^[0-9]+(\.[0-9]+)?$`, quantity)
}

# ---- what a container says to its program

# The words of command and args, one list.
words(container) := array.concat(
	_strings(object.get(container, "command", [])),
	_strings(object.get(container, "args", [])),
)

_strings(list) := [word | some word in list; is_string(word)] if is_array(list)

_strings(list) := [] if not is_array(list)

# The text of a shell script split at blanks, where the program is a shell; else the words themselves.
tokens(container) := [token |
	some word in words(container)
	some token in regex.split(`[\s\\]+`, word)
	token != ""
]

# The value of a flag, given as `--flag value` or `--flag=value`.
flag(container, name) := value if {
	given := tokens(container)
	some i, token in given
	token == name
	value := given[i + 1]
	not startswith(value, "--")
} else := value if {
	some token in tokens(container)
	startswith(token, sprintf("%s=", [name]))
	value := substring(token, count(name) + 1, -1)
}

has_flag(container, name) if name in tokens(container)

has_flag(container, name) if {
	some token in tokens(container)
	startswith(token, sprintf("%s=", [name]))
}

# The value of an environment variable that is written out.
env(container, name) := value if {
	some variable in container.env
	variable.name == name
	value := variable.value
}

has_env(container, name) if {
	some variable in container.env
	variable.name == name
}

# Where the program's word that holds a flag is written: for findings that point at it.
flag_path(c, name) := path if {
	places := [place |
		some field in ["command", "args"]
		is_array(c.container[field])
		some i, word in c.container[field]
		is_string(word)
		contains(word, name)
		place := array.concat(c.path, [field, i])
	]
	path := places[0]
}
