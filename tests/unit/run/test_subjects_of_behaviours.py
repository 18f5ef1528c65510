import pytest

BY_TEAM = '''
@promise(promise="guaranteed_gpus")
def test_a_team_gets_its_gpus(platform, team, component):
    """A team gets what it was guaranteed."""
    assert team is platform.team
    assert team.guaranteed_gpus
    assert component.name == "kueue"
'''


def test_a_behaviour_runs_for_each_team_that_was_promised_it(trial):
    trial.suite(BY_TEAM)
    trial.run().assert_outcomes(passed=2)
    assert trial.verdicts() == {"a_team_gets_its_gpus[training-a]": "passed",
                                "a_team_gets_its_gpus[serving-c]": "passed"}


@pytest.mark.parametrize("fixtures", ["platform, component", "platform"])
def test_a_behaviour_runs_for_each_component_that_provides_what_it_needs(trial, fixtures):
    trial.suite(f'''
@promise()
def test_quota_holds({fixtures}):
    """Quota holds."""
    assert platform.component.name in ("kueue", "volcano")

@promise(needs=[Feature.PYTORCH_TRAINING])
def test_training_starts({fixtures}):
    """Training starts."""

@promise(needs=[Feature.PYTORCH_TRAINING, Feature.BORROWING])
def test_training_borrows({fixtures}):
    """Training borrows: what the training operator provides comes on top of what Kueue does."""
''')
    trial.run()
    assert trial.verdicts() == {
        "quota_holds[kueue]": "passed", "quota_holds[volcano]": "passed",
        "training_starts[training-operator]": "passed", "training_borrows[kueue]": "passed"}


def test_work_of_a_team_is_dressed_for_the_component_that_brings_what_its_own_one_lacks(trial):
    trial.suite('''
@promise(promise="may_borrow_gpus", needs=[Feature.PYTORCH_TRAINING, Feature.BORROWING])
def test_training_borrows(platform, team, component):
    """Training borrows: Kueue keeps the promise, the training operator makes the pods."""
    assert (team.component, component.name) == ("kueue", "training-operator")
''')
    trial.run().assert_outcomes(passed=1)


def test_what_comes_with_the_ground_is_there_although_no_folder_names_it(trial):
    trial.suite('''
@promise(needs=[Feature.FAKE_GPU])
def test_devices(platform):
    """Devices."""
    assert platform.component.name == "gpu-layer"
''')
    trial.run()
    assert trial.verdicts() == {"devices[gpu-layer]": "passed"}


def test_what_one_scheduler_provides_does_not_help_a_team_of_another(trial):
    trial.suite('''
@promise(promise="guaranteed_gpus", needs=[Feature.GANG_SCHEDULING])
def test_gangs(platform, team):
    """Gangs."""
''')
    trial.run()
    assert trial.verdicts() == {"gangs[nothing]": "unsupported"}
    assert trial.causes() == {"gangs[nothing]": "no component that serves the teams of queues provides gang-scheduling"}


def test_nothing_to_run_for_is_told_and_is_no_success(trial):
    trial.suite('''
@promise(promise="stays_in_one")
def test_racks(platform, team):
    """Racks."""

@promise(needs=[Feature.FAIR_SHARING])
def test_shares(platform):
    """Shares."""

@promise(needs=[Feature.GANG_SCHEDULING, Feature.BORROWING])
def test_both(platform):
    """Both."""
''')
    trial.run().assert_outcomes(skipped=3)
    assert trial.causes() == {
        "racks[nothing]": "no team of queues was promised stays_in_one",
        "shares[nothing]": "no component of queues provides fair-sharing "
                           "(it has gpu-layer, kueue, training-operator, volcano)",
        "both[nothing]": "no single component of queues provides gang-scheduling, borrowing"}
    assert {row["promise"]: row["lacks"] for row in trial.rows("result")} == {
        "Racks.": "promise stays_in_one", "Shares.": "fair-sharing", "Both.": ""}


def test_only_the_areas_asked_for_run(trial):
    trial.suite(BY_TEAM)
    trial.suite(BY_TEAM, area="training", subject="jobs")
    trial.run("--only", "training").assert_outcomes(passed=2, deselected=2)
    assert {row["id"].partition("::")[0] for row in trial.rows("result")} == {"training/jobs"}


def test_an_unknown_area_is_refused_with_the_known_ones(trial):
    printed = trial.run("--only", "schedulling")
    assert printed.ret == pytest.ExitCode.USAGE_ERROR
    printed.stderr.fnmatch_lines(["ERROR: there is no area 'schedulling'", "*--only knows: scheduling, training"])


def test_a_folder_that_cannot_be_read_is_a_usage_error(trial):
    printed = trial.run(platform="missing")
    assert printed.ret == pytest.ExitCode.USAGE_ERROR
    printed.stderr.fnmatch_lines(["ERROR: missing is no platform folder", "*name one that has a platform.yaml"])
    assert "Traceback" not in printed.stderr.str()


def test_an_unknown_component_is_refused_with_the_known_ones(trial):
    trial.run(platform="strange").stderr.fnmatch_lines(["ERROR: strange: there is no component 'unheard-of'"])
