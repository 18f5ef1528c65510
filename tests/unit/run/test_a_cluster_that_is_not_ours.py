"""What a run does on somebody's cluster, and what its owner has to say yes to first."""

import pytest

SUITE = '''
@promise(promise="guaranteed_gpus")
def test_fills_the_cohort(platform, team):
    """It asks for all there is."""

@promise(needs=[Feature.GANG_SCHEDULING], disturbs=[])
def test_gangs(platform):
    """Gangs."""

@promise(disturbs=[])
def test_is_small(platform):
    """It asks for a GPU."""

@promise(disturbs=[Disturbance.COHORT, Disturbance.NODES], needs=[Feature.BORROWING])
def test_fills_nodes(platform):
    """It fills nodes."""

@promise(disturbs=[], needs=[Feature.BORROWING],
         cluster_objects=lambda one: {"kueue": ["ClusterQueue/a"], "volcano": ["Queue/b"]}.get(one.name, ()))
def test_makes_queues(platform):
    """It makes queues."""
'''
ALL = {"fills_the_cohort[training-a]", "fills_the_cohort[serving-c]", "gangs[volcano]", "is_small[kueue]",
       "is_small[volcano]", "fills_nodes[kueue]", "makes_queues[kueue]"}
EXISTING = ("--cluster", "existing", "--kubeconfig", "x")
ALLOWED = (*EXISTING, "--allow-changes", "mine-")


@pytest.mark.parametrize(("words", "told"), [
    (["--kubeconfig", "x"], "*--kubeconfig is about a cluster that exists"),
    (["--context", "x"], "*--context is about a cluster that exists"),
    (["--allow-changes", "mine-"], "*--allow-changes is about a cluster that exists"),
    ([*EXISTING, "--max-gpus", "8"], "*--max-gpus is about what may be made on the cluster, and nothing may"),
    ([*EXISTING, "--allow-changes", "Mine"], "*'Mine' is no prefix of namespaces"),
    ([*EXISTING, "--allow-changes", "mine"], "*'mine' is no prefix of namespaces"),
    ([*EXISTING, "--allow-changes", "a--"], "*'a--' is no prefix of namespaces"),
    ([*EXISTING, "--allow-changes", "kube-"], "*namespaces that begin with kube- belong to the cluster itself"),
    ([*ALLOWED, "--max-pods", "0"], "*--max-pods 0 is no limit"),
    ([*ALLOWED, "--max-seconds", "-1"], "*--max-seconds -1 is no limit"),
    ([*ALLOWED, "--may-disturb", "everybody"], "*--may-disturb everybody: there is no such disturbance"),
    ([*ALLOWED, "--node-selector", "gpu"], "*--node-selector gpu is no label"),
    ([*ALLOWED, "--cluster-object", "ClusterQueue"], "*--cluster-object ClusterQueue names no object"),
])
def test_what_cannot_be_meant_is_refused_in_one_line(trial, words, told):
    trial.suite(SUITE)
    printed = trial.by_hand(words=words)
    assert printed.ret == pytest.ExitCode.USAGE_ERROR
    printed.stderr.fnmatch_lines([told, "*way out: *"])
    assert "Traceback" not in printed.stderr.str()
    assert trial.notes() == []


def test_nothing_is_changed_until_that_is_allowed_and_the_refusal_names_every_option(trial):
    trial.suite(SUITE)
    trial.run(*EXISTING)
    assert trial.verdicts() == dict.fromkeys(ALL, "disabled")
    causes = trial.causes()
    assert causes["is_small[kueue]"] == ("it would create and delete workloads on an existing cluster "
                                         "(way out: --allow-changes PREFIX)")
    assert causes["fills_nodes[kueue]"].endswith("(way out: --allow-changes PREFIX --may-disturb cohort "
                                                 "--may-disturb nodes)")
    assert causes["makes_queues[kueue]"].endswith("(way out: --allow-changes PREFIX --cluster-object "
                                                  "ClusterQueue/PREFIX-a)")


def test_what_disturbs_others_is_not_done_until_it_is_asked_for_by_name(trial):
    trial.suite(SUITE)
    trial.run(*ALLOWED)
    assert trial.verdicts() == {**dict.fromkeys(ALL, "disabled"), "is_small[kueue]": "passed",
                                "is_small[volcano]": "unsupported", "gangs[volcano]": "unsupported"}
    assert trial.causes()["fills_the_cohort[training-a]"] == (
        "it asks for all that a queue and those who share with it may hold, so that others' work waits or gives way "
        "(way out: --may-disturb cohort)")
    assert trial.causes()["makes_queues[kueue]"] == ("it makes ClusterQueue mine-a, which lie in no namespace "
                                                     "(way out: --cluster-object ClusterQueue/mine-a)")
    assert trial.causes()["gangs[volcano]"] == "volcano is not on seatrial"
    assert "install queues" not in trial.notes()


def test_what_was_asked_for_by_name_runs(trial):
    trial.suite(SUITE)
    trial.run(*ALLOWED, "--may-disturb", "cohort", "--may-disturb", "nodes", "--cluster-object", "ClusterQueue/mine-a")
    assert trial.verdicts() == {**dict.fromkeys(ALL, "passed"), "is_small[volcano]": "unsupported",
                                "gangs[volcano]": "unsupported"}


def test_a_behaviour_that_does_not_say_whom_it_disturbs_is_taken_to_disturb(trial):
    trial.suite(SUITE + '''
@promise()
def test_says_nothing(platform):
    """It says nothing."""
''')
    trial.run(*ALLOWED, "-k", "says_nothing and kueue")
    assert set(trial.verdicts().values()) == {"disabled"}


def test_a_fault_is_not_made_until_that_is_asked_for(trial):
    trial.suite(SUITE)
    trial.run(*ALLOWED, "--prove", "-k", "is_small")
    assert trial.kills() == {("is_small", "quota-dropped"): "disabled"}
    assert not any(note.startswith("break") for note in trial.notes())
    (trial.path / "rows").unlink()
    trial.run(*ALLOWED, "--prove", "-k", "is_small", "--may-disturb", "platform")
    assert any(note.startswith("break") for note in trial.notes())


def test_with_changes_one_check_runs_after_the_other(trial):
    trial.suite(SUITE)
    printed = trial.run(*ALLOWED, "-n2", separately=True)
    assert printed.ret == pytest.ExitCode.USAGE_ERROR
    printed.stderr.fnmatch_lines(["*-n 2: with --allow-changes one check runs after the other"])


def test_the_command_that_runs_one_check_again_allows_what_was_allowed(trial):
    trial.suite('''
@promise(disturbs=[])
def test_fails(platform):
    """It fails."""
    assert platform is None
''')
    trial.run(*ALLOWED, "--context", "staging", "--max-gpus", "4", "--node-selector", "a=b", "-k", "kueue")
    (row,) = trial.rows("result")
    assert row["reproduce"] == ("seatrial run --platform queues --cluster existing --kubeconfig x --context staging "
                                "--allow-changes mine- --max-gpus 4 --node-selector a=b -k 'test_fails[kueue]'")
