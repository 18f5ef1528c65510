"""What stands for a secret where one would be shown, and the texts in which one stands."""

import re

MASK = "***"
_WORDS = ("TOKEN", "KEY", "SECRET", "PASSWORD", "CREDENTIAL")
_ASSIGNED = re.compile(r"((?:api[-_]?key|access[-_]?key|token|password|secret)[=: ]\s*)[^\s\"',]{8,}", re.IGNORECASE)
_CREDENTIAL = re.compile(r"\b(?:hf_|sk-|nvapi-|gh[pousr]_|github_pat_|glpat-|AKIA|AIza)[\w-]{16,}"
                         r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?s:.*)")


def is_named_secret(name: object) -> bool:
    """Say whether a name is one that secrets have: HF_TOKEN, api-key."""
    return isinstance(name, str) and any(word in name.upper() for word in _WORDS)


def masked(text: str) -> str:
    """Return a text without what is a credential by its form (`hf_...`) or its place (`--api-key=...`)."""
    return _CREDENTIAL.sub(MASK, _ASSIGNED.sub(rf"\1{MASK}", text))
