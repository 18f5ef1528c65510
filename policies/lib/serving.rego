# METADATA
# title: Which model server a container runs, and what it is told
package lib.serving

import data.lib.kind
import data.lib.workload

# Containers that run one model server: those of lib.workload with "engine" added, which is vllm, sglang, tgi, or
# kserve for the model of an InferenceService that KServe's own runtime serves.
engines := engines_of(input.object)

engines_of(o) := {found |
	not kind.of(o) in _merged_from_presets
	some c in workload.containers_of(o)
	not c.init
	name := engine(c.container)
	found := object.union(c, {"engine": name})
} | _models(o)

_models(o) := {found |
	kind.of(o) == "serving.kserve.io/InferenceService"
	predictor := o.spec.predictor
	predictor.model.modelFormat.name in {"huggingface", "vLLM", "vllm"}
	not predictor.model.command
	pod := {"path": ["spec", "predictor"], "spec": predictor, "metadata": {}, "replicas": 1, "role": "predictor"}
	held := workload.accelerators(predictor.model)
	found := {
		"path": ["spec", "predictor", "model"], "container": predictor.model, "pod": pod, "init": false,
		"accelerators": held, "gpus": sum([n | some n in held]), "engine": "kserve",
	}
}

# What these show is a part: command, flags, ports and probes come from presets.
_merged_from_presets := {"serving.kserve.io/LLMInferenceService", "serving.kserve.io/LLMInferenceServiceConfig"}

# A container that starts two servers is none of these: its flags cannot be told apart.
engine(container) := "vllm" if {
	_runs(container, `(?:^|[\s;&|("'/])vllm\s+serve(?:\s|$)|\bvllm\.entrypoints\.(?:openai\.)?api_server\b`)
} else := "sglang" if {
	_runs(container, `\bsglang\.launch_server\b|(?:^|[\s;&|("'/])sglang\s+serve(?:\s|$)`)
} else := "tgi" if {
	_runs(container, `\btext-generation-launcher\b`)
} else := "vllm" if {
	_starts(container, `(?:^|/)vllm-openai(?:-rocm)?(?:[:@]|$)`)
} else := "tgi" if {
	_starts(container, `(?:^|/)text-generation-inference(?:[:@]|$)`)
}

_runs(container, pattern) if count(regex.find_n(pattern, text(container), -1)) == 1

_starts(container, image) if {
	not container.command
	is_string(container.image)
	regex.match(image, container.image)
}

text(container) := concat(" ", workload.words(container))

# ---- flags

# What the program is told by a flag of any of these names, variables that are written out put in.
said(container, names) := values[0] if {
	given := workload.tokens(container)
	values := [value |
		some name in names
		value := _known(container, trim(workload.flag_in(given, name), "\"';"))
	]
}

_known(_, value) := value if not contains(value, "$")

_known(container, value) := known if {
	name := regex.find_all_string_submatch_n(`^\$[({]?([A-Za-z_][A-Za-z0-9_]*)[)}]?$`, value, 1)[0][1]
	known := workload.env(container, name)
	is_string(known)
}

given(container, names) if {
	found := workload.tokens(container)
	some name in names
	workload.has_flag_in(found, name)
}

# A whole number: the default when no flag is given, undefined when what is given cannot be known.
whole(container, names, default_value) := default_value if not given(container, names)

whole(container, names, _) := to_number(value) if {
	value := said(container, names)
	regex.match(`^[0-9]+$`, value)
}

# Flags may stand where no manifest shows them: in a file, or in a variable such as $EXTRA_ARGS or "$@".
hidden(container) if workload.has_flag(container, "--config")

hidden(container) if {
	words := workload.tokens(container)
	some i, word in words
	regex.match(`^["']?\$`, word)
	not _follows_a_flag(words, i)
}

_follows_a_flag(words, i) if regex.match(`^-[^=]*$`, words[i - 1])

_follows_a_flag(words, i) if words[i - 1] == "serve"

# Where the first of these flags is written; the container's arguments, where none is.
flag_path(c, names) := paths[0] if {
	paths := [path | some name in names; given(c.container, [name]); path := workload.flag_path(c, name)]
	count(paths) > 0
} else := array.concat(c.path, ["args"])

# ---- GPUs

tensor := {
	"vllm": ["--tensor-parallel-size", "--tensor_parallel_size", "-tp"],
	"kserve": ["--tensor-parallel-size", "--tensor_parallel_size", "-tp"],
	"sglang": ["--tp-size", "--tensor-parallel-size", "--tp"],
	"tgi": ["--num-shard"],
}

pipeline := {
	"vllm": ["--pipeline-parallel-size", "--pipeline_parallel_size", "-pp"],
	"kserve": ["--pipeline-parallel-size", "--pipeline_parallel_size", "-pp"],
	"sglang": ["--pp-size", "--pipeline-parallel-size"],
	"tgi": [],
}

_data := {
	"vllm": ["--data-parallel-size", "--data_parallel_size", "-dp"],
	"kserve": ["--data-parallel-size", "--data_parallel_size", "-dp"],
	"sglang": ["--dp-size", "--data-parallel-size", "--dp"],
	"tgi": [],
}

_data_here := ["--data-parallel-size-local", "--data_parallel_size_local", "-dpl"]

tensor_size(c) := whole(c.container, tensor[c.engine], 1) if c.engine != "tgi"

tensor_size(c) := whole(c.container, tensor.tgi, null) if {
	c.engine == "tgi"
	given(c.container, tensor.tgi)
}

tensor_size(c) := to_number(value) if {
	c.engine == "tgi"
	not given(c.container, tensor.tgi)
	value := workload.env(c.container, "NUM_SHARD")
	is_string(value)
	regex.match(`^[0-9]+$`, value)
}

