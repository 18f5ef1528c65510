"""What is a regression from one run to another, and what is not: each report is one that a run writes."""

import io
import json
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import pytest

from conformance import cli
from conformance.model.fidelity import Fidelity
from conformance.model.measurement import Measurement
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Pair, Report, Result
from conformance.report.diff import REGRESSIONS, TOLERABLE, Change, Kind, diff, forms
from conformance.report.run import json as json_report
from conformance.report.run import terminal

PASSED, DISABLED, UNSUPPORTED, INCONCLUSIVE, INVALID, FAILED, ERROR = Outcome


def check(outcome=PASSED, subject="training-a", **more):
    behaviour = more.pop("behaviour", "scheduling/quota::a_team_gets_its_gpus")
    return Result(**{"id": f"{behaviour}[{subject}]", "promise": "A team gets its GPUs.", "requirement": "quota",
                     "platform": "team-queues", "component": "kueue", "outcome": outcome, "fidelity": Fidelity.NODE,
                     "cluster": "trial-1", "duration_s": 2, **more})


def proof(outcome=FAILED, fault="quota-dropped", **more):
    return Kill(**{"behaviour": "scheduling/quota::a_team_gets_its_gpus", "fault": fault, "platform": "team-queues",
                   "outcome": outcome, "word": "got 0", "cause": "got 0", **more})


def run(*results, kills=(), **more):
    # One check that never changes: what stands beside it must not matter.
    steady = check(behaviour="scheduling/gang::it_stays")
    return Report(**{"seatrial": "0.1.0", "started": "2026-11-24T02:00:00Z", "duration_s": 60,
                     "cluster": {"kind": "local", "name": "trial-1", "kubernetes": "v1.35.4", "fidelity": "node"},
                     "results": (steady, *results), "kill_matrix": tuple(kills), **more})


