"""Open Policy Agent as the engine: the reference that the engine in this process is held against.

A server may be somebody's: what is put on it stands under a prefix of its own (names of modules, packages, data) and
is taken away at the end.
"""

import ctypes
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from opa_client import OpaClient, errors
from requests import exceptions

from conformance.builds import build
from conformance.errors import SeatrialError, UsageError
from conformance.policy import rego
from conformance.policy.engine import Question, Raw, raw
from conformance.policy.policies import Corpus
from conformance.waiting import Unmet, eventually

DEFAULT_PORT = 8181
TIMEOUT_S = 30.0
AT_ONCE = 100
TOKEN_VARIABLE = "SEATRIAL_OPA_TOKEN"  # noqa: S105 -- the name of it
START_WITHIN_S = 20
START_TRIES = 3
PR_SET_PDEATHSIG = 1
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
        for name, source in _modules(corpus, line.prefix).items():
            line.put(name, source)
        line.put_data(data)
        yield Opa(line)
    finally:
        line.clear()


@contextmanager
def started(corpus: Corpus, data: Mapping[str, Any], *, timeout_s: float = TIMEOUT_S) -> Iterator[Opa]:
    """Start a server of our own that has the policies, yield it as an engine, and end it. Raises SeatrialError.

    OPA is built first when it is not there yet. Call it on the main thread: the server dies with the one that calls.
    """
    binary = build(["opa"])["opa"].path
    prefix = _prefix()
    with TemporaryDirectory(prefix="seatrial-opa-") as scratch:
        # Read once, at the start: nothing is left to remove when we are killed later.
        folder = Path(scratch) / prefix
        token = secrets.token_urlsafe(32)
        _write(folder, {**_modules(corpus, prefix), "authority.rego": _AUTHORITY.format(token=token),
                        "data.json": json.dumps({prefix: data})})
        at, process = _start(binary, folder, token)
    try:
        yield Opa(_Line(at, prefix, timeout_s, direct=True))
    finally:
        _end(process)


class _Line:
    """The line to a server: makes the calls, and says in our words what went wrong."""

    def __init__(self, at: Server, prefix: str, timeout_s: float, *, direct: bool = False) -> None:
        self.prefix = prefix
        self._at, self._timeout_s = at, timeout_s
        self._put: list[str] = []
        self._reached = False
        self._client = _client(at, timeout_s, direct=direct)

    def put(self, name: str, source: str) -> None:
        """Put a module on the server."""
        self._put.append(name)  # first: also what we get no answer about has to go
        with self._in_our_words():
            # The client's own translation of old Rego works by patterns: a rule must never be changed by it.
            self._client.update_policy_from_string(source, f"{self.prefix}/{name}", rego_compat=False)
        self._reached = True

    def put_data(self, data: Mapping[str, Any]) -> None:
        """Put the data that rules see on the server."""
        with self._in_our_words():
            self._client.update_or_create_data(dict(data), self.prefix)

    def ask(self, items: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """Return what the driver says of each item."""
        with self._in_our_words():
            answer = self._client.query_rule({"items": items}, f"{self.prefix}.driver", "answers")
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
            return SeatrialError("OPA refuses a rule: " + "; ".join(map(self._place, said["errors"])),
                                 "mend the rule; the server must be OPA 1.0 or newer")
        return SeatrialError(f"the OPA server {self._at} says: {said.get('message') or f'HTTP {status}'}")

    def _place(self, error: Mapping[str, Any]) -> str:
        location = error.get("location") or {}
        file = str(location.get("file", "")).rpartition(f"{self.prefix}/")[2]
        message = str(error.get("message", "")).replace(f"data.{self.prefix}.", "data.")
        return f"{file}:{location.get('row', 0)}: {message}" if file else message


def _client(at: Server, timeout_s: float, *, direct: bool) -> OpaClient:
    # Tried once: a request that takes too long would take as long again.
    client = OpaClient(host=at.host, port=at.port, ssl=at.tls, token=at.token or None, timeout=timeout_s, retries=0)
    if direct:
        # The environment's proxy has no way to this machine's own address.
        client._session.trust_env = False
    return client


def _prefix() -> str:
    return f"seatrial_{secrets.token_hex(8)}"


def _modules(corpus: Corpus, prefix: str) -> dict[str, str]:
    """Return name and Rego of all that the server needs, what is imported first: each is compiled as it arrives."""
    rules = {f"{policy.id}/rule.rego": policy.source for policy in corpus.policies.values()}
    found = {**rego.in_order(corpus.library), **rules, "driver.rego": _DRIVER}
    return {name: rego.under(prefix, source) for name, source in found.items()}


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _start(binary: Path, folder: Path, token: str) -> tuple[Server, "subprocess.Popen[bytes]"]:
    said = folder.with_name("said")
    for _ in range(START_TRIES):
        at = Server("127.0.0.1", _free_port(), token=token)
        process = _run(binary, folder, at, said)
        if _is_up(process, at):
            return at, process
        reason = said.read_text(encoding="utf-8", errors="replace").replace(f"{folder}/", "")
        if "address already in use" not in reason:
            break
    reason = " ".join(reason.replace(f"data.{folder.name}.", "data.").split())
    raise SeatrialError(f"our own OPA server did not start: {reason}")


def _run(binary: Path, folder: Path, at: Server, said: Path) -> "subprocess.Popen[bytes]":
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def end_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    with said.open("wb") as log:
        # An empty environment: no setting of the user's own OPA, and no secret, finds its way into ours.
        return subprocess.Popen(
            [binary, "run", "--server", "--addr", f"{at.host}:{at.port}", "--skip-version-check", "--log-level=error",
             "--authentication=token", "--authorization=basic", folder],
            env={}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=end_with_parent)  # noqa: PLW1509 -- it only asks the kernel, and no thread of ours runs


def _is_up(process: "subprocess.Popen[bytes]", at: Server) -> bool:
    client = _client(at, START_WITHIN_S, direct=True)
    try:
        eventually(lambda: process.poll() is not None or client.check_health(), becomes=True, within=START_WITHIN_S)
    except BaseException as error:
        _end(process)
        if isinstance(error, Unmet):
            raise SeatrialError(f"our own OPA server did not answer within {START_WITHIN_S} s",
                                "the machine is too busy: try again") from None
        raise
    finally:
        client.close_connection()
    return process.poll() is None


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
