# METADATA
# title: Weights from the Hub are kept where the next pod finds them
# custom:
#   class: advice
#   severity: info
#   kinds: [pods]
#   mentions: [vllm, sglang, text-generation, modelFormat]
#   looks_at: [words]
#   remedy: mount a claim at the cache, or serve from a path that a volume holds
#   sources:
#     - huggingface_hub src/huggingface_hub/constants.py (HF_HOME, HF_HUB_CACHE)
package policies.serving["weights-outlive-the-pod"]

import data.lib.kind
import data.lib.serving

findings contains {"path": c.path, "message": message} if {
	some c in serving.engines
	c.engine in {"vllm", "sglang", "tgi"}
	not serving.hidden(c.container)
	model := serving.model(c)
	regex.match(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`, model)
	c.gpus > 0
	mounted := [m | some m in kind.items(c.container, ["volumeMounts"]); m.mountPath != "/dev/shm"]
	count(mounted) == 0
	message := sprintf("downloads %s anew in each pod: no volume keeps its cache", [model])
}
