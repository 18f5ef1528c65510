# METADATA
# title: Pods, wherever they stand in an object
package lib.workload

import data.lib.kind

# Every pod template of the object that is judged: {"path", "spec", "metadata", "replicas", "role"}.
pods := pods_of(input.object)

# Every container of these pods, init containers included: {"path", "container", "pod", "init", "accelerators", "gpus"}.
containers := _containers_in(pods)

# Containers that ask for a GPU, whole or in part.
gpu_containers := {c | some c in containers; c.gpus > 0}

# Every accelerator that a container asks for, once for its limit and once for its request. Several policies look.
asks := {ask |
	some c in containers
	some field in ["limits", "requests"]
	is_object(c.container.resources[field])
	some name, amount in c.container.resources[field]
	not name in _plain
	is_accelerator(name)
	ask := {"c": c, "field": field, "name": name, "amount": amount}
}

pods_of(o) := {pod |
	some place in _places(kind.of(o), o)
	spec := object.get(o, place.spec, null)
	is_object(spec)
	pod := {
		"path": place.spec,
		"spec": spec,
		"metadata": _metadata(o, place.metadata),
		"replicas": place.replicas,
		"role": place.role,
	}
}

_metadata(o, path) := found if {
	path != []
	found := object.get(o, path, null)
	is_object(found)
} else := o if {
	path == []
} else := {}

containers_of(o) := _containers_in(pods_of(o))

_containers_in(pods) := {c |
	some pod in pods
	some field in ["containers", "initContainers"]
	is_array(pod.spec[field])
	some i, container in pod.spec[field]
	is_object(container)
	held := accelerators(container)
	c := {
		"path": array.concat(pod.path, [field, i]),
		"container": container,
		"pod": pod,
		"init": field == "initContainers",
		"accelerators": held,
		"gpus": sum([n | some n in held]),
	}
}

# ---- where each kind keeps its pods

# By cases and not by definitions, each of which an engine would try for every object.
_places(name, o) := [{"spec": ["spec"], "metadata": ["metadata"], "replicas": 1, "role": "pod"}] if {
	name == "Pod"
} else := [_template(["spec", "template"], _replicas(object.get(o, "spec", {})), "pod")] if {
	name in {
		"ReplicationController", "apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet", "argoproj.io/Rollout",
	}
} else := [_template(["spec", "template"], _parallelism(o.spec), "pod")] if {
	name == "batch/Job"
} else := [_template(["spec", "template"], 1, "pod")] if {
	name == "apps/DaemonSet"
} else := [_template(["template"], _replicas(object.get(o, "spec", {})), "pod")] if {
	name == "PodTemplate"
} else := [_template(path, _parallelism(o.spec.jobTemplate.spec), "pod")] if {
	name == "batch/CronJob"
	path := ["spec", "jobTemplate", "spec", "template"]
} else := [place |
	is_array(o.spec.tasks)
	some i, task in o.spec.tasks
	is_object(task)
	place := _template(["spec", "tasks", i, "template"], _replicas(task), _name(task, "task"))
] if {
	name == "batch.volcano.sh/Job"
} else := [place |
	is_object(o.spec[field])
	some role, replica in o.spec[field]
	is_object(replica)
	place := _template(["spec", field, role, "template"], _replicas(replica), role)
] if {
	field := {
		"kubeflow.org/PyTorchJob": "pytorchReplicaSpecs",
		"kubeflow.org/TFJob": "tfReplicaSpecs",
		"kubeflow.org/MPIJob": "mpiReplicaSpecs",
		"kubeflow.org/XGBoostJob": "xgbReplicaSpecs",
		"kubeflow.org/JAXJob": "jaxReplicaSpecs",
	}[name]
} else := [place |
	some role in ["predictor", "transformer", "explainer"]
	is_object(o.spec[role])
	place := {
		"spec": ["spec", role],
		"metadata": ["spec", role],
		"replicas": _min_replicas(o.spec[role]),
		"role": role,
	}
] if {
	name == "serving.kserve.io/InferenceService"
} else := [place |
	some role in ["template", "worker"]
	is_object(o.spec[role])
	place := {"spec": ["spec", role], "metadata": [], "replicas": _replicas(o.spec), "role": role}
] if {
	name == "serving.kserve.io/LLMInferenceService"
} else := [{"spec": ["spec"], "metadata": ["spec"], "replicas": 1, "role": "runtime"}] if {
	name in {"serving.kserve.io/ServingRuntime", "serving.kserve.io/ClusterServingRuntime"}
} else := [_template(["spec", "template"], 1, "revision")] if {
	name == "serving.knative.dev/Service"
} else := [place |
	some role in ["leaderTemplate", "workerTemplate"]
	o.spec.leaderWorkerTemplate[role]
	groups := _replicas(o.spec)
	size := _size(o.spec.leaderWorkerTemplate)
	replicas := {"leaderTemplate": groups, "workerTemplate": groups * _workers(o, size)}[role]
	place := _template(["spec", "leaderWorkerTemplate", role], replicas, role)
] if {
	name == "leaderworkerset.x-k8s.io/LeaderWorkerSet"
} else := _jobset_places(o.spec, ["spec"]) if {
	name == "jobset.x-k8s.io/JobSet"
} else := _jobset_places(o.spec.template.spec, ["spec", "template", "spec"]) if {
	name in {"trainer.kubeflow.org/TrainingRuntime", "trainer.kubeflow.org/ClusterTrainingRuntime"}
} else := _ray_places(o.spec, ["spec"]) if {
	name == "ray.io/RayCluster"
} else := _ray_places(o.spec.rayClusterSpec, ["spec", "rayClusterSpec"]) if {
	name == "ray.io/RayJob"
} else := _ray_places(o.spec.rayClusterConfig, ["spec", "rayClusterConfig"]) if {
	name == "ray.io/RayService"
}

