"""Open Policy Agent as the engine: the reference that the engine in this process is held against.

A server may be somebody's: what is put on it stands under a prefix of its own (names of modules, packages, data) and
is taken away at the end.
"""

import json
import os
import re
import secrets  # noqa: TID251 -- a token, and a name of nobody's object
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from opa_client import OpaClient, errors
from requests import exceptions

from conformance import servers
from conformance.errors import SeatrialError, UsageError
from conformance.policy import rego
from conformance.policy.engine import Question, Raw, raw
from conformance.policy.policies import Corpus

DEFAULT_PORT = 8181
TIMEOUT_S = 30.0
AT_ONCE = 100
TOKEN_VARIABLE = "SEATRIAL_OPA_TOKEN"  # noqa: S105 -- the name of it
_TOGETHER, _ALL = "together", "together.rego"
_REFUSED = (401, 403)
_SLOW = "timed out"

_DRIVER = """package driver

answers := [found |
	some item in input.items
	found := {{"policy": concat("/", which), "finding": finding} |
		some which in item.ask
		some finding in data.policies[which[0]][which[1]].findings with input as item.input
	}
]
"""
"""Asks the policies about many objects in one evaluation. One module, where the server compiles all it has for each."""

_MERGED_DRIVER = """\
answers := [found |
	some item in input.items
	found := {{"policy": concat("/", which), "finding": finding} |
		some which in item.ask
		some finding in said(concat("/", which)) with input as item.input
	}
]
"""
"""The same, in one module with all policies; `said` has the findings of each."""

_AUTHORITY = """package system.authz

default allow := false

allow if input.identity == "{token}"

allow if input.path == ["health"]
"""
"""Nobody else on this machine has a say in what our own server answers."""


