# METADATA
# title: A claim reaches every node of a job
# custom:
#   class: regretted
#   severity: error
#   kinds: [pods, PersistentVolumeClaim]
#   remedy: make the claim ReadWriteMany (or ReadOnlyMany for what is only read), on a storage class that can do it
#   across: true
#   sources:
#     - 'kubernetes core/v1 PersistentVolumeAccessMode (ReadWriteOnce: one node)'
package policies.storage["claims-reach-every-node-of-a-job"]

import data.lib.kind
import data.lib.objects
import data.lib.training
import data.lib.workload

# Pods of one object with more GPUs than a node has are on several nodes.
_one_node := 8

findings contains {"object": claim.index, "path": ["spec", "accessModes"], "message": message} if {
	some claim in objects.of_kind.PersistentVolumeClaim
	modes := kind.items(claim.object, ["spec", "accessModes"])
	count(modes) > 0
	every mode in modes {
		mode in {"ReadWriteOnce", "ReadWriteOncePod"}
	}
	user := _first_user[[kind.namespace(claim.object), kind.name(claim.object)]]
	message := sprintf("one node at a time may mount it, and the %v pods of %v with %v GPUs are on several", [user.pods, user.name, user.gpus])
}

_first_user[key] := sort(users)[0] if some key, users in _users

# The objects whose pods are on several nodes, by namespace and claim.
_users[key] contains user if {
	some o in input.objects
	training.counted(o)
	pods_found := workload.pods_of(o)
	some claim in {name | some pod in pods_found; some name in _claims(pod)}
	pods := [pod | some pod in pods_found; claim in _claims(pod)]
	every pod in pods {
		not _on_one_node(pod)
	}
	user := {
		"name": sprintf("%s %s", [o.kind, kind.name(o)]),
		"pods": sum([pod.replicas | some pod in pods]),
		"gpus": sum([gpus | some pod in pods; gpus := pod.replicas * _gpus(pod)]),
	}
	user.pods > 1
	user.gpus > _one_node
	key := [kind.namespace(o), claim]
}

_claims(pod) := {volume.persistentVolumeClaim.claimName | some volume in kind.items(pod.spec, ["volumes"])}

_gpus(pod) := sum([workload.gpus(container) | some container in kind.items(pod.spec, ["containers"]); is_object(container)])

_on_one_node(pod) if is_string(pod.spec.nodeName)

_on_one_node(pod) if kind.mapping(pod.spec, ["nodeSelector"])["kubernetes.io/hostname"]

_on_one_node(pod) if {
	some term in kind.items(pod.spec, ["affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"])
	term.topologyKey == "kubernetes.io/hostname"
}
