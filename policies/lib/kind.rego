# METADATA
# title: What an object is
package lib.kind

# group/Kind, as policies name kinds; the core group has no name.
of(object) := sprintf("%s/%s", [split(object.apiVersion, "/")[0], object.kind]) if contains(object.apiVersion, "/")

of(object) := object.kind if not contains(object.apiVersion, "/")

version(object) := split(object.apiVersion, "/")[1] if contains(object.apiVersion, "/")

version(object) := object.apiVersion if not contains(object.apiVersion, "/")

name(o) := object.get(o, ["metadata", "name"], "")

namespace(o) := object.get(o, ["metadata", "namespace"], "default")

labels(o) := value if {
	value := object.get(o, ["metadata", "labels"], {})
	is_object(value)
} else := {}

annotations(o) := value if {
	value := object.get(o, ["metadata", "annotations"], {})
	is_object(value)
} else := {}

# All objects of some kinds in an input of several, with their index: {"index", "object"}.
all(kinds) := [found |
	some i, o in input.objects
	of(o) in kinds
	found := {"index": i, "object": o}
]
