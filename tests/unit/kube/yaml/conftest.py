import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import conformance.builds
from conformance.builds.builder import FLAGS
from conformance.builds.toolchain import find_go
from conformance.errors import SeatrialError

Answer = tuple[list[Any], str]


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return float(value["\0float"]) if "\0float" in value else {key: _told(inner) for key, inner in value.items()}
    return [_told(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Answer]]:
    """What kubectl reads in a text: documents, and why it read no further. Built from the modules of our kubectl."""
    folder = tmp_path_factory.mktemp("kubectl")
    pins = Path(conformance.builds.__file__).parent / "kubernetes"
    for file in (pins / "go.mod", pins / "go.sum", Path(__file__).parent / "kubectl" / "main.go"):
        shutil.copy(file, folder)
    try:
        go = find_go("1.26.0")
    except SeatrialError as error:
        pytest.skip(str(error))
    # The flags of our own builds: what those compiled is not compiled again.
    go.run(["build", *FLAGS, "-o", "reader", "."], cwd=folder, scratch=folder, heard=lambda _: None)
    with subprocess.Popen([folder / "reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        asked, answers = reader.stdin, reader.stdout

        def ask(text: str) -> Answer:
            asked.write(json.dumps(text) + "\n")
            asked.flush()
            said = json.loads(answers.readline())
            return _told(said["documents"]), said.get("error", "")

        yield ask
        asked.close()
