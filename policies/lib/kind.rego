# METADATA
# title: What an object is
package lib.kind

# group/Kind, as policies name kinds; the core group has no name.
of(o) := concat("/", [split(o.apiVersion, "/")[0], o.kind]) if {
	contains(o.apiVersion, "/")
} else := o.kind

version(o) := split(o.apiVersion, "/")[1] if {
	contains(o.apiVersion, "/")
} else := o.apiVersion

name(o) := value if {
	value := object.get(o, ["metadata", "name"], "")
	is_string(value)
} else := ""

namespace(o) := value if {
	value := object.get(o, ["metadata", "namespace"], "default")
	is_string(value)
} else := "default"

labels(o) := value if {
	value := object.get(o, ["metadata", "labels"], {})
	is_object(value)
} else := {}

annotations(o) := value if {
	value := object.get(o, ["metadata", "annotations"], {})
	is_object(value)
} else := {}

# The list at a path, and none where something else or nothing stands there: `some` over null breaks an engine.
items(o, path) := value if {
	is_object(o)
	value := object.get(o, path, null)
	is_array(value)
} else := []

# The mapping at a path, and none where something else or nothing stands there.
mapping(o, path) := value if {
	is_object(o)
	value := object.get(o, path, null)
	is_object(value)
} else := {}

# What stands at a path, null where nothing does.
at(o, path) := object.get(o, path, null) if {
	is_object(o)
} else := null
