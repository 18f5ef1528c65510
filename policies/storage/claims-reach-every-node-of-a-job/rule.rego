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
import data.lib.training
import data.lib.workload

# Pods of one object with more GPUs than a node has are on several nodes.
_one_node := 8

findings contains {"object": claim.index, "path": ["spec", "accessModes"], "message": message} if {
	some claim in kind.all({"PersistentVolumeClaim"})
	modes := kind.items(claim.object, ["spec", "accessModes"])
	count(modes) > 0
	every mode in modes {
		mode in {"ReadWriteOnce", "ReadWriteOncePod"}
	}
	some user in _users
	user.claim == kind.name(claim.object)
	user.namespace == kind.namespace(claim.object)
	message := sprintf("one node at a time may mount it, and the %v pods of %v with %v GPUs are on several", [user.pods, user.name, user.gpus])
}

_users contains user if {
	some o in input.objects
	training.counted(o)
	some claim in {name | some pod in workload.pods_of(o); some name in _claims(pod)}
	pods := [pod | some pod in workload.pods_of(o); claim in _claims(pod)]
	every pod in pods {
		not _on_one_node(pod)
	}
	user := {
		"claim": claim,
		"namespace": kind.namespace(o),
		"name": sprintf("%s %s", [o.kind, kind.name(o)]),
		"pods": sum([pod.replicas | some pod in pods]),
		"gpus": sum([gpus | some pod in pods; gpus := pod.replicas * _gpus(pod)]),
	}
	user.pods > 1
	user.gpus > _one_node
}

_claims(pod) := {volume.persistentVolumeClaim.claimName | some volume in kind.items(pod.spec, ["volumes"])}

_gpus(pod) := sum([workload.gpus(container) | some container in kind.items(pod.spec, ["containers"]); is_object(container)])

_on_one_node(pod) if is_string(pod.spec.nodeName)

_on_one_node(pod) if kind.mapping(pod.spec, ["nodeSelector"])["kubernetes.io/hostname"]

_on_one_node(pod) if {
	some term in kind.items(pod.spec, ["affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"])
	term.topologyKey == "kubernetes.io/hostname"
}
