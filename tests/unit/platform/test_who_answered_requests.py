"""What a caller of a model sees, without a cluster: pods are one server of this process that answers by turns."""

import http.server
import itertools
import json
import threading

import pytest

from conformance.model.address import Address
from conformance.platform.asking import Requests
from conformance.waiting import Unmet, eventually, throughout

WHOLE = json.dumps({"choices": [{"text": "I am"}], "usage": {"completion_tokens": 2}})
EMPTY = json.dumps({"choices": [{"text": ""}], "usage": {"completion_tokens": 0}})


@pytest.fixture
def asked(request):
    """Return a function that opens requests to pods that answer (pod, status, text) by turns."""
    opened = []

    def start(*answers):
        turns = itertools.cycle(answers)

        class Pods(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked_for = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                pod, status, text = next(turns)
                if pod is None:
                    return
                self.send_response(status)
                self.send_header("X-Pod", pod)
                self.send_header("X-Revision", pod[0])
                self.end_headers()
                self.wfile.write((text if asked_for["model"] == "m" else "no such model").encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pods)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        opened.append(server)
        return Requests(Address(host="127.0.0.1", port=server.server_address[1]), "m", "model-1")

    yield start
    for server in opened:
        server.shutdown()
        server.server_close()


def test_answers_are_counted_by_pod_and_by_revision(asked):
    with asked(("a1", 200, WHOLE), ("a2", 200, WHOLE), ("b1", 200, WHOLE), ("b1", 200, WHOLE)) as requests:
        eventually(requests.answered, becomes={"a1": 1, "a2": 1, "b1": 2})
        eventually(requests.answered_by_revision, becomes={"a": 2, "b": 2}, within=5)
        throughout(requests.lost, stays={}, since=0, during=0)


@pytest.mark.parametrize(("answer", "who", "why"), [
    (("a1", 503, "m loads for 3.0 s more"), "a1", "503 m loads for 3.0 s more"),
    (("a1", 200, EMPTY), "a1", "a completion without tokens"),
    (("a1", 200, "<html>"), "a1", "no completion: <html>"),
    (("a1", 200, "{}"), "a1", "no completion: {}"),
    ((None, 0, ""), "nobody", "Remote end closed connection without response"),
])
def test_a_request_that_is_not_answered_whole_is_lost_and_it_is_said_by_whom_and_why(asked, answer, who, why):
    with asked(("b1", 200, WHOLE), answer) as requests:
        eventually(requests.lost, becomes=lambda lost: lost.get(who, 0) >= 2)
        with pytest.raises(Unmet, match=r"model-1 lost, by pod: expected to stay \{\}") as told:
            throughout(requests.lost, stays={}, since=0)
        assert f"{who}: {why}" in told.value.trace
        assert set(requests.answered.history(0)[-1][1]) == {"b1"}


def test_what_nobody_takes_is_lost_by_nobody(asked):
    with asked(("a1", 200, WHOLE)) as requests:
        eventually(requests.answered, becomes={"a1": 1})
    silent = Requests(Address(host="127.0.0.1", port=1), "m", "model-1")
    with silent as requests:
        eventually(requests.lost, becomes=lambda lost: lost.get("nobody", 0) >= 1)
        assert "refused" in requests.lost.story()[0]


def test_asking_ends_with_the_body(asked):
    before = set(threading.enumerate())
    with asked(("a1", 200, WHOLE)) as requests:
        eventually(requests.answered, becomes={"a1": 2})
    count = len(requests._since(0))
    assert not [one for one in set(threading.enumerate()) - before if one.name == "requests to model-1"]
    throughout(lambda: len(requests._since(0)), stays=count, during=0.2)
