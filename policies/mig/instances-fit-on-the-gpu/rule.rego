# METADATA
# title: The instances of a layout fit on the GPU
# custom:
#   class: regretted
#   severity: error
#   kinds: [ConfigMap]
#   remedy: take instances out until slices and limits hold; of the memory slices 3g and 4g take four each
#   sources:
#     - NVIDIA MIG user guide, Partitioning and Supported MIG Profiles
#     - mig-parted v0.15.0 (bd7160f) deployments/systemd/config-default.yaml
package policies.mig["instances-fit-on-the-gpu"]

import data.lib.kind
import data.lib.mig

# GPUs that have all profiles of an entry, none of which takes them together: what the first one says is shown.
findings contains {"path": found.path, "message": message} if {
	some found in mig.layout_entries(input.object)
	wanted := _wanted(found.entry)
	gpus := mig.gpus_with(object.keys(wanted))
	count(gpus) > 0
	every gpu in gpus {
		count(mig.obstacles(gpu, wanted)) > 0
	}
	gpu := sort(gpus)[0]
	message := sprintf("layout %s does not fit on %s: %s", [found.layout, gpu, concat(", ", mig.obstacles(gpu, wanted))])
}

findings contains {"path": found.path, "message": message} if {
	some found in mig.layout_entries(input.object)
	profiles := object.keys(_wanted(found.entry))
	count(mig.gpus_with(profiles)) == 0
	message := sprintf("layout %s mixes profiles of different GPUs: %s", [found.layout, concat(", ", sort(profiles))])
}

# No GPU has more than 7 compute slices, not even one that we have no table of.
findings contains {"path": found.path, "message": message} if {
	some found in mig.layout_entries(input.object)
	wanted := _wanted(found.entry)
	not mig.gpus_with(object.keys(wanted))
	slices := sum([n | some profile, number in wanted; n := number * mig.slices(profile)])
	slices > 7
	message := sprintf("layout %s wants %v compute slices, no GPU has more than 7", [found.layout, slices])
}

_wanted(entry) := {profile: number |
	some profile, number in kind.mapping(entry, ["mig-devices"])
	is_number(number)
	number > 0
}
