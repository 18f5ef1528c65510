"""Container images without a registry: OCI archives under the upstream names.

One uncompressed layer holds the program and the few folders it expects. The same program gives the
same bytes. Format: OCI image layout 1.0 (opencontainers/image-spec).
"""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.builds import store
from conformance.builds.builder import build
from conformance.builds.catalogue import BUSYBOX, PROGRAMS, reference
from conformance.builds.progress import Progress, fitting_progress
from conformance.errors import SeatrialError

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
FORMAT = "1"
"""Part of every key: raise it when the layout below changes."""
PACKING = "-images"
"""Its lock and its workspace are its own: packing takes seconds, and a build that others wait for minutes."""
FOLDERS = {"bin": 0o755, "etc": 0o755, "tmp": 0o1777, "var": 0o755, "var/tmp": 0o1777}
HOST_BUSYBOX = Path("/bin/busybox")
HOST_BASH = Path("/bin/bash-static")
"""The `sh` of test pods: busybox's own forgets variables whose names are no shell variables' (`data-1`), which
Kubernetes allows and upstream's busybox image keeps."""
USERS = "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"


def images(names: Sequence[str], *, progress: Progress | None = None) -> dict[str, Path]:
    """Return OCI archives by image name, building programs and writing archives that are missing.

    Raises SeatrialError.
    """
    progress = progress or fitting_progress()
    return {reference(name): _image(name, progress) for name in names}


def _image(name: str, progress: Progress) -> Path:
    if name != "busybox":
        image = PROGRAMS[name].image
        assert image is not None, f"{name} has no image"
        return packed(name, reference(name), image.path, user=image.user, progress=progress)
    for program, path in host_programs().items():
        if not path.exists() or not is_static(path):
            raise SeatrialError(f"there is no static {program} for test pods",
                                f"apt-get install -y --no-install-recommends {program}-static")
    applets = subprocess.run([HOST_BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    return _archive(name, HOST_BUSYBOX, f"{store.digest(HOST_BUSYBOX)} {store.digest(HOST_BASH)}", reference(name),
                    BUSYBOX.path, BUSYBOX.user, applets, None, progress, shell=HOST_BASH)


def host_programs() -> dict[str, Path]:
    """Return what the image of test pods takes from this machine, by name; their packages are called NAME-static."""
    return {"busybox": HOST_BUSYBOX, "bash": HOST_BASH}


def packed(program: str, name: str, inside: str, *, user: str = "0", under: Path | None = None,
           progress: Progress | None = None) -> Path:
    """Return the OCI archive of a program as an image of any `name`, at path `inside`, building what is missing.

    `under` is a tar file of what else the program needs: a layer below its own. Raises SeatrialError.
    """
    progress = progress or fitting_progress()
    built = build([program], progress=progress)[program]
    return _archive(program, built.path, built.sha256, name, inside, user, (), under, progress)


def _archive(program: str, source: Path, sha256: str, name: str, inside: str, user: str, applets: Sequence[str],
             under: Path | None, progress: Progress, *, shell: Path | None = None) -> Path:
    inputs = f"{FORMAT} {name} {inside} {user} {sha256}" + (f" {store.digest(under)}" if under else "")
    path = store.entry("images", f"{program}.tar", hashlib.sha256(inputs.encode()).hexdigest())
    if not store.is_good(path):
        with store.lock(progress.note, of=PACKING), store.workspace(of=PACKING) as work:
            if not store.is_good(path):  # another process may have written it while we waited
                made = work / path.name
                write_image(source, name, inside, made, user=user, applets=applets, under=under, shell=shell)
                store.add(path, made)
    return path


def is_static(program: Path) -> bool:
    """Whether an ELF file needs no loader: one that does cannot start in an image that holds nothing else."""
    data = program.read_bytes()
    if data[:5] != b"\x7fELF\x02":
        return False
    start = int.from_bytes(data[32:40], "little")
    size, count = int.from_bytes(data[54:56], "little"), int.from_bytes(data[56:58], "little")
    kinds = {int.from_bytes(data[at:at + 4], "little") for at in range(start, start + size * count, size)}
    return 3 not in kinds  # PT_INTERP


def write_image(program: Path, name: str, inside: str, out: Path, *, user: str = "0",
                applets: Sequence[str] = (), under: Path | None = None, shell: Path | None = None) -> None:
    """Write an OCI archive to `out`: `program` at path `inside`, called `name`.

    `user` is `uid:gid`; `applets` are further names in `/bin` for the same program; `under` is a tar file that
    becomes the layer below; `shell` is another program that is `/bin/sh`. Raises OSError.
    """
    layer = out.with_suffix(".layer")
    with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as tar:
        for folder, mode in FOLDERS.items():
            _add(tar, folder, mode=mode, kind=tarfile.DIRTYPE)
        _add(tar, "etc/passwd", USERS.encode())
        _add_file(tar, inside.lstrip("/"), program)
        if shell:
            _add_file(tar, "bin/sh", shell)
        for applet in sorted(set(applets) - {"busybox", *(["sh"] if shell else [])}):
            _add(tar, f"bin/{applet}", kind=tarfile.SYMTYPE, target=inside)
    path = f"PATH=/bin:/usr/bin:/usr/local/bin{':/usr/sbin' if under else ''}"
    write_archive({name: ([*([under] if under else []), layer], {
        "Entrypoint": [inside] if not applets else ["/bin/sh"], "Env": [path], "User": user, "WorkingDir": "/"})}, out)
    layer.unlink()


def write_archive(images: Mapping[str, tuple[Sequence[Path], Mapping[str, Any]]], out: Path) -> None:
    """Write an OCI archive to `out` of images by name: their layers as tar files, the lowest first, and their `config`.

    A layer that several have is written once. Raises OSError.
    """
    blobs: dict[str, bytes | Path] = {}
    manifests = []
    for name, (layers, config) in images.items():
        digests = {f"sha256:{store.digest(each)}": each for each in layers}
        said = _json({"architecture": ARCHITECTURES.get(os.uname().machine, os.uname().machine), "os": "linux",
                      "config": config, "rootfs": {"type": "layers", "diff_ids": list(digests)}})
        manifest = _json({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor(said, "application/vnd.oci.image.config.v1+json"),
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest,
                        "size": each.stat().st_size} for digest, each in digests.items()]})
        called = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
        manifests.append(_descriptor(manifest, "application/vnd.oci.image.manifest.v1+json") | {"annotations": called})
        blobs |= {f"sha256:{hashlib.sha256(blob).hexdigest()}": blob for blob in (said, manifest)}
        blobs |= digests
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(tar, "index.json", _json({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                                       "manifests": manifests}))
        for digest, blob in blobs.items():
            inside = f"blobs/sha256/{digest.removeprefix('sha256:')}"
            if isinstance(blob, Path):
                _add_file(tar, inside, blob)
            else:
                _add(tar, inside, blob)


def _add(tar: tarfile.TarFile, name: str, data: bytes = b"", *, mode: int = 0o644,
         kind: bytes = tarfile.REGTYPE, target: str = "") -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type, info.linkname = len(data), mode, kind, target
    tar.addfile(info, io.BytesIO(data))


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = path.stat().st_size, 0o755
    with path.open("rb") as file:
        tar.addfile(info, file)


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _descriptor(blob: bytes, media: str) -> dict[str, Any]:
    return {"mediaType": media, "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}
