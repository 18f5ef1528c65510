package policies.serving["grace-periods-outlast-pre-stop-hooks_test"]

import data.policies.serving["grace-periods-outlast-pre-stop-hooks"] as rule

_pod(command, fields) := {"object": {"apiVersion": "v1", "kind": "Pod", "spec": object.union(
	{"containers": [{"image": "a/b:v1", "lifecycle": {"preStop": {"exec": {"command": command}}}}]},
	fields,
)}}

test_all_of_the_default if count(rule.findings) == 1 with input as _pod(["sleep", "30"], {})

test_in_a_shell if count(rule.findings) == 1 with input as _pod(["/bin/sh", "-c", "touch /tmp/stop; sleep 60"], {})

test_something_is_left if {
	count(rule.findings) == 0 with input as _pod(["sleep", "10"], {})
	count(rule.findings) == 0 with input as _pod(["/bin/sleep", "60"], {"terminationGracePeriodSeconds": 300})
}

test_other_commands if count(rule.findings) == 0 with input as _pod(["/bin/drain", "--sleep", "90"], {})

test_no_grace_at_all if {
	count(rule.findings) == 1 with input as _pod(["sleep", "5"], {"terminationGracePeriodSeconds": 0})
}
