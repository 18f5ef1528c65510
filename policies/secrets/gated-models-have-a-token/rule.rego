# METADATA
# title: A server of a gated model has a token for it
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   mentions: [meta-llama/, google/gemma]
#   looks_at: [words]
#   remedy: give the container HF_TOKEN from a Secret, or serve from a volume
#   sources:
#     - "huggingface.co/meta-llama and google (gated: the licence is accepted by account)"
#     - huggingface_hub src/huggingface_hub/constants.py (HF_TOKEN, HF_HUB_OFFLINE)
package policies.secrets["gated-models-have-a-token"]

import data.lib.kind
import data.lib.serving
import data.lib.workload

findings contains {"path": c.path, "message": message} if {
	some c in serving.engines
	c.engine in {"vllm", "sglang", "tgi"}
	not serving.hidden(c.container)
	model := serving.model(c)
	regex.match(`^(meta-llama/(Llama|Meta-Llama)-|google/gemma-[123]?-?)`, model)
	not c.container.envFrom
	count([m | some m in kind.items(c.container, ["volumeMounts"]); m.mountPath != "/dev/shm"]) == 0
	every name in _ways {
		not workload.has_env(c.container, name)
	}
	message := sprintf("downloads %s, which is gated, and has no HF_TOKEN: the Hub answers 401", [model])
}

_ways := [
	"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_OFFLINE",
	"HF_ENDPOINT", "VLLM_USE_MODELSCOPE", "SGLANG_USE_MODELSCOPE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
]
