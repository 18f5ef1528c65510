# METADATA
# title: Tokens and keys that are written out
package lib.secret

# Forms that nothing but a credential has.
_forms := concat("|", [
	`\bhf_[A-Za-z0-9]{30,}`,
	`\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,}`,
	`\bnvapi-[A-Za-z0-9_-]{40,}`,
	`\bgh[pousr]_[A-Za-z0-9]{36,}`,
	`\bgithub_pat_[A-Za-z0-9_]{40,}`,
	`\bglpat-[A-Za-z0-9_-]{20,}`,
	`\bAKIA[0-9A-Z]{16}\b`,
	`\bAIza[0-9A-Za-z_-]{35}`,
	`-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----`,
])

# The text holds a credential.
within(text) if {
	is_string(text)
	regex.match(_forms, text)
}

# A value that is one when its place says so: long enough, and neither a reference nor a stand-in for "no key".
literal(value) if {
	is_string(value)
	count(value) >= 8
	not regex.match(`[$<{]|^/|://|^(vault|ref|op|sops|file|env):`, value)
	not regex.match(`^[A-Z]+(_[A-Z]+)+$`, value) # a name in place of what it names
	not regex.match(`(?i)^[\s"']*(sk-)?(empty|none|null|dummy|fake|false|unused|local|test|placeholder|change|your|no[-_]?(key|token|auth)|not[-_]?(needed|required|used)|x+|\*+)`, value)
}
