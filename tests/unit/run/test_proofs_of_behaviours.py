import shlex

ATTENTIVE = '''
@promise(promise="guaranteed_gpus", catches={"quota-dropped": "got 0", "levels-swapped": "got 0"})
def test_sees_it(platform, team):
    """It sees that the quota is gone."""
    assert not (HERE / "broken").exists(), "team serving-c got 0 GPUs"
'''
HERE = "\nfrom pathlib import Path\nHERE = Path(__file__).parent.parent\n"


def test_a_caught_fault_is_a_pass_and_a_kill(trial):
    trial.suite(HERE + ATTENTIVE)
    trial.run("--prove").assert_outcomes(passed=2)
    assert trial.kills() == {("sees_it", "quota-dropped"): "failed"}
    (row,) = trial.rows("kill")
    assert row == {"row": "kill", "behaviour": "scheduling/quota::sees_it", "fault": "quota-dropped",
                   "platform": "queues", "subject": "training-a", "outcome": "failed", "word": "got 0",
                   "ending": "caught", "cause": "team serving-c got 0 GPUs", "trace": row["trace"],
                   "reproduce": "seatrial run --platform queues --cluster local --prove "
                                "-k 'test_sees_it[training-a] or test_sees_it[training-a-quota-dropped]'"}
    assert "assert not" in row["trace"]


def test_the_command_in_a_kill_runs_it_and_its_control_and_nothing_else(trial):
    trial.suite(HERE + ATTENTIVE + ATTENTIVE.replace("sees_it", "sees_it_too"))
    trial.run("--prove")
    words = shlex.split(trial.rows("kill")[0]["reproduce"])
    (trial.path / "rows").unlink()
    trial.run("--prove", *words[words.index("-k"):])
    assert trial.kills() == {("sees_it", "quota-dropped"): "failed"}
    assert list(trial.verdicts()) == ["sees_it[training-a]"]


def test_a_failure_with_another_cause_catches_nothing(trial):
    trial.suite(HERE + ATTENTIVE.replace('"got 0"', '"some other words"', 1))
    printed = trial.run("--prove")
    printed.assert_outcomes(passed=1, failed=1)
    (row,) = trial.rows("kill")
    assert (row["outcome"], row["ending"]) == ("failed", "failed for another reason")


def test_a_peer_that_does_not_play_its_part_is_no_catch(trial):
    trial.suite(HERE + '''
from conformance.waiting import preparing

@promise(promise="guaranteed_gpus", catches={"quota-dropped": "got 0"})
def test_needs_a_peer(platform, team):
    """It needs a peer."""
    with preparing("training-b"):
        eventually(lambda: (HERE / "broken").exists(), becomes=False, within=0, because="training-b got 0 GPUs")
''')
    trial.run("--prove").assert_outcomes(passed=1, skipped=1)
    (row,) = trial.rows("kill")
    assert (row["outcome"], row["ending"]) == ("unsupported", "unsupported")
    assert row["cause"].startswith("it could not begin, for training-b did not play its part: training-b got 0 GPUs")
    assert row["trace"].strip().endswith("s  True")


def test_the_behaviour_runs_without_the_fault_first(trial):
    trial.suite(HERE + ATTENTIVE)
    trial.run("--prove")
    assert trial.verdicts() == {"sees_it[training-a]": "passed"}
    assert [note for note in trial.notes() if note in ("break training-a", "mend")] == ["break training-a", "mend"]


def test_a_survivor_fails(trial):
    trial.suite('''
@promise(catches={"harmless": "gone"})
def test_sleeps(platform):
    """It sleeps."""
''')
    printed = trial.run("--prove")
    printed.assert_outcomes(passed=1, failed=1)
    assert trial.kills() == {("sleeps", "harmless"): "passed"}
    assert trial.rows("kill")[0]["cause"] == "survived: the behaviour passes although harmless is there"
    printed.stdout.fnmatch_lines(["*survived: the behaviour passes although harmless is there*"])


