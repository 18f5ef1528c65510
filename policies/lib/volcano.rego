# METADATA
# title: Jobs of Volcano
package lib.volcano

import data.lib.kind

tasks(job) := [task | some task in kind.items(job, ["spec", "tasks"]); is_object(task)]

# Pods of a task; undefined where a template leaves the number open. Volcano starts none when it is missing.
replicas(task) := number if {
	number := object.get(task, "replicas", null)
	is_number(number)
} else := 0 if object.get(task, "replicas", null) == null

# Pods of some tasks; undefined where one of them leaves its number open.
pods(some_tasks) := sum([replicas(task) | some task in some_tasks]) if {
	every task in some_tasks {
		replicas(task) >= 0
	}
}

plugins(job) := kind.mapping(job, ["spec", "plugins"])

# The value of a plugin's argument, `--name=value`, `-name=value` or apart, as Go reads it.
argument(job, plugin, name, default_value) := value if {
	given := plugins(job)[plugin]
	is_array(given)
	flags := {sprintf("-%s", [name]), sprintf("--%s", [name])}
	values := [value |
		some i, word in given
		is_string(word)
		some value in _argument(given, i, word, flags)
	]
	value := array.concat([default_value], values)[count(values)]
} else := default_value

_argument(_, _, word, flags) := [substring(word, count(flag) + 1, -1) |
	some flag in flags
	startswith(word, sprintf("%s=", [flag]))
] if contains(word, "=")

_argument(given, i, word, flags) := [given[i + 1] | word in flags] if not contains(word, "=")

has_task(job, name) if {
	some task in tasks(job)
	task.name == name
}

# The lists of lifecycle policies, the job's and each task's: {"path", "policies"}.
policy_lists(job) := array.concat(own, of_tasks) if {
	own := [{"path": ["spec", "policies"], "policies": kind.items(job, ["spec", "policies"])}]
	of_tasks := [list |
		some i, task in kind.items(job, ["spec", "tasks"])
		list := {"path": ["spec", "tasks", i, "policies"], "policies": kind.items(task, ["policies"])}
	]
}

# Every place in these lists that names an event: {"path", "event", "list", "index"}.
events(job) := [place |
	some list in policy_lists(job)
	some i, policy in list.policies
	some place in _places(list.path, i, policy)
]

_places(path, i, policy) := array.concat(one, many) if {
	one := [place |
		place := {"path": array.concat(path, [i, "event"]), "event": policy.event, "list": path, "index": i}
		named(place.event)
	]
	many := [place |
		some e, event in kind.items(policy, ["events"])
		place := {"path": array.concat(path, [i, "events", e]), "event": event, "list": path, "index": i}
		named(event)
	]
}

named(text) if {
	is_string(text)
	text != ""
}

# A policy of the job or of a task that has this action.
acts(job, action) if {
	some list in policy_lists(job)
	some policy in list.policies
	policy.action == action
}
