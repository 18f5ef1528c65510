# METADATA
# title: Checkpoints outlive the pod that writes them
# custom:
#   class: regretted
#   severity: error
#   kinds:
#     - batch/Job
#     - batch/CronJob
#     - batch.volcano.sh/Job
#     - kubeflow.org/PyTorchJob
#     - kubeflow.org/MPIJob
#     - jobset.x-k8s.io/JobSet
#   mentions: [checkpoint-dir, checkpoint_dir, ckpt-dir, ckpt_dir, checkpoint-folder, checkpoint_folder, CHECKPOINT_DIR, CKPT_DIR]
#   looks_at: [words]
#   remedy: write checkpoints to a PersistentVolumeClaim or an object store
#   sources:
#     - kubernetes core/v1 EmptyDirVolumeSource (lives as long as the pod)
#     - volcano v1.14.1 batch/v1alpha1 JobSpec.volumes (mounted into all pods)
package policies.storage["checkpoints-outlive-the-pod"]

import data.lib.kind
import data.lib.workload

findings contains {"path": place.path, "message": message} if {
	some c in workload.gpu_containers
	not c.init
	some place in _folders(c)
	startswith(place.folder, "/")
	not contains(place.folder, "$")
	not _carries_them_away(c.container)
	message := sprintf("writes checkpoints to %v, %v", [place.folder, _lost_with(c, place.folder)])
}

# Folders that are said to hold checkpoints, by a flag or a variable.
_folders(c) := array.concat(by_flag, by_variable) if {
	by_flag := [place |
		some flag in ["--checkpoint-dir", "--checkpoint_dir", "--ckpt-dir", "--ckpt_dir", "--checkpoint-folder", "--checkpoint_folder"]
		place := {"folder": workload.flag(c.container, flag), "path": workload.flag_path(c, flag)}
	]
	by_variable := [place |
		some i, variable in kind.items(c.container, ["env"])
		variable.name in {"CHECKPOINT_DIR", "CKPT_DIR"}
		is_string(variable.value)
		place := {"folder": variable.value, "path": array.concat(c.path, ["env", i])}
	]
}

_lost_with(c, folder) := sprintf("in the volume %v, which goes with the pod", [mount.name]) if {
	mount := _mount(c, folder)
	some volume in kind.items(c.pod.spec, ["volumes"])
	volume.name == mount.name
	_goes_with_the_pod(volume)
	not _others_read(c, mount.name)
}

_lost_with(c, folder) := "where nothing is mounted: they go with the container" if {
	count(_mounts_over(c, folder)) == 0
	not _of_the_job(folder)
}

_goes_with_the_pod(volume) if is_object(volume.emptyDir)

_goes_with_the_pod(volume) if is_object(volume.ephemeral)

# The mount that a folder lies in, the innermost one.
_mount(c, folder) := mount if {
	mounts := _mounts_over(c, folder)
	longest := max([count(mount.mountPath) | some mount in mounts])
	some mount in mounts
	count(mount.mountPath) == longest
}

_mounts_over(c, folder) := [mount |
	some mount in kind.items(c.container, ["volumeMounts"])
	is_string(mount.mountPath)
	_lies_in(folder, mount.mountPath)
]

_lies_in(folder, mount) if startswith(sprintf("%s/", [folder]), sprintf("%s/", [trim_right(mount, "/")]))

# Volcano mounts the volumes of a job into all of its pods.
_of_the_job(folder) if {
	some volume in kind.items(input.object, ["spec", "volumes"])
	is_string(volume.mountPath)
	_lies_in(folder, volume.mountPath)
}

# Another container of the pod may bring them elsewhere.
_others_read(c, name) if {
	some field in ["containers", "initContainers"]
	some i, other in kind.items(c.pod.spec, [field])
	array.concat(c.pod.path, [field, i]) != c.path
	some mount in kind.items(other, ["volumeMounts"])
	mount.name == name
}

_carries_them_away(container) if {
	some word in workload.words(container)
	regex.match(`s3|gs://|gsutil|gcloud|rclone|azcopy|upload|sync|hf |huggingface`, word)
}
