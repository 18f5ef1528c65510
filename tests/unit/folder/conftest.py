"""Copies of reference folders that a test may break."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import assets

Break = Callable[..., Path]


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Return a function that copies a reference folder and replaces text that stands once in a file."""

    def copy(profile: str, *changes: tuple[str, str, str]) -> Path:
        folder = tmp_path / profile
        shutil.copytree(assets.folder("reference-manifests") / profile, folder)
        for name, old, new in changes:
            file = folder / name
            text = file.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
            file.write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return copy