OTHER_PLATFORM = check(platform="gang-training")
LOST = replace(check(ERROR), id="suites/test_quota.py::test_it[a]", requirement="", fidelity=Fidelity.STATIC)
WORSE = {
    "a pass fails": (run(check()), run(check(FAILED, cause="saw 15")), Kind.FAILED, "passed -> failed"),
    "what could not run fails": (run(check(UNSUPPORTED)), run(check(FAILED)), Kind.FAILED, "unsupported -> failed"),
    "what was new fails": (run(), run(check(FAILED)), Kind.FAILED, "not there -> failed"),
    "what was an error fails": (run(check(ERROR)), run(check(FAILED)), Kind.FAILED, "error -> failed"),
    "a pass is an error": (run(check()), run(check(ERROR)), Kind.ERROR, "passed -> error"),
    "a failure is an error": (run(check(FAILED)), run(check(ERROR)), Kind.ERROR, "failed -> error"),
    "a process died": (run(), run(LOST), Kind.ERROR, "not there -> error"),
    "a pass vanished": (run(check()), run(), Kind.VANISHED, "passed -> not there"),
    "a failure vanished": (run(check(FAILED)), run(), Kind.VANISHED, "failed -> not there"),
    "a platform vanished": (run(OTHER_PLATFORM, check(platform="gang-training", subject="b")), run(), Kind.VANISHED, ""),
    "everything vanished": (run(), run(results=()), Kind.VANISHED, ""),
    "a pass is unsupported": (run(check()), run(check(UNSUPPORTED)), Kind.UNSUPPORTED, "passed -> unsupported"),
    "a failure is unsupported": (run(check(FAILED)), run(check(UNSUPPORTED)), Kind.UNSUPPORTED, "failed -> unsupported"),
    "there is nobody to run for": (run(check()), run(check(UNSUPPORTED, "nothing", cause="no component")),
                                   Kind.UNSUPPORTED, "passed -> unsupported"),
    "a pass is invalid": (run(check()), run(check(INVALID)), Kind.UNMEASURED, "passed -> invalid"),
    "a failure is inconclusive": (run(check(FAILED)), run(check(INCONCLUSIVE)), Kind.UNMEASURED, "failed -> inconclusive"),
    "a fault is noticed for another reason": (run(kills=[proof()]), run(kills=[proof(cause="no peer")]), Kind.SURVIVED,
                                              "caught -> failed for another reason"),
    "a claim is seen nowhere": (run(kills=[proof()]), run(kills=[proof()], unseen_pairs=(
        Pair(behaviour="b::it_sees", fault="f"),)), Kind.SURVIVED, ""),
    "a pass is disabled": (run(check()), run(check(DISABLED)), Kind.DISABLED, "passed -> disabled"),
    "the ground is less real": (run(check(fidelity=Fidelity.HARDWARE)), run(check()), Kind.WEAKER,
                                "passed, hardware -> passed, node"),
    "nobody confirms the promise": (run(check()), run(check(confirmed=False)), Kind.WEAKER,
                                    "passed, node -> passed, node, unconfirmed"),
    "a fault survives": (run(kills=[proof()]), run(kills=[proof(PASSED)], uncaught_faults=("quota-dropped",)),
                         Kind.SURVIVED, "caught -> survived"),
    "a new fault survives": (run(), run(kills=[proof(PASSED)]), Kind.SURVIVED, "not there -> survived"),
    "a fault is caught by nothing": (run(), run(uncaught_faults=("sleepy",)), Kind.SURVIVED, ""),
    "a proof is an error": (run(kills=[proof()]), run(kills=[proof(ERROR)]), Kind.ERROR, "caught -> error"),
    "a fault is not tried": (run(kills=[proof(), proof(fault="sleepy")]), run(kills=[proof()]), Kind.UNPROVED,
                             "caught -> not there"),
    "a survivor is not tried": (run(kills=[proof(), proof(PASSED, "sleepy")]), run(kills=[proof()]), Kind.UNPROVED,
                                "survived -> not there"),
    "no fault can be tried": (run(kills=[proof()]), run(kills=[proof(UNSUPPORTED)]), Kind.UNPROVED,
                              "caught -> unsupported"),
    "nothing was proved": (run(kills=[proof(), proof(fault="sleepy")]), run(), Kind.UNPROVED, ""),
    "a cluster did not come up": (run(), run(troubles=("no containerd\n  way out: install it",)), Kind.ERROR, ""),
    "it was interrupted": (run(), run(interrupted=True), Kind.ERROR, ""),
}
NOT_WORSE = {
    "nothing changed": (run(check(), check(FAILED, "b")), run(check(duration_s=9, cluster="trial-2"), check(FAILED, "b")), []),
    "the order changed": (run(check(), check(subject="b")), run(check(subject="b"), check()), []),
    "a failure is mended": (run(check(FAILED)), run(check()), [Kind.BETTER]),
    "an error is gone": (run(check(ERROR)), run(check()), [Kind.BETTER]),
    "the ground is more real": (run(check()), run(check(fidelity=Fidelity.HARDWARE)), [Kind.BETTER]),
    "somebody confirmed": (run(check(confirmed=False)), run(check()), [Kind.BETTER]),
    "there is somebody to run for": (run(check(UNSUPPORTED, "nothing")), run(check(), check(subject="b")),
                                     [Kind.BETTER, Kind.BETTER]),
    "a new check passes": (run(), run(check()), [Kind.NEW]),
    "a new check cannot run": (run(), run(check(UNSUPPORTED)), [Kind.NEW]),
    "what proved nothing is gone": (run(check(UNSUPPORTED), LOST), run(), [Kind.OTHER, Kind.OTHER]),
    "what proved nothing proves nothing": (run(check(ERROR)), run(check(DISABLED)), [Kind.OTHER]),
    "a fault is caught at last": (run(kills=[proof(PASSED)]), run(kills=[proof()]), [Kind.BETTER]),
    "a new fault is caught": (run(), run(kills=[proof()]), [Kind.NEW]),
    "a fault survives again": (run(kills=[proof(PASSED)], uncaught_faults=("quota-dropped",)),
                               run(kills=[proof(PASSED)], uncaught_faults=("quota-dropped",)), []),
    "a fault is caught by nothing again": (run(uncaught_faults=("sleepy",)), run(uncaught_faults=("sleepy",)), []),
    "a platform that proved nothing is gone": (run(replace(OTHER_PLATFORM, outcome=UNSUPPORTED)), run(), [Kind.OTHER]),
    "both were interrupted": (run(interrupted=True), run(interrupted=True), []),
    "the same trouble": (run(troubles=("no containerd",)), run(troubles=("no containerd",)), []),
    "a failure is weaker": (run(check(FAILED, fidelity=Fidelity.HARDWARE)), run(check(FAILED)), []),
}


