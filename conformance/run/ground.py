"""What the pytest plugin asks of the rest of the harness, behind one seam.

The plugin's hook `pytest_seatrial_ground` may return another one: that is how the plugin is tested
without a cluster, and how a vendor brings a ground of his own.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from conformance.clusters import Cluster, Lent, Say, attach, open_cluster
from conformance.errors import SeatrialError
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component
from conformance.model.folder import PlatformFolder
from conformance.model.permit import Permit
from conformance.model.promise import Promises, Team
from conformance.run.settings import Settings


class Ground(Protocol):
    """Folders, clusters and platforms. All of it may raise SeatrialError."""

    def read_folder(self, path: Path) -> PlatformFolder:
        """Return what a platform folder says."""

    def promises(self, folder: PlatformFolder) -> Promises:
        """Return the promises of a folder, drafted from its manifests when it states none."""

    def uncovered_limits(self, folder: PlatformFolder) -> tuple[str, ...]:
        """Return the limits in the manifests that no promise covers."""

    def pool(self, team: Team, folder: PlatformFolder) -> str:
        """Return a name for a team and those that it shares GPUs with."""

    def components(self) -> Mapping[str, Component]:
        """Return all components that there are, by name."""

    def open_cluster(self, settings: Settings, folder: PlatformFolder, say: Say) -> tuple[Cluster, bool]:
        """Return a cluster, and whether it was brought up by this call."""

    def attach(self, kind: str, name: str, kubeconfig: Path, context: str | None) -> Cluster:
        """Return a cluster that another process opened."""

    def moved(self, folder: PlatformFolder, permit: Permit) -> PlatformFolder:
        """Return a folder as it lies on a cluster that is not ours."""

    def check_visit(self, cluster: Cluster, folder: PlatformFolder, *, behaviour: Behaviour,
                    component: Component | None, team: Team | None) -> None:
        """Raise Unsupported when a behaviour cannot be checked now on a cluster that is not ours."""

    def install(self, cluster: Cluster, folder: PlatformFolder, say: Say) -> None:
        """Install the components of a folder and apply its manifests."""

    def platform(self, cluster: Cluster, folder: PlatformFolder, *, behaviour: Behaviour,
                 component: Component | None, team: Team | None) -> AbstractContextManager[Any]:
        """Return what a behaviour holds while it runs: its own namespace, its timeline, `submit`."""


class RealGround:
    """The ground that ships; imports what is slow only when it is asked for it."""

    def read_folder(self, path: Path) -> PlatformFolder:
        """Return what a platform folder says."""
        from conformance.folder import read  # noqa: PLC0415

        return read.load(path)

    def promises(self, folder: PlatformFolder) -> Promises:
        """Return the promises of a folder, drafted from its manifests when it states none."""
        from conformance.folder import promises  # noqa: PLC0415

        return promises.promised(folder)

    def uncovered_limits(self, folder: PlatformFolder) -> tuple[str, ...]:
        """Return the limits in the manifests that no promise covers."""
        from conformance.folder import uncovered  # noqa: PLC0415

        return uncovered.uncovered_limits(folder)

    def pool(self, team: Team, folder: PlatformFolder) -> str:
        """Return a name for a team and those that it shares GPUs with."""
        from conformance.folder import promises  # noqa: PLC0415

        return promises.pool(team, folder)

    def components(self) -> Mapping[str, Component]:
        """Return all components that there are, by name."""
        from conformance import catalog  # noqa: PLC0415


        return catalog.components()

    def open_cluster(self, settings: Settings, folder: PlatformFolder, say: Say) -> tuple[Cluster, bool]:
        """Return a cluster, and whether it was brought up, or entered, by this call."""
        if settings.permit:
            from conformance.platform import on_existing  # noqa: PLC0415

            return on_existing.enter(folder, settings.permit, kubeconfig=settings.kubeconfig, context=settings.context,
                                     say=say), True
        return open_cluster(settings.cluster, name=settings.cluster_name, kubeconfig=settings.kubeconfig,
                            context=settings.context, nodes_profile=folder.nodes, keep=settings.keep,
                            diagnostics=settings.diagnostics, say=say)

    def attach(self, kind: str, name: str, kubeconfig: Path, context: str | None) -> Cluster:
        """Return a cluster that another process opened."""
        return attach(kind, name=name, kubeconfig=kubeconfig, context=context)

    def moved(self, folder: PlatformFolder, permit: Permit) -> PlatformFolder:
        """Return a folder as it lies on a cluster that is not ours."""
        from conformance.platform import on_existing  # noqa: PLC0415

        return on_existing.moved(folder, permit)

    def check_visit(self, cluster: Cluster, folder: PlatformFolder, *, behaviour: Behaviour,
                    component: Component | None, team: Team | None) -> None:
        """Raise Unsupported when a behaviour cannot be checked now on a cluster that is not ours."""
        from conformance.platform import on_existing  # noqa: PLC0415

        if isinstance(cluster, Lent) and cluster.permit and component:
            on_existing.check(cluster, cluster.permit, folder, behaviour, component, team)

    def install(self, cluster: Cluster, folder: PlatformFolder, say: Say) -> None:
        """Install the components of a folder and apply its manifests."""
        from conformance.platform.install import install  # noqa: PLC0415

        install(cluster.api, folder, cluster.load_images, say)

    def platform(self, cluster: Cluster, folder: PlatformFolder, *, behaviour: Behaviour,
                 component: Component | None, team: Team | None) -> AbstractContextManager[Any]:
        """Return what a behaviour holds while it runs: its own namespace, its timeline, `submit`."""
        from conformance.platform import Platform  # noqa: PLC0415

        if component is None:
            raise SeatrialError(f"{behaviour.id} needs no component, so there is nobody to submit work to")
        found: AbstractContextManager[Any] = Platform.open(cluster, folder, behaviour=behaviour, component=component,
                                                           team=team)
        return found