pipeline_size(c) := whole(c.container, pipeline[c.engine], 1)

# Copies of the model that run in this pod, or group of pods.
data_size(c) := 1 if c.engine == "tgi"

data_size(c) := 1 if {
	c.engine == "sglang"
	workload.has_flag(c.container, "--enable-dp-attention")
}

data_size(c) := whole(c.container, _data.sglang, 1) if {
	c.engine == "sglang"
	not workload.has_flag(c.container, "--enable-dp-attention")
}

data_size(c) := whole(c.container, _data_here, 1) if {
	c.engine in {"vllm", "kserve"}
	given(c.container, _data_here)
}

data_size(c) := whole(c.container, _data[c.engine], 1) if {
	c.engine in {"vllm", "kserve"}
	not _shares_data_with_others(c.container)
}

_shares_data_with_others(container) if {
	some word in workload.tokens(container)
	regex.match(`^(--data[-_]parallel[-_](size[-_]local|rank|start|address|rpc|hybrid|external|backend)|-dp[lnrab]\b)`, word)
}

# One replica runs in several pods: a Ray cluster, or as many nodes as --nnodes says.
spans_pods(c) if {
	regex.match(`(?i)\bray\b|ray_cluster|multi-node|--nnodes|external_launcher|torchrun`, text(c.container))
}

# GPUs of a container that gets whole ones of one kind; undefined for slices, shares and none.
whole_gpus(container) := n if {
	found := workload.accelerators(container)
	count(found) == 1
	some name in ["nvidia.com/gpu", "amd.com/gpu"]
	n := found[name]
	n > 0
}

# ---- ports and probes

_default_port := {"vllm": 8000, "sglang": 30000}

# The port that the server listens at; undefined when the manifest leaves it open.
port(c) := whole(c.container, ["--port"], _default_port[c.engine]) if {
	c.engine in {"vllm", "sglang"}
	_listens(c.container)
}

port(c) := whole(c.container, ["--port", "-p"], null) if {
	c.engine == "tgi"
	given(c.container, ["--port", "-p"])
	_listens(c.container)
}

port(c) := to_number(value) if {
	c.engine == "tgi"
	not given(c.container, ["--port", "-p"])
	_listens(c.container)
	value := workload.env(c.container, "PORT")
	is_string(value)
	regex.match(`^[0-9]+$`, value)
}

_listens(container) if {
	not hidden(container)
	not given(container, ["--uds", "--headless", "--fd"])
}

# No other program of the pod can answer in the server's place.
alone(c) if {
	count(kind.items(c.pod.spec, ["containers"])) == 1
	sidecars := [i | some i in kind.items(c.pod.spec, ["initContainers"]); i.restartPolicy == "Always"]
	count(sidecars) == 0
}

# HTTP probes of a container that ask it itself: {"path", "field", "probe"}.
probes(c) := [found |
	some field in ["startupProbe", "readinessProbe", "livenessProbe"]
	probe := c.container[field]
	is_object(probe)
	is_object(probe.httpGet)
	not probe.httpGet.host
	found := {"path": array.concat(c.path, [field]), "field": field, "probe": probe}
]

# The number of the port that a probe asks.
asked(_, probe) := probe.httpGet.port if is_number(probe.httpGet.port)

asked(container, probe) := numbers[0] if {
	is_string(probe.httpGet.port)
	numbers := [p.containerPort | some p in kind.items(container, ["ports"]); p.name == probe.httpGet.port]
}

# Seconds until a probe that always fails has failed for good.
patience(probe) := _or(probe, "initialDelaySeconds", 0) + (_or(probe, "periodSeconds", 10) * _or(probe, "failureThreshold", 3))

_or(probe, field, default_value) := value if {
	value := object.get(probe, field, default_value)
	is_number(value)
}

# ---- models

model(c) := said(c.container, ["--model", "--model-path", "--model-id"]) if {
	given(c.container, ["--model", "--model-path", "--model-id"])
}

model(c) := name if {
	not given(c.container, ["--model", "--model-path", "--model-id"])
	found := regex.find_all_string_submatch_n(`\bvllm\s+serve\s+["']?([^\s"'$-][^\s"'$]*)`, text(c.container), 1)
	name := found[0][1]
}

# A load that is quicker than this is not to be had: half a minute for the engine, then the weights at 2 GB/s, two
# bytes a parameter or half a byte where a name speaks of quantization. A bound from below, not an estimate.
least_load_seconds(c) := 30 + ((billions(c) * bytes_per_parameter(c)) / 2)

billions(c) := to_number(found[0][1]) if {
	found := regex.find_all_string_submatch_n(`(?i)(?:^|[-_/])([0-9]+(?:\.[0-9]+)?)b(?:[-_.:]|$)`, model(c), 1)
	count(found) > 0
} else := 0

bytes_per_parameter(c) := 0.5 if {
	regex.match(`(?i)quant|awq|gptq|gguf|bnb|int[48]|fp[48]|w[48]a|mxfp|nvfp|[-_]q[2-8]|bit`, text(c.container))
} else := 2

# ---- memory

_share := {
	"vllm": ["--gpu-memory-utilization", "--gpu_memory_utilization"],
	"kserve": ["--gpu-memory-utilization", "--gpu_memory_utilization"],
	"sglang": ["--mem-fraction-static"],
	"tgi": ["--cuda-memory-fraction"],
}

# The share of GPU memory that the server is told to take: {"value", "flags"}.
memory_share(c) := {"value": to_number(value), "flags": _share[c.engine]} if {
	value := said(c.container, _share[c.engine])
	regex.match(`^[0-9]+(\.[0-9]+)?$`, value)
}
