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
from collections.abc import Sequence
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
FOLDERS = {"bin": 0o755, "etc": 0o755, "tmp": 0o1777, "var": 0o755, "var/tmp": 0o1777}
HOST_BUSYBOX = Path("/bin/busybox")
USERS = "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"


def images(names: Sequence[str], *, progress: Progress | None = None) -> dict[str, Path]:
    """Return OCI archives by image name, building programs and writing archives that are missing.

    Raises SeatrialError.
    """
    progress = progress or fitting_progress()
    return {reference(name): _image(name, progress) for name in names}


def _image(name: str, progress: Progress) -> Path:
    if name == "busybox":
        if not HOST_BUSYBOX.exists() or not is_static(HOST_BUSYBOX):
            raise SeatrialError("there is no static busybox for test pods",
                                "apt-get install -y --no-install-recommends busybox-static")
        program, image, sha256 = HOST_BUSYBOX, BUSYBOX, store.digest(HOST_BUSYBOX)
        applets = subprocess.run([HOST_BUSYBOX, "--list"], capture_output=True, text=True,
                                 check=True).stdout.split()
    else:
        built = build([name], progress=progress)[name]
        packed = PROGRAMS[name].image
        assert packed is not None, f"{name} has no image"
        program, image, sha256, applets = built.path, packed, built.sha256, []
    inputs = f"{FORMAT} {reference(name)} {image.path} {image.user} {sha256}"
    key = hashlib.sha256(inputs.encode()).hexdigest()
    path = store.entry("images", f"{name}.tar", key)
    if not store.is_good(path):
        with store.lock(progress.note), store.workspace() as work:
            if not store.is_good(path):  # another process may have written it while we waited
                made = work / path.name
                write_image(program, reference(name), image.path, made, user=image.user, applets=applets)
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
                applets: Sequence[str] = ()) -> None:
    """Write an OCI archive to `out`: `program` at path `inside`, called `name`.

    `user` is `uid:gid`; `applets` are further names in `/bin` for the same program. Raises OSError.
    """
    layer = out.with_suffix(".layer")
    with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as tar:
        for folder, mode in FOLDERS.items():
            _add(tar, folder, mode=mode, kind=tarfile.DIRTYPE)
        _add(tar, "etc/passwd", USERS.encode())
        _add_file(tar, inside.lstrip("/"), program)
        for applet in sorted(set(applets) - {"busybox"}):
            _add(tar, f"bin/{applet}", kind=tarfile.SYMTYPE, target=inside)
    diff = f"sha256:{store.digest(layer)}"
    config = _json({
        "architecture": ARCHITECTURES.get(os.uname().machine, os.uname().machine), "os": "linux",
        "config": {"Entrypoint": [inside] if not applets else ["/bin/sh"],
                   "Env": ["PATH=/bin:/usr/bin:/usr/local/bin"], "User": user, "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [diff]}})
    manifest = _json({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _descriptor(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": diff,
                    "size": layer.stat().st_size}]})
    index = _json({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        _descriptor(manifest, "application/vnd.oci.image.manifest.v1+json")
        | {"annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}}]})
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(tar, "index.json", index)
        for blob in (config, manifest):
            _add(tar, f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}", blob)
        _add_file(tar, f"blobs/sha256/{diff.removeprefix('sha256:')}", layer)
    layer.unlink()


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
