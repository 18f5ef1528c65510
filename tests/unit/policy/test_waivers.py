"""A waiver says who answers for what and how long; a baseline counts."""

from datetime import date

import pytest

from conformance.errors import UsageError
from conformance.model.finding import Audit, Finding, PolicyClass, Severity, Stretch, Waiver
from conformance.policy import waivers

POLICIES = ["kueue/a-rule", "mig/another"]
TODAY = date(2026, 11, 24)


def finding(policy="kueue/a-rule", name="ClusterQueue a", fingerprint="f1", file="f", line=1):
    return Finding(policy=policy, severity=Severity.ERROR, policy_class=PolicyClass.REGRETTED, file=file, line=line, column=1,
                   object=name, path=(), message="m", remedy="r", fingerprint=fingerprint)


def audit(*findings):
    return Audit(findings=findings, problems=(), objects=1, files=1)


def read(tmp_path, text):
    (tmp_path / "w.yaml").write_text(text)
    return waivers.read(tmp_path / "w.yaml", POLICIES)


ENTRY = "waivers:\n- {{policy: kueue/a-rule, object: {object}, reason: old, owner: platform, until: {until}}}\n"


def test_a_waiver_that_holds_takes_the_finding_out(tmp_path):
    (waiver,) = read(tmp_path, ENTRY.format(object="ClusterQueue a", until="2026-11-24"))
    found = waivers.accept(audit(finding(), finding(name="ClusterQueue b")), [waiver], TODAY)
    assert [left.object for left in found.findings] == ["ClusterQueue b"]
    assert found.waived == ((finding(), waiver),)
    assert (found.expired, found.unused) == ((), ())


def test_an_expired_waiver_is_named_and_covers_nothing(tmp_path):
    (waiver,) = read(tmp_path, ENTRY.format(object="'ClusterQueue *'", until="2026-11-23"))
    found = waivers.accept(audit(finding()), [waiver], TODAY)
    assert (found.findings, found.expired, found.unused) == ((finding(),), (waiver,), ())


def test_a_waiver_for_what_is_not_found_is_unused(tmp_path):
    (waiver,) = read(tmp_path, ENTRY.format(object="Pod x", until="2027-01-01"))
    assert waivers.accept(audit(finding()), [waiver], TODAY).unused == (waiver,)


@pytest.mark.parametrize(("text", "said"), [
    ("waivers:\n- {policy: kueue/a-rule, object: a, owner: me, until: 2027-01-01}", "lacks reason"),
    ("waivers:\n- {policy: kueue/a-rule, object: a, owner: me, reason: x, until: soon}", "until must be a day"),
    ("waivers:\n- {policy: kueue/a-rul, object: a, owner: me, reason: x, until: 2027-01-01}", "no policy kueue/a-rul"),
    ("waivers:\n- {policy: kueue/a-rule, object: a, owner: me, reason: x, until: 2027-01-01, who: y}", "key 'who'"),
    ("waivers:\n- 5", "keys and values"), ("waivers: 5", "no list `waivers`"), ("a: [", "is not YAML")])
def test_half_a_waiver_is_refused_with_its_place(tmp_path, text, said):
    with pytest.raises(UsageError, match="w.yaml") as refused:
        read(tmp_path, text)
    assert said in refused.value.message


def test_an_annotation_waives_for_its_own_object_alone():
    said = {"waiver.seatrial.dev/kueue.a-rule": "{reason: old, owner: me, until: 2027-01-01}", "other": "x"}
    at = Stretch(file="f", first=(1, 1), last=(9, 1))
    (waiver,) = waivers.on_object({"metadata": {"annotations": said}}, "ClusterQueue a*", at, POLICIES)
    assert waiver.covers(finding(name="ClusterQueue a*"))
    assert not waiver.covers(finding(name="ClusterQueue ab"))
    assert not waiver.covers(finding(name="ClusterQueue a*", file="g"))
    assert not waiver.covers(finding(name="ClusterQueue a*", line=10))


def test_a_baseline_knows_as_many_as_it_counted():
    text = waivers.as_baseline([finding(), finding(), finding(fingerprint="f2")])
    known = {"f1": 2, "f2": 1}
    assert '"count": 2' in text
    found = waivers.accept(audit(*[finding()] * 3), [], TODAY, known)
    assert (len(found.findings), found.known, found.stale) == (1, 2, 1)


def test_a_baseline_is_read_as_it_was_written(tmp_path):
    (tmp_path / "b.json").write_text(waivers.as_baseline([finding(), finding()]))
    assert waivers.read_baseline(tmp_path / "b.json") == {"f1": 2}


@pytest.mark.parametrize("text", ["[]", "{", '{"findings": [{"count": 1}]}', '{"findings": 5}'])
def test_what_is_no_baseline_is_refused(tmp_path, text):
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(UsageError, match="is no baseline"):
        waivers.read_baseline(tmp_path / "b.json")


def test_each_finding_is_held_against_the_waivers_near_it_alone(monkeypatch):
    held: list[Waiver] = []
    real = Waiver.covers

    def counted(one, found):
        held.append(one)
        return real(one, found)

    monkeypatch.setattr(Waiver, "covers", counted)
    number = 200
    given = [Waiver(policy="kueue/a-rule", object="ClusterQueue a", reason="r", owner="o", until=TODAY, where="w",
                            within=Stretch(file="f", first=(10 * row + 1, 1), last=(10 * row + 9, 1)))
             for row in range(number)]
    given += [Waiver(policy="kueue/a-rule", object=f"ClusterQueue {row}", reason="r", owner="o", until=TODAY, where="w")
              for row in range(number)]
    found = audit(*(finding(line=10 * row + 5, fingerprint=str(row)) for row in range(number)),
                  *(finding(name=f"ClusterQueue {row}", file="g") for row in range(number)))
    accepted = waivers.accept(found, given, TODAY)
    assert (len(accepted.waived), accepted.findings, accepted.unused) == (2 * number, (), ())
    assert len(held) == 2 * number