@dataclass(frozen=True)
class Server:
    """Where an OPA server listens."""

    host: str
    port: int
    tls: bool = False
    token: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return its address, without the token."""
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}"


def server(url: str, token_file: Path | None = None) -> Server:
    """Return the server at a URL; its token comes from a file, else from the environment (SEATRIAL_OPA_TOKEN).

    Raises UsageError for a URL or a file that cannot be used.
    """
    example = "for example http://127.0.0.1:8181"
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise UsageError("the URL of the OPA server cannot be read", example) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("the URL of the OPA server must begin with http:// or https:// and name a host", example)
    if parts.username is not None:
        raise UsageError("the URL of the OPA server must not hold a password",
                         f"give a token with --opa-token-file or in {TOKEN_VARIABLE}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(f"the OPA server must stand at the root of its host, not under {parts.path or 'a query'}",
                         example)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Server(host, port, parts.scheme == "https", _token(token_file))


class Opa:
    """A server on which the policies are in place; `connected` and `started` make one."""

    name = "opa"
    at_once = AT_ONCE

    def __init__(self, line: "_Line") -> None:
        self._line = line

    def ask(self, questions: Sequence[Question]) -> Sequence[Sequence[Raw]]:
        """Return the answer to each question, AT_ONCE of them in a request. Raises SeatrialError."""
        items = [{"ask": [policy.split("/") for policy in question.policies], "input": question.about}
                 for question in questions]
        return [[raw(said) for said in findings] for start in range(0, len(items), AT_ONCE)
                for findings in self._line.ask(items[start:start + AT_ONCE])]


@contextmanager
def connected(corpus: Corpus, data: Mapping[str, Any], at: Server, *, timeout_s: float = TIMEOUT_S) -> Iterator[Opa]:
    """Put the policies on a server, yield it as an engine, and take them away.

    `data` is what rules see as `data`; `timeout_s` is for each request. Raises SeatrialError.
    """
    line = _Line(at, _prefix(), timeout_s)
    try:
        line.put_data(data)
        try:
            line.put_merged(_merged(corpus, line.prefix))
        except (_RuleRefused, rego.CannotBeMerged):  # by itself each has its place, and what merging spoilt is whole
            for name, source in _modules(corpus, line.prefix).items():
                line.put(name, source)
        yield Opa(line)
    finally:
        line.clear()


@contextmanager
def started(corpus: Corpus, data: Mapping[str, Any], *, timeout_s: float = TIMEOUT_S, form: str = servers.PROCESS,
            engine: str = "") -> Iterator[Opa]:
    """Start a server of our own that has the policies, yield it as an engine, and end it. Raises SeatrialError.

    `form` is that of the server, `engine` where a container's engine listens. OPA is built first when it is not
    there yet. Call it on the main thread: the server dies with the one that calls.
    """
    prefix, token = _prefix(), secrets.token_urlsafe(32)
    own = servers.OwnServer(
        program="opa",
        arguments=("run", "--server", "--addr", servers.ADDRESS, "--skip-version-check", "--log-level=error",
                   "--authentication=token", "--authorization=basic", servers.FOLDER),
        files={**_modules(corpus, prefix), "authority.rego": _AUTHORITY.format(token=token),
               "data.json": json.dumps({prefix: data})},
        answers=lambda at: _is_up(Server(at.host, at.port)))
    try:
        with servers.started(own, form, engine=engine) as at:
            yield Opa(_Line(Server(at.host, at.port, token=token), prefix, timeout_s, direct=True))
    except servers.NotStarted as refused:
        raise servers.NotStarted(own, refused.said.replace(f"data.{prefix}.", "data.")) from None


class _RuleRefused(SeatrialError):
    """The server takes a rule for no Rego."""


class _Line:
    """The line to a server: makes the calls, and says in our words what went wrong."""

    def __init__(self, at: Server, prefix: str, timeout_s: float, *, direct: bool = False) -> None:
        self.prefix = prefix
        self._at, self._timeout_s = at, timeout_s
        self._put: list[str] = []
        self._reached = False
        self._merged: rego.Merged | None = None
        self._client = _client(at, timeout_s, direct=direct)

    def put(self, name: str, source: str) -> None:
        """Put a module on the server."""
        self._put.append(name)  # first: also what we get no answer about has to go
        with self._in_our_words():
            # The client's own translation of old Rego works by patterns: a rule must never be changed by it.
            self._client.update_policy_from_string(source, f"{self.prefix}/{name}", rego_compat=False)
        self._reached = True

    def put_merged(self, merged: rego.Merged) -> None:
        """Put all modules on the server, as one: it compiles all it has with each module that comes."""
        self.put(_ALL, merged.source)
        self._merged = merged

    def put_data(self, data: Mapping[str, Any]) -> None:
        """Put the data that rules see on the server."""
        with self._in_our_words():
            self._client.update_or_create_data(dict(data), self.prefix)

    def ask(self, items: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """Return what the driver says of each item."""
        with self._in_our_words():
            package = f"{self.prefix}.{_TOGETHER if self._merged else 'driver'}"
            answer = self._client.query_rule({"items": items}, package, "answers")
        if "result" not in answer:
            raise SeatrialError(f"our policies are no longer on the OPA server {self._at}",
                                "somebody removed them, or it was started anew: run it again")
        result: list[list[dict[str, Any]]] = answer["result"]
        return result

    def clear(self) -> None:
        """Take everything off the server that we put there; say what stayed, and raise nothing."""
        try:
            for name in reversed(self._put):
                self._remove(name)
            with suppress(errors.DeleteDataError):
                self._client.delete_data(self.prefix)
        except (exceptions.RequestException, errors.DeletePolicyError):
            if self._reached:
                print(f"seatrial: policies of ours stayed on the OPA server {self._at}; their names begin with "
                      f"{self.prefix}/", file=sys.stderr)
        finally:
            self._client.close_connection()

    def _remove(self, name: str) -> None:
        try:
            self._client.delete_policy(f"{self.prefix}/{name}")
        except errors.DeletePolicyError as error:
            if error.expression != "resource_not_found":
                raise

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except exceptions.SSLError as error:
            raise SeatrialError(f"the certificate of the OPA server {self._at} is not trusted: {_cause(error)}",
                                "name the file of its authority in REQUESTS_CA_BUNDLE") from None
        except exceptions.HTTPError as error:
            raise self._answered(error.response.status_code, _body(error.response)) from None
        except exceptions.JSONDecodeError:
            raise SeatrialError(f"what answers at {self._at} is no OPA server", "look at --opa-url") from None
        except exceptions.RequestException as error:
            if _SLOW in str(error):  # whatever its class: the client's count of tries wraps it
                raise SeatrialError(f"the OPA server {self._at} did not answer within {self._timeout_s:g} s",
                                    "give it longer with --opa-timeout") from None
            raise SeatrialError(f"the OPA server {self._at} cannot be reached: {_cause(error)}",
                                "start it, or take --opa-url out: then a server of ours is started") from None
        except errors.RegoParseError as error:
            said = {"code": error.expression, "message": error.message, "errors": error.errors}
            raise self._answered(0, said) from None

    def _answered(self, status: int, said: Mapping[str, Any]) -> SeatrialError:
        if status in _REFUSED or said.get("code") == "unauthorized":
            return SeatrialError(f"the OPA server {self._at} refuses us: {said.get('message') or status}",
                                 f"give a token that may write policies: --opa-token-file or {TOKEN_VARIABLE}")
        if said.get("errors"):
            return _RuleRefused("OPA refuses a rule: " + "; ".join(map(self._place, said["errors"])),
                                "mend the rule; the server must be OPA 1.0 or newer")
        return SeatrialError(f"the OPA server {self._at} says: {said.get('message') or f'HTTP {status}'}")

    def _place(self, error: Mapping[str, Any]) -> str:
        location = error.get("location") or {}
        file = str(location.get("file", "")).rpartition(f"{self.prefix}/")[2]
        row = int(location.get("row", 0))
        message = str(error.get("message", "")).replace(f"data.{self.prefix}.", "data.")
        if self._merged and file == _ALL:
            file, row = self._merged.place(row)
            message = message.replace(f"data.{_TOGETHER}.", "data.")
        return f"{file}:{row}: {message}" if file else message


def _client(at: Server, timeout_s: float, *, direct: bool) -> OpaClient:
    # Tried once: a request that takes too long would take as long again.
    client = OpaClient(host=at.host, port=at.port, ssl=at.tls, token=at.token or None, timeout=timeout_s, retries=0)
    if direct:
        # The environment's proxy has no way to this machine's own address.
        client._session.trust_env = False
    return client


def _is_up(at: Server) -> bool:
    client = _client(at, servers.START_WITHIN_S, direct=True)
    try:
        return bool(client.check_health())
    finally:
        client.close_connection()


def _prefix() -> str:
    return f"seatrial_{secrets.token_hex(8)}"


def _modules(corpus: Corpus, prefix: str) -> dict[str, str]:
    """Return name and Rego of all that the server needs, what is imported first: each is compiled as it arrives."""
    rules = {f"{policy.id}/rule.rego": policy.source for policy in corpus.policies.values()}
    found = {**rego.in_order(corpus.library), **rules, "driver.rego": _DRIVER}
    return {name: rego.under(prefix, source) for name, source in found.items()}


def _merged(corpus: Corpus, prefix: str) -> rego.Merged:
    rules = {f"{policy.id}/rule.rego": policy.source for policy in corpus.policies.values()}
    merged = rego.merged({**corpus.library, **rules}, f"{prefix}.{_TOGETHER}")
    said = [f'said("{name}") := {merged.findings[file]}' for name in corpus.policies
            if (file := f"{name}/rule.rego") in merged.findings]
    return replace(merged, source="\n\n".join([merged.source, _MERGED_DRIVER, *said]))


def _token(file: Path | None) -> str:
    try:
        found = file.read_text(encoding="utf-8") if file else os.environ.get(TOKEN_VARIABLE, "")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: holds no token: it is not text") from None
    words = found.split()
    if len(words) > 1 or not found.isascii() or (file and not words):
        raise UsageError(f"{file or TOKEN_VARIABLE}: must hold one token and nothing else")
    return "".join(words)


def _body(response: Any) -> dict[str, Any]:
    try:
        said = response.json()
    except exceptions.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _cause(error: BaseException) -> str:
    """Return the innermost reason of a failed request: what stands around it names the client's own classes."""
    text = str(error)
    found = re.search(r"\[Errno -?\d+\] ([^'\")]+)|\[SSL: \w+\] ([^'\"]+?)(?: \(_ssl|$)", text)
    return (found[1] or found[2]).strip() if found else text
