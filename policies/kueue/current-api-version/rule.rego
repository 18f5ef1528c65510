# METADATA
# title: Kueue's objects are written in v1beta2
# custom:
#   class: advice
#   severity: warning
#   kinds:
#     - kueue.x-k8s.io/AdmissionCheck
#     - kueue.x-k8s.io/ClusterQueue
#     - kueue.x-k8s.io/Cohort
#     - kueue.x-k8s.io/LocalQueue
#     - kueue.x-k8s.io/MultiKueueCluster
#     - kueue.x-k8s.io/MultiKueueConfig
#     - kueue.x-k8s.io/ProvisioningRequestConfig
#     - kueue.x-k8s.io/ResourceFlavor
#     - kueue.x-k8s.io/Topology
#     - kueue.x-k8s.io/Workload
#     - kueue.x-k8s.io/WorkloadPriorityClass
#   remedy: write kueue.x-k8s.io/v1beta2; a ClusterQueue's cohort is then called cohortName
#   sources:
#     - kueue v0.19.2 apis/kueue/v1beta1 (kubebuilder:deprecatedversion)
package policies.kueue["current-api-version"]

import data.lib.kind

findings contains {"path": ["apiVersion"], "message": message} if {
	kind.version(input.object) == "v1beta1"
	message := sprintf("%s is deprecated since Kueue 0.16%s", [input.object.apiVersion, _renamed])
}

_renamed := "; spec.cohort becomes spec.cohortName" if input.object.spec.cohort

_renamed := "" if not input.object.spec.cohort
