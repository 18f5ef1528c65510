"""One pytest process of a run: what it holds, and the decisions behind the hooks of `conformance.plugin`."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance import catalog
from conformance.clusters import Cluster, Lent
from conformance.errors import Disabled, SeatrialError, Unsupported, UsageError
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component
from conformance.model.exit_code import ExitCode
from conformance.model.fault import Site
from conformance.model.folder import PlatformFolder
from conformance.model.measurement import Interval, Measure, Measurement, Objective
from conformance.model.outcome import Outcome
from conformance.model.promise import Promises
from conformance.model.report import Kill, Result
from conformance.platform import on_existing
from conformance.run import judging, planning
from conformance.run.ground import Ground
from conformance.run.ledger import PROPERTY, Ledger, Phase, lost, phase_in
from conformance.run.planning import Subject
from conformance.run.rows import Writer, kill_row, result_row
from conformance.run.settings import EXISTING, Settings, from_text
from conformance.waiting import Unmet

SUBJECT = "seatrial_subject"
HANDED = "seatrial"
MEASURED = pytest.StashKey[list[Measurement]]()


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What a worker of pytest-xdist gets from the process that opened the cluster."""

    settings: Settings
    kind: str
    name: str
    kubeconfig: Path

    def packed(self) -> str:
        """Return it as text."""
        return json.dumps({"settings": self.settings.text(), "kind": self.kind, "name": self.name,
                           "kubeconfig": str(self.kubeconfig)})

    @classmethod
    def unpacked(cls, text: str) -> "Handed":
        """Return what `packed` made a text of."""
        said = json.loads(text)
        return cls(settings=from_text(said["settings"]), kind=said["kind"], name=said["name"],
                   kubeconfig=Path(said["kubeconfig"]))


