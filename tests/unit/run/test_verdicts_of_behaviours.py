import pytest

ENDINGS = '''
@promise()
def test_holds(platform):
    """It holds."""

@promise()
def test_is_broken(platform):
    """It is broken."""
    assert platform.whole == "no", "ClusterQueue serving-c: got 15 GPUs of 16"

@promise()
def test_waits_in_vain(platform):
    """It never comes."""
    eventually(lambda: 15, becomes=16, within=0, because="ClusterQueue serving-c")

@promise()
def test_is_not_refused(platform):
    """It is refused."""
    with pytest.raises(SeatrialError):
        pass

@promise()
def test_crashes(platform):
    """It crashes."""
    {}["nodeName"]

@promise()
def test_loses_the_cluster(platform):
    """It has a cluster."""
    raise SeatrialError("the API server does not answer", "seatrial up")

@promise()
def test_asserts_elsewhere(platform):
    """It holds."""
    exec(compile("def check(): assert 1 == 2, 'ours'", "elsewhere.py", "exec"), found := {})
    found["check"]()

@promise()
def test_is_too_slow_itself(platform):
    """It is fast."""
    raise Invalid("the client was 40 ms late at the median")

@promise()
def test_needs_more(platform):
    """It is fast enough."""
    raise Inconclusive("ttft_ms lies between 180 and 230, the limit is 200", needs_samples=40)

@promise()
def test_cannot(platform):
    """It can."""
    raise Unsupported("there are no racks")

@promise()
def test_may_not(platform):
    """It may."""
    raise Disabled("it would stop a node", "--allow-changes")

@promise(fidelity=Fidelity.HARDWARE)
def test_needs_iron(platform):
    """It needs GPUs."""

@pytest.fixture
def broken_fixture():
    assert False, "the namespace stayed"

@promise()
def test_is_not_set_up(platform, broken_fixture):
    """It is set up."""

@pytest.fixture
def waiting_fixture():
    eventually(lambda: "Terminating", becomes="gone", within=0, because="namespace trial-1")

@promise()
def test_is_never_set_up(platform, waiting_fixture):
    """It is set up."""

@pytest.fixture
def dirty():
    yield
    raise SeatrialError("namespace trial-1 is still there after 30 s")

@promise()
def test_leaves_a_trace(platform, dirty):
    """It cleans up."""

@promise()
def test_fails_and_leaves_a_trace(platform, dirty):
    """It cleans up."""
    assert 1 == 2, "one is two"
'''


@pytest.fixture
def ended(trial):
    trial.suite(ENDINGS)
    trial.printed = trial.run("-k", "kueue")
    return trial


def test_the_endings_are_kept_apart(ended):
    assert {name.partition("[")[0]: outcome for name, outcome in ended.verdicts().items()} == {
        "holds": "passed", "is_broken": "failed", "waits_in_vain": "failed", "is_not_refused": "failed",
        "crashes": "error", "asserts_elsewhere": "error", "is_too_slow_itself": "invalid",
        "needs_more": "inconclusive", "loses_the_cluster": "error", "cannot": "unsupported", "may_not": "disabled",
        "needs_iron": "unsupported", "is_not_set_up": "error", "is_never_set_up": "error", "leaves_a_trace": "error",
        "fails_and_leaves_a_trace": "error"}


def test_every_ending_has_its_cause_in_one_line(ended):
    assert {name.partition("[")[0]: cause for name, cause in ended.causes().items()} == {
        "holds": "", "is_broken": "ClusterQueue serving-c: got 15 GPUs of 16",
        "waits_in_vain": "ClusterQueue serving-c: expected to become 16 within 0 s; saw 15",
        "is_not_refused": "DID NOT RAISE SeatrialError", "crashes": "KeyError: 'nodeName'",
        "asserts_elsewhere": "AssertionError: ours",
        "is_too_slow_itself": "the client was 40 ms late at the median",
        "needs_more": "ttft_ms lies between 180 and 230, the limit is 200 (way out: 40 more samples)",
        "loses_the_cluster": "the API server does not answer (way out: seatrial up)",
        "cannot": "there are no racks", "may_not": "it would stop a node (way out: --allow-changes)",
        "needs_iron": "it takes a ground of fidelity hardware, this cluster is control-plane",
        "is_not_set_up": "setup: AssertionError: the namespace stayed",
        "is_never_set_up":
            "setup: Unmet: namespace trial-1: expected to become 'gone' within 0 s; saw 'Terminating'",
        "leaves_a_trace": "teardown: namespace trial-1 is still there after 30 s",
        "fails_and_leaves_a_trace":
            "teardown: namespace trial-1 is still there after 30 s; also: one is two"}


