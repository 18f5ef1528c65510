# METADATA
# title: MIG layouts stand in a ConfigMap
# custom:
#   class: rejected
#   severity: error
#   kinds: [nvidia.com/MIGConfig, nvidia.com/MigConfig]
#   remedy: write the layouts into a ConfigMap for mig-parted, and name it in ClusterPolicy spec.migManager.config.name
#   upstream: no matches for kind
#   sources:
#     - gpu-operator v26.7.0 (a22dbf6) config/crd/bases
#     - mig-parted v0.15.0 (bd7160f) README.md
package policies.mig["layouts-stand-in-a-config-map"]

findings contains {"path": ["kind"], "message": message} if {
	message := sprintf("there is no kind %s in %s", [input.object.kind, input.object.apiVersion])
}