_template(path, replicas, role) := {
	"spec": array.concat(path, ["spec"]),
	"metadata": array.concat(path, ["metadata"]),
	"replicas": replicas,
	"role": role,
}

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

_object(value) := value if {
	is_object(value)
} else := {}

_replicas(thing) := _number(thing, "replicas")

_min_replicas(thing) := _number(thing, "minReplicas")

_size(thing) := _number(thing, "size")

_parallelism(spec) := _number(spec, "parallelism")

# The number in a field, one where there is none.
_number(thing, field) := value if {
	is_object(thing)
	value := object.get(thing, field, 1)
	is_number(value)
} else := 1

_workers(o, size) := size - 1 if {
	object.get(o.spec.leaderWorkerTemplate, "leaderTemplate", null) != null
} else := size

# ---- what a container asks for

# GPUs of a container: limits, else requests, over nvidia.com/gpu, amd.com/gpu and MIG profiles.
gpus(container) := sum([n | some name, n in accelerators(container)])

# Accelerator resources of a container, by name.
accelerators(container) := {name: count |
	listed := object.union_n([asked |
		some field in ["requests", "limits"]
		asked := container.resources[field]
		is_object(asked)
	])
	some name, quantity in listed
	not name in _plain
	is_accelerator(name)
	count := whole(quantity)
}

# Resources that nearly every container asks for: looked up, which is quicker than to ask whether they are GPUs.
_plain := {"cpu", "memory", "ephemeral-storage"}

is_accelerator(name) if {
	name in {"nvidia.com/gpu", "nvidia.com/gpu.shared", "amd.com/gpu", "gpu.intel.com/i915"}
} else if {
	startswith(name, "nvidia.com/mig-")
}

whole(quantity) := quantity if {
	is_number(quantity)
} else := to_number(quantity) if {
	is_string(quantity)
	regex.match(`^[0-9]+(\.[0-9]+)?$`, quantity)
}

# ---- what a container says to its program

# The words of command and args, one list.
words(container) := [word |
	some field in ["command", "args"]
	is_array(container[field])
	some word in container[field]
	is_string(word)
]

# The text of a shell script split at blanks, where the program is a shell; else the words themselves.
tokens(container) := [token |
	some token in regex.split(`[\s\\]+`, concat(" ", words(container)))
	token != ""
]

# The value of a flag, given as `--flag value` or `--flag=value`; undefined where a script gives several values.
flag(container, name) := flag_in(tokens(container), name)

flag_in(given, name) := value if {
	apart := {value |
		name in given
		some i, token in given
		token == name
		value := given[i + 1]
		not startswith(value, "--")
	}
	prefix := concat("", [name, "="])
	joined := {value |
		some token in given
		startswith(token, prefix)
		value := substring(token, count(prefix), -1)
	}
	values := apart | joined
	count(values) == 1
	some value in values
}

has_flag(container, name) if has_flag_in(tokens(container), name)

has_flag_in(given, name) if {
	name in given
} else if {
	prefix := concat("", [name, "="])
	some token in given
	startswith(token, prefix)
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
accelerators_of_pod(spec) := accelerators(spec.containers[0]) if {
	is_array(spec.containers)
	count(spec.containers) == 1 # nearly all are like this, and it is quicker
	is_object(spec.containers[0])
	not spec.initContainers
} else := {name: count |
	some container in array.concat(_list(spec, "containers"), _list(spec, "initContainers"))
	some name, _ in accelerators(container)
	running := sum([n | some c in _running(spec); n := accelerators(c)[name]])
	starting := max(array.concat([0], [n | some c in _list(spec, "initContainers"); n := accelerators(c)[name]]))
	count := max([running, starting])
}

_list(spec, field) := [container | some container in spec[field]; is_object(container)] if {
	is_array(spec[field])
} else := []

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