class Trial:
    """Settings, folder and cluster of this process; the folder and the cluster are read when first needed."""

    def __init__(self, settings: Settings, ground: Ground, handed: Handed | None) -> None:
        self.settings = settings
        self.ground = ground
        self.writer = Writer(settings.results)
        self._handed = handed
        self._cluster: Cluster | None = None
        self._opened_here = False
        self._broken = ""
        self._in_trouble = False
        self._own = Ledger()  # of the tests that this process ran: a proof needs its control
        self._all = Ledger()  # of the tests that were reported to this process, by itself or by workers

    @cached_property
    def folder(self) -> PlatformFolder:
        """The platform folder, as it lies on this cluster. Raises SeatrialError."""
        permit = self.settings.permit
        return self.ground.moved(self._written, permit) if permit else self._written

    @cached_property
    def _written(self) -> PlatformFolder:
        return self.ground.read_folder(self.settings.platform)

    @cached_property
    def promises(self) -> Promises:
        """The folder's promises."""
        return self.ground.promises(self.folder)

    @cached_property
    def components(self) -> dict[str, Component]:
        """The components of the folder and of the ground, by name. Raises UsageError for one that is not known."""
        known = self.ground.components()
        unknown = [spec.name for spec in self.folder.components if spec.name not in known]
        if unknown:
            raise UsageError(f"{self.folder.name}: there is no component {unknown[0]!r}",
                             f"known: {', '.join(sorted(known))}")
        below = {component.name: component for component in known.values() if component.of_ground}
        return {spec.name: known[spec.name].set_up(spec.settings) for spec in self.folder.components} | below

    # -- what runs --------------------------------------------------------------------------------

    def check(self, *, workers: int = 0) -> None:
        """Raise SeatrialError for settings that cannot work, before anything is started."""
        if workers and self.settings.permit:
            raise UsageError(f"-n {workers}: with --allow-changes one check runs after the other",
                             "leave -n out: one process counts what is at work at any one time")
        areas = catalog.areas()
        unknown = [area for area in self.settings.only if area not in areas]
        if unknown:
            raise UsageError(f"there is no area {unknown[0]!r}", f"--only knows: {', '.join(areas)}")
        _ = self.components

    def subjects(self, behaviour: Behaviour) -> list[Subject]:
        """Return what a behaviour runs for here."""
        sound = planning.subjects(behaviour, platform=self.folder.name, promises=self.promises,
                                  components=self.components)
        return planning.proofs(behaviour, sound, self.components) if self.settings.prove else sound

    def size(self) -> int:
        """Return about how many checks there are to run here; what is refused takes no time."""
        asked = [one for one in catalog.behaviours() if planning.selected(one, self.settings.only)]
        return sum(not subject.refusal for behaviour in asked for subject in self.subjects(behaviour))

    def arrange(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Put items into their groups; return those that were not asked for, taken out of `items`."""
        left_out = []
        for item in list(items):
            behaviour = behaviour_of(item)
            if behaviour is None:
                continue
            if not planning.selected(behaviour, self.settings.only):
                items.remove(item)
                left_out.append(item)
                continue
            item.add_marker(pytest.mark.timeout(behaviour.limit_s))
            if (name := self._group(behaviour, subject_of(item))) is not None:
                item.add_marker(pytest.mark.xdist_group(name))
        return left_out

    def _group(self, behaviour: Behaviour, subject: Subject) -> str | None:
        # Without a team of its own a behaviour submits for the first one.
        team = subject.team or next(iter(self.promises.teams), None)
        pool = self.ground.pool(team, self.folder) if team else None
        return planning.group(behaviour, pool=pool, prove=self.settings.prove)

    # -- the cluster ------------------------------------------------------------------------------

    @property
    def cluster(self) -> Cluster:
        """The cluster that all processes of the run share. Raises SeatrialError."""
        if self._cluster is None and self._handed:
            self._cluster = self.ground.attach(self._handed.kind, self._handed.name, self._handed.kubeconfig,
                                               self.settings.context)
        if self._cluster is None:
            raise UsageError("no cluster was opened for this run", "name the ground with --cluster local")
        return self._cluster

    def open(self) -> None:
        """Open the cluster and install the platform, once per run; a failure ends the run."""
        if self._cluster is not None:
            return
        try:
            self.check()
            self._cluster, self._opened_here = self.ground.open_cluster(self.settings, self._written, self.say)
            if self.settings.cluster != EXISTING:
                self.ground.install(self._cluster, self.folder, self.say)
            self.writer.write({"row": "ground", "platform": self.folder.name,
                               "cluster": self._cluster.describe(),
                               "uncovered_limits": list(self.ground.uncovered_limits(self.folder)),
                               "confirmed_by": self.promises.confirmed_by,
                               "components": sorted(self.components),
                               "faults": sorted(catalog.faults_of(self.components))})
        except (SeatrialError, Unmet) as error:  # nothing is judged yet: what is not ready in time is our error
            self._in_trouble = True
            self.writer.write({"row": "trouble", "text": str(error)})
            pytest.exit(str(error), returncode=ExitCode.OUR_ERROR)

    def handed(self) -> Handed:
        """Return what a worker needs to judge behaviours on the same cluster."""
        return Handed(settings=self.settings, kind=self.cluster.kind, name=self.cluster.name,
                      kubeconfig=self.cluster.kubeconfig)

    def close(self) -> None:
        """Take the cluster down, or what was made on it, if this run did that and nobody asked to keep it.

        When something went wrong, what tells why is kept first.
        """
        if self._cluster is not None and self._in_trouble and self.settings.diagnostics:
            self.say(f"keeping events and logs in {self.settings.diagnostics}")
            self._cluster.collect(self.settings.diagnostics)
        if self._cluster is not None and self._opened_here and not self.settings.keep:
            self.say(f"removing what was made on {self._cluster.name}" if self.settings.permit
                     else f"taking cluster {self._cluster.name} down")
            try:
                self._cluster.close()
            except SeatrialError as error:
                self.writer.write({"row": "trouble", "text": str(error)})
                raise
        self._cluster = None

    def say(self, text: str) -> None:
        """Tell the reader of the results what is being done."""
        self.writer.write({"row": "progress", "text": text})

    def plan(self, count: int) -> None:
        """Tell the reader of the results how many tests there are."""
        self.writer.write({"row": "plan", "count": count})

    # -- one test ---------------------------------------------------------------------------------

    def refuse(self, item: pytest.Item, behaviour: Behaviour) -> None:
        """Raise Unsupported, Disabled or SeatrialError when a test cannot run here."""
        subject = subject_of(item)
        if subject.refusal:
            raise Unsupported(subject.refusal)
        if self._broken:
            raise SeatrialError(f"the platform is still broken: {self._broken}")
        if reason := judging.too_unreal(behaviour, self.cluster.fidelity):
            raise Unsupported(reason)
        if self.settings.cluster == EXISTING:
            self._refuse_existing(behaviour, subject)

    def _refuse_existing(self, behaviour: Behaviour, subject: Subject) -> None:
        noes = [*on_existing.not_allowed(behaviour, subject.component, self.settings.permit,
                                      fault=subject.fault is not None)]
        if noes:
            raise Disabled("; ".join(no.message for no in noes), " ".join(no.way_out for no in noes))
        self.ground.check_visit(self.cluster, self.folder, behaviour=behaviour, component=subject.component,
                                team=subject.team)

    @contextmanager
    def faulty(self, item: pytest.Item) -> Iterator[None]:
        """Keep the test's fault applied, if it has one."""
        subject = subject_of(item)
        if subject.fault is None:
            yield
            return
        try:
            api = self.cluster.unfenced if isinstance(self.cluster, Lent) else self.cluster.api
            site = Site(api=api, team=subject.team, folder=self.folder.path, cluster=self.cluster)
            with judging.applied(subject.fault, site):
                yield
        except judging.PlatformLeftBroken as error:
            self._broken = error.message
            raise

    def judge(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Put the verdict on one phase into its report, and pytest's own word in line with it."""
        behaviour = behaviour_of(item)
        if behaviour is None:
            return
        subject = subject_of(item)
        error = call.excinfo.value if call.excinfo else None
        verdict = judging.judge(error, phase=report.when or "call", module=file_of(item), limit_s=behaviour.limit_s)
        measured = item.stash.get(MEASURED, []) if report.when == "call" else []
        phase = self._phase(item, behaviour, subject, verdict, measured)
        report.user_properties = [*report.user_properties, (PROPERTY, phase.packed())]
        self._own.add(report.nodeid, phase, report.duration)
        if verdict.outcome in (Outcome.UNSUPPORTED, Outcome.DISABLED):
            report.outcome = "skipped"
            path, line, _ = item.location
            report.longrepr = (path, (line or 0) + 1, f"{verdict.outcome.label}: {verdict.cause}")
        elif report.when == "call" and subject.fault:
            self._invert(report, phase, verdict)
        if report.when == "teardown":
            self._own.close(report.nodeid)

    def _invert(self, report: pytest.TestReport, phase: Phase, verdict: judging.Verdict) -> None:
        proved = self._own.kill(phase, verdict)
        if proved.caught:
            report.outcome, report.longrepr = "passed", None
        elif report.outcome == "passed" or proved.outcome is not verdict.outcome:
            report.outcome, report.longrepr = "failed", proved.cause

    def _phase(self, item: pytest.Item, behaviour: Behaviour, subject: Subject, verdict: judging.Verdict,
               measured: Sequence[Measurement]) -> Phase:
        sound, where = replace(subject, fault=None), self._cluster
        fault = subject.fault.name if subject.fault else ""
        return Phase(
            id=f"{behaviour.id}[{subject.id}]", behaviour=behaviour.id, promise=behaviour.title,
            requirement=behaviour.requirement,
            platform=self.folder.name, component=subject.component.name if subject.component else "",
            fidelity=(judging.stands_on(behaviour, where.fidelity) if where else behaviour.fidelity).label,
            cluster=where.name if where else "", confirmed=self.promises.confirmed_by is not None,
            reproduce=self.settings.again(
                item.name, control=item.name.replace(f"[{subject.id}]", f"[{sound.id}]") if fault else ""),
            subject=sound.id, fault=fault, control=f"{behaviour.id}[{sound.id}]",
            word=next((catch.word for catch in behaviour.catches if catch.fault == fault), ""),
            outcome=verdict.outcome.label, cause=verdict.cause, trace=verdict.trace,
            needs_samples=verdict.needs_samples, lacks=subject.lacks,
            measurements=[asdict(one) for one in measured])

    def record(self, report: pytest.TestReport) -> None:
        """Write the verdict on a test whose last phase this report is."""
        phase = phase_in(report.user_properties)
        if phase is not None:
            self._all.add(report.nodeid, phase, report.duration)
        elif report.when not in ("setup", "call", "teardown"):  # what xdist says of a worker that died
            cluster = self._cluster.name if self._cluster else ""
            self.writer.write(result_row(lost(report.nodeid, str(report.longrepr), platform=self.folder.name,
                                              cluster=cluster)))
        if report.when == "teardown":
            found = self._all.close(report.nodeid)
            if found is not None:
                self.writer.write(kill_row(found) if isinstance(found, Kill) else result_row(found))
                self._in_trouble |= isinstance(found, Result) and found.outcome in (Outcome.FAILED, Outcome.ERROR)


def recorder(item: pytest.Item) -> Measure:
    """Return what records the measurements of a test."""
    found = item.stash.setdefault(MEASURED, [])

    def measure(name: str, value: float, unit: str, *, n: int = 1, interval: Interval | None = None,
                objective: Objective | None = None) -> None:
        found.append(Measurement(name=name, value=value, unit=unit, n=n, interval=interval, objective=objective))

    return measure


def behaviour_of(item: pytest.Item) -> Behaviour | None:
    """Return the behaviour that an item was declared as, or None."""
    return catalog.declared(getattr(item, "function", None))


def file_of(item: pytest.Item) -> str:
    """Return the file of a test's function, as a traceback names it."""
    function: Any = getattr(item, "function", None)
    return str(function.__code__.co_filename)


def subject_of(item: pytest.Item) -> Subject:
    """Return what an item runs for."""
    callspec: Any = getattr(item, "callspec", None)
    found: Subject = callspec.params[SUBJECT]
    return found
