"""Puts a platform folder onto a cluster."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from conformance.catalog import components
from conformance.components import LoadImages
from conformance.kube.api import Api
from conformance.model.folder import PlatformFolder

Say = Callable[[str], None]


def install(api: Api, folder: PlatformFolder, load_images: LoadImages, say: Say) -> None:
    """Install a folder's components side by side, then apply its manifests.

    `load_images` puts OCI archives where the cluster's nodes find them. Raises SeatrialError.
    """
    known = components()
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(known[spec.name].install, api, spec, load_images) for spec in folder.components]
        for spec, job in zip(folder.components, jobs, strict=True):
            job.result()
            say(f"{spec.name} {spec.version} is ready")
    api.apply_all(dict(manifest.object) for manifest in folder.manifests)
    say(f"{len(folder.manifests)} manifests of {folder.name} are applied")