def test_an_error_is_no_catch(trial):
    trial.suite(HERE + '''
@promise(catches={"quota-dropped": "gone"})
def test_stumbles(platform):
    """It stumbles."""
    if (HERE / "broken").exists():
        raise KeyError("status")
''')
    trial.run("--prove").assert_outcomes(passed=1, failed=1)
    assert trial.kills() == {("stumbles", "quota-dropped"): "error"}


def test_a_fault_that_cannot_be_applied_is_an_error_whatever_it_raises(trial):
    trial.suite('''
@promise(catches={"not-applicable": "gone"})
def test_holds(platform):
    """It holds."""
''')
    trial.run("--prove").assert_outcomes(passed=1, failed=1)
    assert trial.kills() == {("holds", "not-applicable"): "error"}
    assert trial.rows("kill")[0]["cause"] == \
        "fault not-applicable could not be applied: the deployment never rolled out"


def test_after_a_fault_that_cannot_be_taken_back_nothing_is_judged(trial):
    trial.suite(HERE + '''
@promise(catches={"not-reversible": "gone"})
def test_catches_it(platform):
    """It catches it."""
    assert not (HERE / "broken").exists(), "the quota is gone"

@promise(catches={"harmless": "gone"})
def test_comes_later(platform):
    """It comes later."""
''')
    trial.run("--prove")
    assert set(trial.kills().values()) == {"error"}
    assert trial.verdicts()["comes_later[kueue]"] == "error"
    assert trial.causes()["comes_later[kueue]"] == ("setup: the platform is still broken: fault not-reversible "
                                                    "could not be taken back: the old configuration is lost")


def test_what_fails_anyway_catches_nothing(trial):
    trial.suite('''
@promise()
def test_always_fails(platform):
    """It fails."""
    assert False, "always"
''')
    trial.run("--prove").assert_outcomes(failed=2)
    assert trial.kills() == {("always_fails", "quota-dropped"): "error"}
    assert trial.rows("kill")[0]["cause"] == "void: without the fault the behaviour ended as failed"


def test_a_proof_without_its_control_is_void_and_says_how_to_choose_both(trial):
    trial.suite(HERE + ATTENTIVE)
    trial.run("--prove", "-k", "quota-dropped").assert_outcomes(failed=1, deselected=1)
    assert trial.rows("kill")[0]["cause"] == ("void: without the fault the behaviour did not run; choose proofs by "
                                              "the behaviour's name (-k), not by the fault's")


def test_what_cannot_run_is_no_proof_and_no_error(trial):
    trial.suite('''
import pytest

@promise()
def test_cannot_run(platform):
    """It cannot."""
    pytest.skip("not on this ground")
''')
    trial.run("--prove").assert_outcomes(skipped=2)
    assert trial.kills() == {("cannot_run", "quota-dropped"): "unsupported"}
    assert trial.rows("kill")[0]["cause"] == "not on this ground"


def test_a_fault_is_tried_on_the_component_that_has_it(trial):
    trial.suite(HERE + '''
@promise(catches={"gang-plugin-off": "volcano", "quota-dropped": "kueue"})
def test_sees_it(platform, component):
    """It sees it."""
    assert not (HERE / "broken").exists(), component.name
''')
    trial.run("--prove")
    assert {row["fault"]: row["cause"] for row in trial.rows("kill")} == {"gang-plugin-off": "volcano",
                                                                         "quota-dropped": "kueue"}


def test_a_behaviour_whose_faults_live_elsewhere_is_told(trial):
    trial.suite('''
@promise(catches={"levels-swapped": "gone"})
def test_holds(platform):
    """It holds."""
''')
    trial.run("--prove").assert_outcomes(skipped=1)
    assert trial.causes() == {"holds[nothing]": "no component here has the faults levels-swapped"}
    assert trial.kills() == {}