@pytest.mark.parametrize("what", WORSE)
def test_a_regression_ends_with_1_and_is_told_under_its_title(what, tmp_path, capsys):
    before, after, kind, turn = WORSE[what]
    found = diff(before, after)
    assert {change.kind for change in found.regressions} == {kind}
    assert len(found.changes) == len(found.regressions) == 1
    assert cli.main(["report", "diff", *map(str, written(tmp_path, before, after))]) == 1
    said = capsys.readouterr().out
    assert f"{forms.TITLES[kind]} (1)\n" in said
    assert turn in said
    assert ("--tolerate" in said) == (kind in TOLERABLE)


@pytest.mark.parametrize("what", NOT_WORSE)
def test_what_is_no_regression_ends_with_0(what, tmp_path, capsys):
    before, after, kinds = NOT_WORSE[what]
    assert [change.kind for change in diff(before, after).changes] == kinds
    assert cli.main(["report", "diff", *map(str, written(tmp_path, before, after))]) == 0
    assert "\nNo regression" in capsys.readouterr().out


def test_every_kind_of_regression_is_seen():
    assert {kind for _, _, kind, _ in WORSE.values()} == set(REGRESSIONS)


@pytest.mark.parametrize("what", [what for what, case in WORSE.items() if case[2] in TOLERABLE])
def test_what_is_meant_to_differ_is_listed_and_does_not_count(what, tmp_path, capsys):
    before, after, kind, _ = WORSE[what]
    files = written(tmp_path, before, after)
    others = [word for one in TOLERABLE if one is not kind for word in ("--tolerate", one)]
    assert cli.main(["report", "diff", *map(str, files), *others]) == 1
    capsys.readouterr()
    assert cli.main(["report", "diff", *map(str, files), "--tolerate", kind]) == 0
    said = capsys.readouterr().out
    assert f"{forms.TITLES[kind]} (1, tolerated)\n" in said
    assert said.endswith("No regression (1 tolerated).\n")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in TOLERABLE])
def test_what_fails_fails_on_every_ground(kind, tmp_path, capsys):
    with pytest.raises(SystemExit) as refused:
        cli.main(["report", "diff", "a", "b", "--tolerate", kind])
    assert refused.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_a_vanished_platform_is_one_line_and_so_are_its_proofs():
    many = [check(platform="gang-training", subject=str(number)) for number in range(12)]
    before = run(*many, kills=[proof(), proof(platform="gang-training")])
    (change,) = diff(before, run(kills=[proof()])).changes
    assert (change.platform, change.said) == ("gang-training", "the whole platform: 12 checks of it were judged before")


def test_a_check_that_can_run_for_nobody_is_told_with_its_subject_and_reason():
    (change,) = diff(run(check()), run(check(UNSUPPORTED, "nothing", cause="no component provides quota"))).changes
    assert (change.id, change.said, change.cause) == ("scheduling/quota::a_team_gets_its_gpus[training-a]",
                                                      "A team gets its GPUs. (training-a)", "no component provides quota")


def test_of_two_tries_of_a_proof_the_survivor_counts():
    kills = [proof(PASSED), proof()]
    for tried in (kills, kills[::-1]):
        assert [change.kind for change in diff(run(kills=[proof()]), run(kills=tried)).changes] == [Kind.SURVIVED]


