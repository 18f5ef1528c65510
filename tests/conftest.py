"""What all tests of the harness may use."""

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

# A shell starts what runs in its background deaf to Ctrl-C, and every process below is born so: tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def lacks_of_local_clusters():
    from conformance.clusters import local
    return local.missing()


def lacks_of_kind():
    from conformance.clusters.kind import engine, node_image
    return [*engine.missing(), *node_image.missing()]


ON_REAL_GROUND = {"local": lacks_of_local_clusters, "can_fail": lacks_of_local_clusters, "kind": lacks_of_kind}
LIMITS_S = {"policies": 900, "browser": 600, "wheel": 900, "ci": 900, "local": 900, "kind": 1800, "contracts": 1800, "contracts/parity": 4 * 3600,
            "can_fail": 2 * 3600}
"""How long a test may take, with what is made for it, where that is longer than what pyproject.toml says: a cluster
has to come up, an image to be built, whole runs of all platforms to end. So long that only what hangs is hit."""


def pytest_collection_modifyitems(items):
    """Give each test the limit of its folder.

    A machine that cannot have real clusters, for example without root, says so for each test that needs one.
    """
    here = Path(__file__).parent
    for folder, limit_s in sorted(LIMITS_S.items(), reverse=True):  # the inner folder first
        for item in items:
            if item.path.is_relative_to(here / folder) and item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(limit_s))
    for folder, lacks in ON_REAL_GROUND.items():
        needy = [item for item in items if item.path.is_relative_to(here / folder)]
        for what, way_out in lacks()[:1] if needy else ():
            for item in needy:
                item.add_marker(pytest.mark.skip(reason=f"this machine lacks {what}; {way_out}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything was set up (SEATRIAL_MUST_RUN), a test that does not run is a failure: it proves nothing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SEATRIAL_MUST_RUN"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"nothing may be left out here, but: {reason}"
    return report


def pytest_terminal_summary(terminalreporter, config):
    """Say in which order the tests ran, also where -q leaves out the head of the report."""
    if isinstance(seed := config.getoption("randomly_seed", None), int):
        terminalreporter.write_line(f"the same order again: --randomly-seed={seed}")


SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
            "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes", "kernel/core_pattern")


class Apart:
    """A network and a state folder of its own: `down --all` here is about nobody else's clusters.

    What it looks at, it looks at by itself: nothing here asks the code under test what is left.
    """

    def __init__(self, state):
        self.state = state
        self.env = os.environ | {"SEATRIAL_STATE": str(state)}
        self.mark = f"seatrial{zlib.crc32(str(state).encode()):08x}-"
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo ready; exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"

    def close(self):
        self.holder.communicate()

    def run(self, *argv):
        return subprocess.run([*self.inside(), *argv], capture_output=True, text=True, check=True).stdout

    def inside(self):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]

    def start(self, *words):
        """Start a command in the background; its progress can be read line by line."""
        return subprocess.Popen([*self.inside(), sys.executable, "-m", "conformance.cli", *words], env=self.env,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def seatrial(self, *words):
        """Run a command to its end; return exit code, standard output, standard error."""
        process = self.start(*words)
        out, err = process.communicate()
        return process.returncode, out, err

    def links(self):
        return sorted(link["ifname"] for link in json.loads(self.run("ip", "-json", "link")))

    def commands(self):
        """(pid, command line) of every process on the machine that bears our mark."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes()
                about = words + (entry / "environ").read_bytes() + (entry / "cgroup").read_bytes()
            except OSError:
                continue  # it ended while we looked
            if words and (str(self.state).encode() in about or self.mark.encode() in about):
                found.append((int(entry.name), words.replace(b"\0", b" ").decode()))
        return found

    def processes(self):
        return sorted(command for _, command in self.commands())

    def pids(self, part, *, but):
        return [pid for pid, command in self.commands() if part in command and not command.startswith(but)]

    def cgroups(self):
        return [path for root in Path("/sys/fs/cgroup").glob("*") for path in [root, *root.glob("*")]
                if path.name.startswith(self.mark)]

    def look(self):
        """What is there: of ours anywhere, of anybody in this network, and what all share."""
        rules = self.run("iptables-save").splitlines()
        mounts = {line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()}
        return {
            "processes": self.processes(),
            "cgroups": self.cgroups(),
            "state": sorted(str(path) for path in self.state.rglob("*") if path.name != ".lock"),
            "mounts": sorted(mount for mount in mounts if str(self.state) in mount or mount.startswith("/run/netns")),
            "links": self.links(),
            "routes": self.run("ip", "route", "show", "table", "all"),
            "rules": [line for line in rules if not line.startswith(("#", ":"))],
            "run": sorted(path.name for path in Path("/run").glob("*")),
            "var_lib": sorted(path.name for path in Path("/var/lib").glob("*") if path.name != "seatrial"),
            "settings": {name: Path("/proc/sys", name).read_text() for name in SETTINGS},
        }


@contextmanager
def living_apart():
    state = Path(tempfile.mkdtemp(prefix="seatrial-", dir="/var/tmp"))  # sockets below it need a short path
    (state / "clusters").mkdir()
    there = Apart(state)
    yield there
    there.seatrial("down", "--all")
    there.seatrial("kind", "engine", "down", "--purge")
    for path in there.cgroups():  # what a failed test left must not spoil the next one
        for process in path.rglob("cgroup.procs"):
            for pid in process.read_text().split():
                os.kill(int(pid), signal.SIGKILL)
    there.close()
    shutil.rmtree(state)


@pytest.fixture
def apart():
    with living_apart() as there:
        yield there


@pytest.fixture(scope="session")
def apart_for_all():
    """One place apart that the tests of a session share."""
    with living_apart() as there:
        yield there


LOST, LATE, CUT = "lost", "late", "cut"


class Astray:
    """Stands between a client and an API server, and lets answers to writes go astray.

    `forward(method, url, headers, body)` asks the API server and returns its status and its answer in bytes. `plays`
    holds what becomes of the next writes, one each: (LOST, LATE, CUT or a status, whether the write takes effect), and
    for a status what is said with it: headers and message. So does `plays_of_reads`. `asked` holds what came in:
    (method, path).
    """

    def __init__(self, forward):
        self.forward = forward
        self.plays = []
        self.plays_of_reads = []
        self.asked = []
        self.meanwhile = lambda: None
        """Is called when a play is over, before the client hears anything."""
        self.kubeconfig: Path | None = None
        """Opens it; written when it is served."""
        self.over = threading.Event()
        """Ends what is late."""

    def writes(self):
        return [method for method, _ in self.asked if method != "GET"]


class _AstrayServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    astray: Astray

    def handle_error(self, request, client_address):
        """Say nothing: a client that hangs up is what it is about."""


class _AstrayHandler(http.server.BaseHTTPRequestHandler):
    server: _AstrayServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        astray = self.server.astray
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        astray.asked.append((self.command, self.path))
        plays = astray.plays_of_reads if self.command == "GET" else astray.plays
        play = plays.pop(0) if plays else None
        if play is None:
            return self._answer(*astray.forward(self.command, self.path, self.headers, body))
        ending, takes_effect, *said = play
        status, answer = astray.forward(self.command, self.path, self.headers, body) if takes_effect else (200, b"{}")
        astray.meanwhile()
        if ending == LATE:
            astray.over.wait(1.5)  # five times what the client waits for an answer
        if ending in (LOST, LATE):
            self.close_connection = True
        elif ending == CUT:
            self._answer(status, answer, length=len(answer) + 100)
            self.close_connection = True
        else:
            self._answer(ending, json.dumps({"message": said[1] if said else "no time"}).encode(), *said[:1])
        return None

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 -- their names upstream

    def _answer(self, status, answer, headers=(), *, length=None):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer) if length is None else length))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def going_astray(tmp_path):
    """A function that puts an Astray before an API server; its `kubeconfig` opens it."""
    servers = []

    def put(forward):
        server = _AstrayServer(("127.0.0.1", 0), _AstrayHandler)
        server.astray = Astray(forward)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        server.astray.kubeconfig = tmp_path / f"astray-{server.server_port}"
        server.astray.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}))
        return server.astray

    yield put
    for server in servers:
        server.astray.over.set()
        server.shutdown()
        server.server_close()
