"""When a request is asked again: what an API server without time says, and for how long it is believed."""

from collections.abc import Mapping

AGAIN_S = 30
"""For how long a request is asked again, by our own choice: as long as is waited for a server that starts again."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
CONFLICT, TOO_MANY, INTERNAL, BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT = 409, 429, 500, 502, 503, 504
DENIED = "denied the request"
"""So an admission webhook says no (apiserver, pkg/admission/plugin/webhook/errors), with any status that it likes."""
NO_TIME = ("etcdserver: ", "leader changed", "context deadline exceeded", "Client.Timeout exceeded")
"""What is in a 500 because etcd, or a webhook, did not answer in time."""
NOBODY_THERE = ("connection refused", "no endpoints available for service")
"""What is in a 500 because the pod of a webhook starts again; apiserver, pkg/admission/plugin/webhook/errors."""
MEANWHILE = "please apply your changes to the latest version"
"""In a 409 because somebody else wrote at the same time (apiserver, pkg/registry/generic/registry,
OptimisticLockErrorMsg): also a quota that a new object counts for."""


def is_passing(method: str, status: int, message: str, *, retry_after_s: float | None, versioned: bool) -> bool:
    """Whether an answer says nothing about what was asked, so that another one may come in a moment.

    `versioned`: the request is about one version of an object, so that a conflict is an answer. That a server which
    says `Retry-After` is asked again is client-go's rule too (rest/with_retry.go).
    """
    if status < CONFLICT or DENIED in message:
        return False
    if status == CONFLICT:
        return MEANWHILE in message and not versioned
    if status == INTERNAL and retry_after_s is None:
        return any(words in message for words in NO_TIME) or (
            "failed calling webhook" in message and any(words in message for words in NOBODY_THERE))
    if status == UNAVAILABLE and retry_after_s is None:
        return method != "GET"  # behind a path that is read may be somebody else's server, which is gone for good
    return status in (TOO_MANY, INTERNAL, BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds the server asks us to wait; None: it does not say, or gives a date."""
    said = headers.get("Retry-After", "")
    return float(said) if said.isdigit() else None


def pause_s(attempts: int) -> float:
    """Return the seconds until the next attempt, after so many in vain."""
    return min(FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 10), LONGEST_PAUSE_S)
