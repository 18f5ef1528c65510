# METADATA
# title: All objects of an input, looked up instead of searched
package lib.objects

import data.lib.kind

# The objects of each kind, with their place in the input: {"index", "object"}. Made once for an input: a rule that
# searched all objects for each of them would take a minute for a thousand jobs.
of_kind[name] contains found if {
	some i, o in input.objects
	name := kind.of(o)
	found := {"index": i, "object": o}
}

# Objects of several kinds, in the order of the input.
of_kinds(names) := {found |
	some name in names
	some found in of_kind[name]
}

# Names for a message, cut short where a platform has very many.
listed(names) := concat(", ", all_names) if {
	all_names := sort(names)
	count(all_names) <= _most_listed + 1
} else := sprintf("%s and %v more", [concat(", ", array.slice(all_names, 0, _most_listed)), count(all_names) - _most_listed]) if {
	all_names := sort(names)
}

_most_listed := 7
