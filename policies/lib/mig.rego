# METADATA
# title: Partitions and shares of GPUs
package lib.mig

# ---- layouts: ConfigMaps as mig-parted reads them

# Every layout file in a ConfigMap: {"path", "spec"}. What is no YAML, or a template, is none.
layout_files(config_map) := [found |
	some file in files(config_map)
	some name in ["mig-configs", "mig-config", "migConfigs"]
	_has(file.spec, name)
	found := file
]

# Every entry of every layout: {"path", "layout", "entry"}.
layout_entries(config_map) := [found |
	some file in layout_files(config_map)
	some layout, entries in file.spec["mig-configs"]
	is_array(entries)
	some entry in entries
	is_object(entry)
	found := {"path": file.path, "layout": layout, "entry": entry}
]

# Every configuration of the device plugin in a ConfigMap that shares GPUs: {"path", "name", "spec"}.
sharing_files(config_map) := [file |
	some file in files(config_map)
	is_object(file.spec.sharing)
]

# Every value of a ConfigMap that is YAML with keys and values: {"path", "name", "spec"}.
files(config_map) := [found |
	is_object(config_map.data)
	some name, text in config_map.data
	is_string(text)
	yaml.is_valid(text)
	spec := yaml.unmarshal(text)
	is_object(spec)
	found := {"path": ["data", name], "name": name, "spec": spec}
]

_has(thing, key) if key in object.keys(thing)

# ---- profiles

# The profile of a resource name: nvidia.com/mig-1g.10gb.me is 1g.10gb+me.
profile(resource) := replace(trim_suffix(trim_prefix(resource, "nvidia.com/mig-"), ".shared"), ".me", "+me") if {
	startswith(resource, "nvidia.com/mig-")
}

# MIG resources of a container: name and number.
resources(container) := {name: value |
	limits := object.get(container, ["resources", "limits"], {})
	is_object(limits)
	some name, value in limits
	startswith(name, "nvidia.com/mig-")
}

# Compute slices of a profile, which its name begins with.
slices(name) := to_number(parts[0][1]) if {
	parts := regex.find_all_string_submatch_n(`^([0-9]+)g\.[0-9]+gb([+-].*)?$`, name, 1)
	count(parts) == 1
}

# Names that GPUs without a table have too, with other limits (mig-parted v0.15.0: GB200, B300, RTX PRO 6000).
_elsewhere := {"1g.24gb", "1g.24gb+me", "1g.35gb", "1g.35gb+me", "1g.47gb", "2g.24gb", "2g.47gb"}

# GPUs that have all of some profiles, by name. Undefined where a profile is of a GPU that we know too little of.
gpus_with(names) := {gpu |
	some gpu, model in data.gpus
	is_object(model.mig)
	every name in names {
		_profile(model, name)
	}
} if {
	every name in names {
		not name in _elsewhere
		_is_known(name)
	}
}

_profile(model, name) := found if {
	some found in model.mig.profiles
	found.name == name
}

_is_known(name) if {
	some model in data.gpus
	is_object(model.mig)
	_profile(model, name)
}

# Why instances do not fit on a GPU together. These sums are enough: of all sets that keep them, each one can be placed
# (tests/policies/test_mig_layouts.py tries all of every GPU).
obstacles(gpu, wanted) := array.concat(array.concat(_too_many(gpu, wanted), _media(wanted)), array.concat(
	_over("compute", _sum(gpu, wanted, "compute_slices"), data.gpus[gpu].mig.compute_slices),
	_over("memory", _sum(gpu, wanted, "size"), data.gpus[gpu].mig.memory_slices),
))

_too_many(gpu, wanted) := [text |
	some found in data.gpus[gpu].mig.profiles
	wanted[found.name] > found.max_instances
	text := sprintf("%d x %s, of which it has at most %d", [wanted[found.name], found.name, found.max_instances])
]

# There is one set of media engines.
_media(wanted) := [sprintf("%s, of which one can have the media engines", [concat(" and ", names)]) |
	names := sort([name | some name in object.keys(wanted); endswith(name, "+me")])
	count(names) > 1
]

_sum(gpu, wanted, field) := sum([n |
	some found in data.gpus[gpu].mig.profiles
	n := wanted[found.name] * found[field]
])

_over(what, needed, available) := [sprintf("%d of %d %s slices", [needed, available, what])] if needed > available

_over(_, needed, available) := [] if needed <= available

# A GPU by the label nvidia.com/gpu.product, shared or not.
gpu_of(product) := gpu if {
	is_string(product)
	some gpu, model in data.gpus
	model.product == trim_suffix(product, "-SHARED")
}

# ---- nodes, as `data.facts.nodes` has them: maps of labels

# Nodes that have all labels of a selector.
nodes(selector) := [node |
	some node in data.facts.nodes
	every key, value in selector {
		node[key] == value
	}
]

# How many nvidia.com/gpu a node gives out, shares counted; undefined where its labels do not say.
gpu_count(node) := to_number(node["nvidia.com/gpu.count"]) * to_number(object.get(node, "nvidia.com/gpu.replicas", "1"))
