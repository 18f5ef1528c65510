# METADATA
# title: Pods mount no more of the host than a folder for data
# custom:
#   class: advice
#   severity: warning
#   kinds: [pods]
#   mentions: [hostPath]
#   remedy: mount a PersistentVolumeClaim, or a folder of the host that is there for data
#   sources:
#     - kubernetes Pod Security Standards (hostPath)
#     - kubernetes core/v1 HostPathVolumeSource
package policies.storage["host-folders-are-for-data"]

import data.lib.kind
import data.lib.workload

findings contains {"path": array.concat(pod.path, ["volumes", i, "hostPath", "path"]), "message": message} if {
	some pod in workload.pods
	some c in workload.gpu_containers
	c.pod.path == pod.path
	not workload.is_agent(input.object)
	some i, volume in kind.items(pod.spec, ["volumes"])
	path := volume.hostPath.path
	is_string(path)
	regex.match(`^/+$|^/(root|etc|boot|usr|bin|sbin|lib|proc|run|var|home|dev)/*$|^/root/`, path)
	message := sprintf("mounts the host's %v", [path])
}
