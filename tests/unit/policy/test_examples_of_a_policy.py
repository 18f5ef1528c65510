"""`seatrial policy test`: what a policy's examples say is held against what its rule finds."""

import pytest

from conformance import cli

ID = "serving/model-cache-is-mounted"


@pytest.fixture
def mine(tmp_path):
    """The folder of a policy as `seatrial new` begins it, in a folder of policies."""
    assert cli.main(["new", "policy", ID, "--in", str(tmp_path / "mine")]) == 0
    return tmp_path / "mine" / ID


def written(mine, **more):
    """Fill a policy in, as far as it takes for its rule to be one; replace words of its files besides."""
    for said, instead in {"say what to write instead": "name it otherwise", "project version file": "we",
                          "replace-this-condition": "server", **more}.items():
        for file in mine.rglob("*.*"):
            file.write_text(file.read_text().replace(said, instead))


def said_of(mine, capsys, *more):
    capsys.readouterr()
    code = cli.main(["policy", "test", str(mine.parents[1]), *more])
    told = capsys.readouterr()
    return code, told.out + told.err


@pytest.mark.parametrize(("line", "words"), [(7, ["policy", "test", "MINE"]), (7, ["explain", "--policies", "MINE"]),
                                             (7, ["audit", "MINE", "--policies", "MINE"])])
def test_what_nobody_has_written_is_refused_with_its_line(mine, capsys, line, words):
    assert cli.main([str(mine.parents[1]) if word == "MINE" else word for word in words]) == 2
    assert f"rule.rego:{line}: is not written yet: #   remedy: say what to write instead" in capsys.readouterr().err


def test_every_line_that_is_to_be_written_must_be(mine, capsys):
    rule = mine / "rule.rego"
    rule.write_text(rule.read_text().replace("say what to write instead", "name it otherwise"))
    assert "rule.rego:9: is not written yet: #     - project version file" in said_of(mine, capsys)[1]
    rule.write_text(rule.read_text().replace("project version file", "we"))
    assert 'is not written yet: c.container.name == "replace-this-condition"' in said_of(mine, capsys)[1]


def test_examples_that_agree_with_the_rule_are_green(mine, capsys):
    written(mine)
    assert said_of(mine, capsys) == (0, "1 policy: every example is found, or let be, as it says\n")


@pytest.mark.parametrize(("more", "said"), [
    ({'c.container.name == "server"': 'c.container.name == "other"'},
     "denied/example.yaml:7: nothing is found, though it is marked: container server"),
    ({"name: main": "name: server"}, "allowed/example.yaml:7: is allowed, and found all the same: container server ..."),
    ({" # denied: container server": ""}, "denied/example.yaml: no line says `# denied: ` and what is found there"),
    ({" # denied: container server": ""}, "denied/example.yaml:7: is found, and not marked: container server ..."),
    ({"# denied: container server": "# denied: nonsense"},
     "denied/example.yaml:7: is marked 'nonsense', and found is: container server ..."),
    ({"kind: Pod\n": ""}, "denied/example.yaml:1:1: is no Kubernetes object: kind is missing"),
])
def test_examples_that_do_not_agree_are_named_with_file_and_line(mine, capsys, more, said):
    written(mine, **more)
    code, told = said_of(mine, capsys)
    assert code == 1
    assert f"{mine}/{said}\n" in told


def test_a_policy_without_examples_is_wrong(mine, capsys):
    written(mine)
    (mine / "allowed" / "example.yaml").unlink()
    assert f"{mine / 'allowed'}: has no example\n1 policy: 1 wrong\n" in said_of(mine, capsys)[1]


def test_our_policies_are_none_of_those_that_are_tested(mine, capsys):
    written(mine)
    code, told = said_of(mine, capsys, "--only", "kueue")
    assert (code, "holds none of the policies of --only" in told) == (2, True)


def test_a_policy_of_ones_own_is_explained_by_its_page(mine, capsys):
    written(mine)
    assert cli.main(["explain", ID, "--policies", str(mine.parents[1])]) == 0
    assert "What goes wrong, where, and what is seen then." in capsys.readouterr().out
