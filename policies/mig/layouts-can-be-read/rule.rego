# METADATA
# title: mig-parted can read the layouts
# custom:
#   class: regretted
#   severity: error
#   kinds: [ConfigMap]
#   remedy: "follow mig-parted's format: version v1, mig-configs, and devices and mig-enabled in each entry"
#   sources:
#     - mig-parted v0.15.0 (bd7160f) api/spec/v1/spec.go, pkg/types/mig_config.go
package policies.mig["layouts-can-be-read"]

import data.lib.kind
import data.lib.mig

_files := mig.layout_files(input.object)

findings contains {"path": file.path, "message": "has no version: write version: v1"} if {
	some file in _files
	not "version" in object.keys(file.spec)
}

findings contains {"path": file.path, "message": message} if {
	some file in _files
	file.spec.version != "v1"
	message := sprintf("has version %v, mig-parted knows v1", [file.spec.version])
}

findings contains {"path": file.path, "message": message} if {
	some file in _files
	some key in object.keys(file.spec)
	not key in {"version", "mig-configs"}
	message := sprintf("has %s, mig-parted knows version and mig-configs", [key])
}

findings contains {"path": file.path, "message": sprintf("layout %s is empty", [layout])} if {
	some file in _files
	some layout, entries in kind.mapping(file.spec, ["mig-configs"])
	entries == []
}

findings contains {"path": found.path, "message": sprintf("layout %s: %s", [found.layout, problem])} if {
	some found in mig.layout_entries(input.object)
	some problem in _problems(found.entry)
}

_problems(entry) := (((_missing(entry) | _unknown(entry)) | _devices(entry)) | _enabled(entry)) | _misnamed(entry)

_missing(entry) := {text |
	some key in ["devices", "mig-enabled"]
	not key in object.keys(entry)
	text := sprintf("an entry says nothing of %s", [key])
}

_unknown(entry) := {text |
	some key in object.keys(entry)
	not key in {"device-filter", "devices", "mig-enabled", "mig-devices"}
	text := sprintf("an entry has %s, which mig-parted does not know", [key])
}

_devices(entry) := {text |
	is_string(entry.devices)
	entry.devices != "all"
	text := sprintf("devices is %s, where all or a list of numbers is meant", [entry.devices])
}

_enabled(entry) := {"mig-enabled is true, but there are no mig-devices" |
	entry["mig-enabled"] == true
	not "mig-devices" in object.keys(entry)
} | {"mig-enabled is false, but there are mig-devices" |
	entry["mig-enabled"] == false
	count(kind.mapping(entry, ["mig-devices"])) > 0
}

_misnamed(entry) := {text |
	some profile in object.keys(kind.mapping(entry, ["mig-devices"]))
	not regex.match(`^([0-9]+c\.)?[0-9]+g\.[0-9]+gb([+-][a-z][a-z0-9.,]*)?$`, profile)
	text := sprintf("%s is no name of a profile", [profile])
}