TEXT = """\
before  local cluster, trial-1, kubernetes v1.35.4, fidelity node; 2026-11-24T02:00:00Z, Seatrial 0.1.0, 4 checks
after   kind cluster, b, fidelity node; 2026-11-24T02:00:00Z, Seatrial 0.1.0, 4 checks

Better (1)
  team-queues  A team gets its GPUs. (b)  failed -> passed

Not judged any more: the operator said no (1, tolerated)
  team-queues  A team gets its GPUs. (c)  passed -> disabled

Fails now: the platform does not do what it promises (1)
  team-queues  A team gets its GPUs. (training-a)  passed -> failed
      ClusterQueue a: saw 15 [0m
      again: seatrial run -k x

1 regression (1 tolerated, 1 better).
"""


def test_what_a_reader_must_act_on_stands_last_with_its_cause_and_command():
    before = run(check(), check(FAILED, "b"), check(PASSED, "c"))
    after = run(check(FAILED, cause="ClusterQueue a: saw 15\x1b[0m", reproduce="seatrial run -k x"), check(PASSED, "b"),
                check(DISABLED, "c", cause="--allow-changes"), cluster={"kind": "kind", "name": "b", "fidelity": "node"})
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    forms.text(diff(before, after, [Kind.DISABLED]), terminal.console(stream))
    stream.flush()
    assert raw.getvalue().decode() == TEXT


def test_the_way_out_names_just_what_was_found():
    found = diff(run(check(), check(subject="b")), run(check(UNSUPPORTED)))
    assert forms.way_out(found) == "Where that is meant: --tolerate vanished --tolerate unsupported"
    assert forms.way_out(diff(run(check()), run(check(FAILED)))) == ""


def test_what_fails_in_both_is_counted():
    found = diff(run(check(FAILED), check(FAILED, "b")), run(check(FAILED), check(PASSED, "b")))
    assert forms.sentence(found) == "No regression (1 better, 1 as failing as before)."


def test_as_markdown_the_most_urgent_comes_first_and_nothing_in_it_is_markup():
    before = run(check(), check(subject="b"))
    said = forms.markdown(diff(before, run(check(FAILED, cause="<b>a | b</b> _x_"))))
    assert said.index("### Fails now") < said.index("### Gone")
    assert (r"| team-queues | A team gets its GPUs. (training-a) | passed -&gt; failed | "
            r"&lt;b&gt;a \| b&lt;/b&gt; \_x\_ |") in said


def test_as_json_it_keeps_to_its_schema(tmp_path, capsys):
    schema = json.loads(Path(forms.__file__).with_name("diff.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert {field.name for field in fields(Change)} | {"regression"} == set(schema["$defs"]["change"]["properties"])
    assert schema["$defs"]["kind"]["enum"] == [kind.value for kind in Kind]
    for before, after, kind, _ in WORSE.values():
        cli.main(["report", "diff", *map(str, written(tmp_path, before, after)), "--output", "json"])
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, schema)
        assert [(one["kind"], one["regression"]) for one in document["changes"]] == [(kind, True)]


def written(folder, *reports):
    """The files of reports, as runs write them."""
    files = []
    for number, report in enumerate(reports):
        (folder / str(number)).mkdir(exist_ok=True)
        files.append(json_report.write(report, folder / str(number)))
    return files


def test_what_was_measured_in_both_stands_side_by_side_and_is_no_verdict():
    before, after = (run(check(measurements=(Measurement(name="lent GPUs are back after", value=value, unit="s"),)))
                     for value in (3.5, 29))
    found = diff(before, after)
    assert found.regressions == ()
    document = forms.as_json(found)
    jsonschema.validate(document, json.loads(Path(forms.__file__).with_name("diff.schema.json").read_text()))
    assert [(one["before"]["value"], one["after"]["value"]) for one in document["measured"]] == [(3.5, 29)]
    assert "lent GPUs are back after | 3.5 s | 29 s |" in forms.markdown(found)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    forms.text(found, terminal.console(stream))
    stream.flush()
    assert "lent GPUs are back after: 3.5 s -> 29 s\n" in stream.buffer.getvalue().decode()
