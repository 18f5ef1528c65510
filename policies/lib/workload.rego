# METADATA
# title: Pods, wherever they stand in an object
package lib.workload

# Every pod template of the object that is judged: {"path", "spec", "metadata", "replicas", "role"}.
pods := pods_of(input.object)

# Every container of these pods, init containers included: {"path", "container", "pod", "init"}.
containers := _containers_in(pods)

# Containers that ask for a GPU, whole or in part.
gpu_containers := {c | some c in containers; gpus(c.container) > 0}

# Every accelerator that a container asks for, once for its limit and once for its request. Several policies look.
asks := {ask |
	some c in containers
	some field in ["limits", "requests"]
	is_object(c.container.resources[field])
	some name, amount in c.container.resources[field]
	is_accelerator(name)
	ask := {"c": c, "field": field, "name": name, "amount": amount}
}

pods_of(object) := {pod |
	some place in _places(_kind(object), object)
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

containers_of(object) := _containers_in(pods_of(object))

_containers_in(pods) := {c |
	some pod in pods
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

# group/Kind, as policies name kinds; the core group has no name.
_kind(o) := sprintf("%s/%s", [split(o.apiVersion, "/")[0], o.kind]) if contains(o.apiVersion, "/")

_kind(o) := o.kind if not contains(o.apiVersion, "/")

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
	"PodTemplate": ["template"],
	"ReplicationController": ["spec", "template"],
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

_places("Pod", _) := [{"spec": ["spec"], "metadata": ["metadata"], "replicas": 1, "role": "pod"}]

_places("apps/DaemonSet", _) := [_template(["spec", "template"], 1, "pod")]

_places("serving.knative.dev/Service", _) := [_template(["spec", "template"], 1, "revision")]

_places("batch/Job", o) := [_template(["spec", "template"], _parallelism(o.spec), "pod")]

_places("batch/CronJob", o) := [_template(path, _parallelism(o.spec.jobTemplate.spec), "pod")] if {
	path := ["spec", "jobTemplate", "spec", "template"]
}

_places("batch.volcano.sh/Job", o) := [place |
	is_array(o.spec.tasks)
	some i, task in o.spec.tasks
	is_object(task)
	place := _template(["spec", "tasks", i, "template"], _replicas(task), _name(task, "task"))
]

_places("jobset.x-k8s.io/JobSet", o) := _jobset_places(o.spec, ["spec"])

_places("leaderworkerset.x-k8s.io/LeaderWorkerSet", o) := [place |
	some role in ["leaderTemplate", "workerTemplate"]
	o.spec.leaderWorkerTemplate[role]
	groups := _replicas(o.spec)
	size := _size(o.spec.leaderWorkerTemplate)
	replicas := {"leaderTemplate": groups, "workerTemplate": groups * _workers(o, size)}[role]
	place := _template(["spec", "leaderWorkerTemplate", role], replicas, role)
]

_places("serving.kserve.io/InferenceService", o) := [place |
	some role in ["predictor", "transformer", "explainer"]
	is_object(o.spec[role])
	place := {
		"spec": ["spec", role],
		"metadata": ["spec", role],
		"replicas": _min_replicas(o.spec[role]),
		"role": role,
	}
]

_places("serving.kserve.io/LLMInferenceService", o) := [place |
	some role in ["template", "worker"]
	is_object(o.spec[role])
	place := {"spec": ["spec", role], "metadata": [], "replicas": _replicas(o.spec), "role": role}
]

_places("ray.io/RayCluster", o) := _ray_places(o.spec, ["spec"])

_places("ray.io/RayJob", o) := _ray_places(o.spec.rayClusterSpec, ["spec", "rayClusterSpec"])

_places("ray.io/RayService", o) := _ray_places(o.spec.rayClusterConfig, ["spec", "rayClusterConfig"])

_places(kind, o) := [_template(path, _replicas(spec), "pod")] if {
	path := _one_template[kind]
	spec := object.get(o, "spec", {})
}

_places(kind, o) := [place |
	is_object(o.spec[field])
	some role, replica in o.spec[field]
	is_object(replica)
	place := _template(["spec", field, role, "template"], _replicas(replica), role)
] if field := _replica_specs[kind]

_places(kind, o) := _jobset_places(o.spec.template.spec, ["spec", "template", "spec"]) if kind in _training_runtimes

_places(kind, _) := [{"spec": ["spec"], "metadata": ["spec"], "replicas": 1, "role": "runtime"}] if kind in _runtimes

_training_runtimes := {"trainer.kubeflow.org/TrainingRuntime", "trainer.kubeflow.org/ClusterTrainingRuntime"}

_runtimes := {"serving.kserve.io/ServingRuntime", "serving.kserve.io/ClusterServingRuntime"}

_jobset_places(spec, path) := [place |
	is_array(spec.replicatedJobs)
	some i, job in spec.replicatedJobs
	is_object(job)
	replicas := _replicas(job) * _parallelism(job.template.spec)
	inner := array.concat(path, ["replicatedJobs", i, "template", "spec", "template"])
	place := _template(inner, replicas, _name(job, "job"))
]

_ray_places(cluster, path) := array.concat(heads, workers) if {
	heads := [place |
		cluster.headGroupSpec
		place := _template(array.concat(path, ["headGroupSpec", "template"]), 1, "head")
	]
	workers := [place |
		is_array(cluster.workerGroupSpecs)
		some i, worker in cluster.workerGroupSpecs
		is_object(worker)
		name := object.get(worker, "groupName", "worker")
		place := _template(array.concat(path, ["workerGroupSpecs", i, "template"]), _replicas(worker), name)
	]
}

_name(thing, default_name) := object.get(_object(thing), "name", default_name)

_replicas(thing) := _number(object.get(thing, "replicas", 1), 1) if is_object(thing)

_replicas(thing) := 1 if not is_object(thing)

_min_replicas(thing) := _number(object.get(_object(thing), "minReplicas", 1), 1)

_size(thing) := _number(object.get(_object(thing), "size", 1), 1)

_workers(o, size) := size - 1 if object.get(o.spec.leaderWorkerTemplate, "leaderTemplate", null) != null

_workers(o, size) := size if object.get(o.spec.leaderWorkerTemplate, "leaderTemplate", null) == null

_parallelism(spec) := _number(object.get(spec, "parallelism", 1), 1) if is_object(spec)

_parallelism(spec) := 1 if not is_object(spec)

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

# The value of a flag, given as `--flag value` or `--flag=value`; undefined where a script gives several values.
flag(container, name) := value if {
	values := _flag_values(container, name)
	count(values) == 1
	some value in values
}

_flag_values(container, name) := apart | joined if {
	given := tokens(container)
	apart := {value |
		some i, token in given
		token == name
		value := given[i + 1]
		not startswith(value, "--")
	}
	joined := {value |
		some token in given
		startswith(token, sprintf("%s=", [name]))
		value := substring(token, count(name) + 1, -1)
	}
}

has_flag(container, name) if name in tokens(container)

has_flag(container, name) if {
	some token in tokens(container)
	startswith(token, sprintf("%s=", [name]))
}

# The value of an environment variable that is written out; the last one counts where a name stands twice.
env(container, name) := value if {
	is_array(container.env)
	given := [variable | some variable in container.env; variable.name == name]
	count(given) > 0
	value := given[count(given) - 1].value
}

has_env(container, name) if {
	is_array(container.env)
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

# Accelerators that one pod holds, by name: those of its containers together, or of its hungriest init container.
accelerators_of_pod(spec) := {name: count |
	every_container := array.concat(_list(spec, "containers"), _list(spec, "initContainers"))
	some container in every_container
	some name, _ in accelerators(container)
	running := sum([n | some c in _running(spec); n := accelerators(c)[name]])
	starting := max(array.concat([0], [n | some c in _list(spec, "initContainers"); n := accelerators(c)[name]]))
	count := max([running, starting])
}

_list(spec, field) := [container | some container in spec[field]; is_object(container)] if is_array(spec[field])

_list(spec, field) := [] if not is_array(object.get(spec, field, null))

# Containers that run side by side: init containers that restart for ever are sidecars.
_running(spec) := array.concat(
	_list(spec, "containers"),
	[c | some c in _list(spec, "initContainers"); c.restartPolicy == "Always"],
)

# Whether a container is written out in full: KServe and Trainer merge theirs with what stands in other objects.
is_complete(object) if {
	not startswith(object.apiVersion, "serving.kserve.io/")
	not startswith(object.apiVersion, "trainer.kubeflow.org/")
}

# Whether a DaemonSet runs it: node agents that look after GPUs need more than workloads do.
is_agent(object) if object.kind == "DaemonSet"

is_agent(object) if {
	some i
	object.metadata.ownerReferences[i].kind == "DaemonSet"
}

# What a pod asks of the labels of its node.
node_selector(pod) := _object(object.get(pod.spec, "nodeSelector", null))
