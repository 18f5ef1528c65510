"""The settings of a run: resolved once, with where each came from, and handed over whole."""

import argparse
import json
import shlex
from dataclasses import fields

import pytest

from conformance.commands import run as command_run
from conformance.errors import UsageError
from conformance.model.permit import Disturbance, Permit
from conformance.model.workload import Placement
from conformance.run.settings import Chosen, Settings, add_options, by_hand, chosen_by, from_text, read, settings

EVERYTHING = ["--cluster", "existing", "--kubeconfig", "a:b", "--context", "c", "--allow-changes", "mine-", "--max-gpus", "4",
              "--max-pods", "5", "--max-seconds", "6", "--node-selector", "a=b", "--node-selector", "c=d",
              "--priority-class", "low", "--image", "busybox:1", "--may-disturb", "cohort", "--cluster-object",
              "ClusterQueue/mine-a", "--prove", "--only", "scheduling", "--keep", "--cluster-name", "n"]


def parsed(*words, platform="here"):
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    return settings({**chosen_by(parser.parse_args(words)), "platform": Chosen(platform)})


def test_all_of_it_arrives_in_another_process(tmp_path):
    ours = parsed(*EVERYTHING).of_this_run(results=tmp_path / "rows", diagnostics=tmp_path)
    nothing_said = settings({})
    assert [one.name for one in fields(Settings) if getattr(ours, one.name) == getattr(nothing_said, one.name)] == []
    (tmp_path / "file").write_text(ours.text())
    assert read(tmp_path / "file") == ours
    assert ours.permit == Permit(
        prefix="mine-", max_gpus=4, max_pods=5, max_seconds=6, may_disturb=frozenset({Disturbance.COHORT}),
        cluster_objects=frozenset({"ClusterQueue/mine-a"}),
        placement=Placement(node_selector=(("a", "b"), ("c", "d")), priority_class="low", image="busybox:1",
                            ends_after_s=6))


@pytest.mark.parametrize("words", [
    [], ["--cluster", "kind"], ["--cluster-name", "mine"],
    ["--cluster", "existing", "--kubeconfig", "k"], ["--cluster", "existing", "--kubeconfig", "a b:c", "--context", "it's"],
    ["--cluster", "existing", "--kubeconfig", "k", "--allow-changes", "mine-", "--node-selector", "a=-b",
     "--node-selector=-a=b"],
    [word for word in EVERYTHING if word not in ("--prove", "--keep", "--only", "scheduling")],
])
def test_the_command_that_runs_one_test_again_means_the_same_cluster_and_the_same_permission(words):
    ours = parsed(*words, platform="-odd folder").of_this_run(cluster_name="trial-1", results="rows")
    again = shlex.split(ours.again("test_it[a-b]"))
    assert again[:2] == ["seatrial", "run"]
    parser = argparse.ArgumentParser()
    command_run.add_arguments(parser)
    args = parser.parse_args(again[2:])
    assert (args.platform, args.expression) == (["-odd folder"], "test_it[a-b]")
    same = settings(chosen_by(args))
    assert same.permit == ours.permit
    assert (same.cluster, same.kubeconfig, same.context) == (ours.cluster, ours.kubeconfig, ours.context)
    assert same.source("cluster_name") == ours.source("cluster_name")  # one of this run is gone by then


@pytest.mark.parametrize(("words", "header"), [
    ([], "seatrial: cluster local from default, cluster name seatrial from default, platform here from option"),
    (["--cluster", "local", "--prove"], "seatrial: cluster local from option, cluster name seatrial from default, "
                                        "platform here from option, prove yes from option"),
    (["--cluster", "existing"], "seatrial: cluster existing from option, context staging from file FILE, "
                                "kubeconfig FILE from environment variable KUBECONFIG, platform here from option"),
    (["--cluster", "existing", "--kubeconfig", "FILE"],
     "seatrial: cluster existing from option, context staging from file FILE, kubeconfig FILE from option, "
     "platform here from option"),
    (["--cluster", "existing", "--context", "other"],
     "seatrial: cluster existing from option, context other from option, "
     "kubeconfig FILE from environment variable KUBECONFIG, platform here from option"),
])
def test_every_value_says_where_it_came_from_also_in_a_child(tmp_path, monkeypatch, words, header):
    file = tmp_path / "kubeconfig"
    file.write_text("current-context: staging\n")
    monkeypatch.setenv("KUBECONFIG", str(file))
    ours = parsed(*(word.replace("FILE", str(file)) for word in words))
    assert from_text(ours.text()).header() == header.replace("FILE", str(file))


def test_a_run_stays_on_the_context_that_it_began_with(tmp_path, monkeypatch):
    file = tmp_path / "kubeconfig"
    file.write_text("current-context: staging\n")
    monkeypatch.setenv("KUBECONFIG", str(file))
    handed = parsed("--cluster", "existing").text()
    file.write_text("current-context: production\n")
    monkeypatch.delenv("KUBECONFIG")
    child = from_text(handed)
    assert (child.context, str(child.kubeconfig)) == ("staging", str(file))
    assert f"--kubeconfig {file} --context staging" in child.again("t")


def test_a_kubeconfig_that_cannot_be_read_is_told_before_anything_starts(tmp_path):
    (tmp_path / "kubeconfig").write_text("a: [")
    with pytest.raises(UsageError, match="cannot be used"):
        parsed("--cluster", "existing", "--kubeconfig", str(tmp_path / "kubeconfig"))


@pytest.mark.parametrize("option", ["--context", "--kubeconfig", "--allow-changes", "--cluster-name", "--platform"])
def test_an_empty_word_is_not_taken_for_the_default(option):
    with pytest.raises(UsageError, match=f"argument {option}: it is empty"):
        by_hand(f"--cluster existing {option} ''")


def test_options_given_by_hand_are_those_of_the_command():
    assert by_hand(shlex.join([*EVERYTHING, "--platform", "here"])) == parsed(*EVERYTHING)
    assert by_hand("").header().startswith("seatrial: cluster local from default, cluster name seatrial from default")
    assert by_hand("").platform.name == "team-queues"


@pytest.mark.parametrize(("words", "told"), [
    ("--clutser local", "--seatrial: unrecognized arguments: --clutser local"),
    ("-n 2", "--seatrial: unrecognized arguments: -n 2"),
    ("--help", "--seatrial: unrecognized arguments: --help"),
    ("--cluster", "--seatrial: argument --cluster: expected one argument"),
    ("--cluster ground", "there is no kind of cluster 'ground'"),
    ("--context '", "--seatrial: No closing quotation: --context '"),
    ("--platform a --platform b", "--seatrial: pytest runs one platform, and 2 are named"),
    ("--max-gpus many", "--seatrial: argument --max-gpus: invalid int value: 'many'"),
])
def test_what_the_command_would_not_take_is_refused_with_the_way_out(words, told):
    with pytest.raises(UsageError) as refused:
        by_hand(words)
    assert refused.value.message == told
    assert refused.value.way_out


@pytest.mark.parametrize("text", [None, "", "no JSON", "[]", "{\"cluster\": 1}", "{\"cluster\": {\"worth\": 1}}"])
def test_a_file_that_holds_no_settings_is_refused_by_its_name(tmp_path, text):
    file = tmp_path / "file"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError, match=str(file)):
        read(file)


def test_the_file_names_each_value_and_its_source():
    assert json.loads(parsed("--cluster", "kind").text()) == {
        "cluster": {"value": "kind", "source": "option"}, "platform": {"value": "here", "source": "option"}}
