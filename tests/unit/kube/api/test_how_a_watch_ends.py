"""A watch of which nothing comes ends at once when it is told to: what waits for its end waits for nothing else."""

import http.server
import json
import threading

import pytest
from kubernetes import client

from conformance.kube.api import Api
from conformance.waiting import Stop

POD = {"metadata": {"uid": "u", "resourceVersion": "5", "name": "first"}}


class Idle(http.server.BaseHTTPRequestHandler):
    """An API server that has one pod, tells of it again in a watch, and then of nothing."""

    over = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if "watch=1" not in self.path:
            body = json.dumps({"metadata": {"resourceVersion": "5"}, "items": [POD], "resources": [
                {"name": "pods", "kind": "Pod", "namespaced": True}]}).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        line = json.dumps({"type": "MODIFIED", "object": POD}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()
        self.over.wait(30)

    def log_message(self, *args):
        pass


@pytest.fixture
def api():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Idle)
    threading.Thread(target=server.serve_forever).start()
    configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    Idle.over.clear()
    yield Api(client.ApiClient(configuration))
    Idle.over.set()
    server.shutdown()
    server.server_close()


def test_an_idle_watch_ends_at_once(api):
    stop, seen = Stop(), []
    told = threading.Event()

    def watch():
        for what, _ in api.watch("v1/Pod", "default", stop=stop):
            seen.append(what)
            if what == "MODIFIED":
                told.set()

    thread = threading.Thread(target=watch)
    thread.start()
    assert told.wait(10)
    stop.set()
    thread.join(0.5)
    assert not thread.is_alive()
    assert seen == ["ADDED", "MODIFIED"]


def test_what_is_stopped_already_is_ended_at_once_and_what_is_over_is_not_ended_again():
    stop, ended = Stop(), []
    with stop.ends(lambda: ended.append("over before")):
        pass
    with stop.ends(lambda: ended.append("blocked")):
        stop.set()
    with stop.ends(lambda: ended.append("late")):
        pass
    assert ended == ["blocked", "late"]
    assert stop.is_set()
