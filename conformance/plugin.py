"""The pytest plugin: gives behaviours their subjects, platform and verdict; leaves other tests alone.

It loads in every pytest run where Seatrial is installed, so nothing slow is imported before it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from conformance.model.component import Component
    from conformance.model.measurement import Measure
    from conformance.model.promise import Team
    from conformance.run.ground import Ground
    from conformance.run.planning import Subject
    from conformance.run.session import Trial
    from conformance.run.settings import Settings

TRIAL = pytest.StashKey["Trial"]()
SUITES = "conformance.suites"
SUBJECT = "seatrial_subject"
GROUPED = "seatrial_grouped"


class Hooks:
    """The hooks that this plugin adds."""

    @pytest.hookspec(firstresult=True)
    def pytest_seatrial_ground(self, config: pytest.Config) -> Ground | None:
        """Return what clusters and platforms come from; the first plugin that returns one is asked."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run; they are named after us, since this is everybody's pytest."""
    group = parser.getgroup("seatrial", "Seatrial: behaviours of a GPU platform")
    group.addoption("--seatrial", metavar="OPTIONS",
                    help="run behaviours with these options of seatrial run, in quotes and after an equals sign: "
                         "--seatrial='--cluster local --prove'")
    group.addoption("--seatrial-settings", metavar="FILE",
                    help="run behaviours with the settings that seatrial run wrote to a file")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare `pytest_seatrial_ground`."""
    pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(trylast=True)
def pytest_seatrial_ground(config: pytest.Config) -> Ground:  # noqa: ARG001
    """Return the ground that ships."""
    from conformance.run.ground import RealGround  # noqa: PLC0415

    return RealGround()


def pytest_configure(config: pytest.Config) -> None:
    """Check the settings of a run of behaviours before anything is started."""
    if is_ours(config) and not config.option.help:
        if getattr(config.option, "dist", "no") == "load":
            config.option.dist = "loadgroup"  # what `-n 2` means here: who shares a scarce thing shares a worker
        if getattr(config, "workerinput", {}).get(GROUPED):
            config.option.loadgroup = True  # a worker reads the command line again, without that change
        with usage():
            trial(config).check(workers=getattr(config.option, "numprocesses", None) or 0)


def is_ours(config: pytest.Config) -> bool:
    """Whether this run is about behaviours, as far as its command line says."""
    given = config.option.seatrial is not None or config.option.seatrial_settings is not None
    return given or any(argument.startswith(SUITES) for argument in config.args)


def trial(config: pytest.Config) -> Trial:
    """Return the trial of this process, made when it is first asked for. Raises SeatrialError."""
    found = config.stash.get(TRIAL, None)
    if found is None:
        from conformance.run.session import HANDED, Handed, Trial  # noqa: PLC0415

        handed = getattr(config, "workerinput", {}).get(HANDED)
        handed = Handed.unpacked(handed) if handed else None
        found = Trial(handed.settings if handed else _settings(config),
                      config.hook.pytest_seatrial_ground(config=config), handed)
        config.stash[TRIAL] = found
    return found


def _settings(config: pytest.Config) -> Settings:
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.run import settings  # noqa: PLC0415

    words, file = config.option.seatrial, config.option.seatrial_settings
    if file is None:
        return settings.by_hand(words or "")
    if words is not None:
        raise UsageError("--seatrial and --seatrial-settings both say what is to run", "leave one of them out")
    return settings.read(Path(file))


class usage:  # noqa: N801 -- read as a statement: with usage(): ...
    """Turns our errors into pytest's usage errors: one line, no traceback."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Raise pytest.UsageError in place of a SeatrialError."""
        from conformance.errors import SeatrialError  # noqa: PLC0415

        if isinstance(error, SeatrialError):
            raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the ground and the platform, and where each choice came from."""
    return trial(config).settings.header() if is_ours(config) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a behaviour once for each of its subjects."""
    behaviour = _declared(metafunc.function)
    if behaviour is not None:
        with usage():
            found = trial(metafunc.config).subjects(behaviour)
        metafunc.fixturenames.append(SUBJECT)
        metafunc.parametrize(SUBJECT, found, ids=[subject.id for subject in found], indirect=True)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the areas that were not asked for, and group what may not run side by side."""
    if any(_declared_item(item) for item in items):
        config.hook.pytest_deselected(items=trial(config).arrange(items))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Open the cluster, when there are behaviours to run and this process is nobody's worker."""
    alone = not hasattr(session.config, "workerinput") and not session.config.option.collectonly
    if alone and any(_declared_item(item) for item in session.items):
        trial(session.config).plan(len(session.items))
        trial(session.config).open()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Open the cluster before the first worker of pytest-xdist starts, and hand it over."""
    if is_ours(node.config):
        from conformance.run.session import HANDED  # noqa: PLC0415

        trial(node.config).open()
        node.workerinput[HANDED] = trial(node.config).handed().packed()
        node.workerinput[GROUPED] = node.config.option.dist == "loadgroup"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Tell how many tests there are."""
    if is_ours(node.config):
        trial(node.config).plan(len(ids))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the cluster down."""
    if TRIAL in config.stash:
        config.stash[TRIAL].close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse what cannot run here, before any fixture is made."""
    behaviour = _declared_item(item)
    if behaviour is not None:
        trial(item.config).refuse(item, behaviour)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Apply the fault around the test."""
    if _declared_item(item) is None:
        return (yield)
    with trial(item.config).faulty(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None],
                              ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge each phase of a behaviour."""
    report = yield
    if _declared_item(item) is not None:
        trial(item.config).judge(item, call, report)
    return report


class Recorder:
    """Writes verdicts where tests of all workers are reported: in the process that has no master."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write what this report completes."""
        if TRIAL in self._config.stash:
            self._config.stash[TRIAL].record(report)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Record verdicts, unless a controller does."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Recorder(session.config), "seatrial-recorder")


@pytest.fixture
def seatrial_subject(request: pytest.FixtureRequest) -> Subject:
    """What this behaviour runs for."""
    found: Subject = request.param
    return found


@pytest.fixture
def team(seatrial_subject: Subject) -> Team | None:
    """The team whose promise is tested."""
    return seatrial_subject.team


@pytest.fixture
def component(seatrial_subject: Subject) -> Component | None:
    """The component that provides what the behaviour needs."""
    return seatrial_subject.component


@pytest.fixture
def platform(request: pytest.FixtureRequest, seatrial_subject: Subject) -> Iterator[Any]:
    """The live platform: own namespace, timeline, `submit`."""
    here = trial(request.config)
    with here.ground.platform(here.cluster, here.folder, behaviour=_declared_item(request.node),
                              component=seatrial_subject.component, team=seatrial_subject.team) as opened:
        yield opened


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Measure:
    """Records a number for the behaviour's result: `measure("lent GPUs are back after", 3.2, "s")`."""
    from conformance.run.session import recorder  # noqa: PLC0415

    return recorder(request.node)


def _declared_item(item: pytest.Item) -> Any:
    return _declared(getattr(item, "function", None))


def _declared(function: object) -> Any:
    # By name, so that a run without behaviours imports nothing of ours.
    return getattr(function, "seatrial_behaviour", None)
