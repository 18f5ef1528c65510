import pytest

from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Pair, Report, Result
from conformance.report.run.roll_up import (
    by_platform,
    by_requirement,
    catch_nothing,
    exit_code,
    once,
    seen_pairs,
    sentence,
    word,
)


def result(outcome, requirement="quota", name="x", platform="p"):
    return Result(id=name, promise="It holds.", platform=platform, component="kueue", outcome=outcome,
                  fidelity=Fidelity.NODE, cluster="c", duration_s=1, requirement=requirement)


def kill(outcome, cause="ClusterQueue a lends too much"):
    return Kill(behaviour="b", fault="f", platform="p", outcome=outcome, word="lends too much", cause=cause)


UNSEEN = (Pair(behaviour="b", fault="g"),)


def report(*results, kills=(), **more):
    return Report(seatrial="0", started="2026-01-01T00:00:00Z", duration_s=1, cluster={}, results=results,
                  kill_matrix=kills, **more)


NOTHING_PROVED = "Nothing failed, but nothing was proved either: no success, unless --allow-unproved says so."
UNNOTICED = "Some faults go unnoticed, or are noticed for another reason."
PASSED, DISABLED, UNSUPPORTED, INCONCLUSIVE, INVALID, FAILED, ERROR = map(result, Outcome)


@pytest.mark.parametrize(("found", "code", "said"), [
    (report(PASSED), 0, "All promises that could be tested held."),
    (report(PASSED, UNSUPPORTED, DISABLED), 0, "All promises that could be tested held."),
    (report(PASSED, INCONCLUSIVE), 5, "Some measurements are invalid or inconclusive: they say neither yes nor no."),
    (report(PASSED, INVALID), 5, "Some measurements are invalid or inconclusive: they say neither yes nor no."),
    (report(INVALID), 5, "Some measurements are invalid or inconclusive: they say neither yes nor no."),
    (report(INVALID, FAILED), 1, "The platform does not keep its promises."),
    (report(UNSUPPORTED, DISABLED), 4, NOTHING_PROVED),
    (report(PASSED, FAILED), 1, "The platform does not keep its promises."),
    (report(PASSED, FAILED, ERROR), 3, "Seatrial could not judge everything: mend the errors first."),
    (report(), 4, "Nothing ran, and nothing run proves nothing: see what -k and --only select."),
    (report(PASSED, troubles=("no cluster",)), 3, "Seatrial could not judge everything: mend the errors first."),
    (report(troubles=("no cluster",)), 3, "Seatrial could not judge everything: mend the errors first."),
    (report(PASSED, interrupted=True), 130, "Interrupted: what is not listed did not run."),
    (report(PASSED, kills=(kill(Outcome.FAILED),)), 0, "All promises that could be tested held."),
    (report(PASSED, kills=(kill(Outcome.PASSED),)), 1, UNNOTICED),
    (report(PASSED, kills=(kill(Outcome.FAILED, "the others take all they may"),)), 1, UNNOTICED),
    (report(PASSED, kills=(kill(Outcome.INVALID),)), 5,
     "Some measurements are invalid or inconclusive: they say neither yes nor no."),
    (report(PASSED, kills=(kill(Outcome.UNSUPPORTED),)), 0, "All promises that could be tested held."),
    (report(PASSED, kills=(kill(Outcome.FAILED),), unseen_pairs=UNSEEN), 1,
     "Some faults were not seen caught by everyone who claims to catch them."),
    (report(PASSED, kills=(kill(Outcome.FAILED),), unseen_pairs=UNSEEN, selection=True), 0,
     "All promises that could be tested held."),
    (report(PASSED, kills=(kill(Outcome.ERROR),)), 3,
     "Seatrial could not judge everything: mend the errors first."),
    (report(PASSED, uncaught_faults=("f",)), 1, UNNOTICED),
])
def test_a_run_amounts_to_its_worst_part(found, code, said):
    assert (exit_code(found), sentence(found)) == (code, said)


def test_a_failure_with_another_cause_is_no_catch():
    right, wrong = kill(Outcome.FAILED), kill(Outcome.FAILED, "the others take all they may")
    assert (right.caught, right.ending) == (True, "caught")
    assert (wrong.caught, wrong.ending) == (False, "failed for another reason")
    assert (kill(Outcome.PASSED).ending, kill(Outcome.ERROR).ending) == ("survived", "error")


@pytest.mark.parametrize(("found", "code"), [(report(UNSUPPORTED), 0), (report(), 0), (report(FAILED), 1),
                                             (report(INVALID), 5), (report(ERROR), 3), (report(PASSED), 0)])
def test_that_nothing_was_proved_may_be_allowed_and_nothing_else(found, code):
    assert exit_code(found, allow_unproved=True) == code


def test_a_behaviour_catches_nothing_when_none_of_its_claims_was_seen():
    seen = report(PASSED, kills=(kill(Outcome.FAILED),),
                  unseen_pairs=(*UNSEEN, Pair(behaviour="idle", fault="f"), Pair(behaviour="idle", fault="g")))
    assert catch_nothing(seen) == ("idle",)
    assert seen_pairs(seen) == 1


def test_a_requirement_takes_the_worst_and_is_not_covered_when_nothing_ran():
    rolled = by_requirement(report(PASSED, FAILED, result(Outcome.UNSUPPORTED, "topology")))
    assert word(rolled["quota"]) == "failed"
    assert word(rolled["topology"]) == "unsupported"
    assert word(rolled["preemption"]) == "not covered"


def test_what_one_platform_has_not_hides_nothing_that_another_one_proved():
    def rolled(*outcomes):
        results = (result(outcome, platform=str(number)) for number, outcome in enumerate(outcomes))
        return by_requirement(report(*results))["quota"]

    assert rolled(Outcome.UNSUPPORTED, Outcome.PASSED) is Outcome.PASSED
    assert rolled(Outcome.UNSUPPORTED, Outcome.DISABLED, Outcome.PASSED) is Outcome.DISABLED
    assert rolled(Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.PASSED) is Outcome.FAILED
    assert rolled(Outcome.FAILED, Outcome.ERROR) is Outcome.ERROR
    assert rolled(Outcome.PASSED, Outcome.INCONCLUSIVE) is Outcome.INCONCLUSIVE
    assert rolled(Outcome.INVALID, Outcome.FAILED, Outcome.INCONCLUSIVE) is Outcome.FAILED
    assert rolled(Outcome.UNSUPPORTED, Outcome.UNSUPPORTED) is Outcome.UNSUPPORTED
    assert rolled() is None


def test_each_platform_has_a_roll_up_of_its_own():
    rolled = by_platform(report(PASSED, result(Outcome.UNSUPPORTED, platform="q"), result(Outcome.FAILED, "topology")))
    assert list(rolled) == ["p", "q"]
    assert {name: (found["quota"], found["topology"], found["preemption"]) for name, found in rolled.items()} == {
        "p": (Outcome.PASSED, Outcome.FAILED, None), "q": (Outcome.UNSUPPORTED, None, None)}


def test_a_check_that_was_tried_again_counts_once_and_by_its_worst():
    assert once([PASSED, ERROR, PASSED, result(Outcome.PASSED, platform="q")]) == (
        ERROR, result(Outcome.PASSED, platform="q"))