def test_pytest_says_the_same_in_its_own_words(ended):
    ended.printed.assert_outcomes(passed=2, failed=9, skipped=3, errors=4)


def test_a_result_says_what_was_promised_where_and_how_to_run_it_again(ended):
    (row,) = [row for row in ended.rows("result") if "waits_in_vain" in row["id"]]
    assert row["id"] == "scheduling/quota::waits_in_vain[kueue]"
    assert row["promise"] == "It never comes."
    assert (row["platform"], row["component"], row["cluster"]) == ("queues", "kueue", "seatrial")
    assert (row["fidelity"], row["confirmed"]) == ("control-plane", True)
    assert row["reproduce"] == ("seatrial run --platform queues --cluster local "
                                "-k 'test_waits_in_vain[kueue]'")
    assert row["trace"].strip().endswith("s  15")


def test_the_name_in_the_command_selects_just_that_test(ended):
    (ended.path / "rows").unlink()
    ended.run("-k", "test_waits_in_vain[kueue]")
    assert list(ended.verdicts()) == ["waits_in_vain[kueue]"]


def test_a_timeout_is_ours(trial):
    trial.suite('''
import time

@promise(limit_s=0.2)
def test_hangs(platform):
    """It answers."""
    time.sleep(30)  # it hangs: the limit of 0.2 s ends it
''')
    trial.run("-k", "kueue")
    assert trial.verdicts() == {"hangs[kueue]": "error"}
    assert trial.causes()["hangs[kueue]"] == "it was not over within its limit_s, 0.2 seconds"


def test_promises_that_nobody_confirmed_are_marked(trial):
    trial.suite('''
@promise()
def test_holds(platform):
    """It holds."""
''')
    trial.run(platform="draft")
    assert {row["confirmed"] for row in trial.rows("result")} == {False}


def test_what_was_measured_is_in_the_result_whatever_came_of_it(trial):
    trial.suite('''
from conformance.model.measurement import AT_MOST, Interval, Objective

@promise()
def test_measures(platform, measure):
    """It is fast."""
    measure("lent GPUs are back after", 3.5, "s", objective=Objective(bound=AT_MOST, limit=30, source="back_within_s"))
    measure("first token after", 180, "ms", n=40, interval=Interval(low=170, high=195, level=0.95))

@promise()
def test_measures_and_fails(platform, measure):
    """It is fast."""
    measure("lent GPUs are back after", 31, "s")
    assert 31 <= 30, "too late"

@promise()
def test_measures_nonsense(platform, measure):
    """It is fast."""
    measure("lent GPUs are back after", float("nan"), "s")
''')
    trial.run("-k", "kueue")
    found = {row["id"].partition("::")[2]: row["measurements"] for row in trial.rows("result")}
    assert found == {
        "measures[kueue]": [
            {"name": "lent GPUs are back after", "value": 3.5, "unit": "s", "n": 1, "interval": None,
             "objective": {"bound": "at most", "limit": 30, "source": "back_within_s"}},
            {"name": "first token after", "value": 180, "unit": "ms", "n": 40,
             "interval": {"low": 170, "high": 195, "level": 0.95}, "objective": None}],
        "measures_and_fails[kueue]": [{"name": "lent GPUs are back after", "value": 31, "unit": "s", "n": 1,
                                       "interval": None, "objective": None}],
        "measures_nonsense[kueue]": []}
    assert trial.causes()["measures_nonsense[kueue]"] == \
        "ValueError: lent GPUs are back after: nan is no measurement"


def test_what_an_inconclusive_verdict_needs_is_in_the_result(ended):
    assert {row["id"].partition("::")[2]: row["needs_samples"] for row in ended.rows("result") if row["needs_samples"]
            } == {"needs_more[kueue]": 40}


def test_a_peer_that_does_not_play_its_part_leaves_a_promise_unjudged(trial):
    trial.suite('''
from conformance.waiting import preparing

@promise()
def test_needs_a_peer(platform):
    """It needs a peer."""
    with preparing("training-b"):
        eventually(lambda: 0, becomes=8, within=0, because="GPUs of training-b")
''')
    trial.run("-k", "kueue")
    (row,) = trial.rows("result")
    assert (row["outcome"], row["cause"]) == (
        "unsupported", "it could not begin, for training-b did not play its part: GPUs of training-b: expected to "
                       "become 8 within 0 s; saw 0")
    assert row["trace"].strip().endswith("s  0")
