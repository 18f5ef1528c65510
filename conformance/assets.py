"""Finds the folders that stand beside the package in a checkout and inside it in a wheel, and files of components."""

from pathlib import Path

from conformance.errors import SeatrialError

PACKAGE = Path(__file__).parent
COMPONENTS = [PACKAGE / "components"]
"""Where the folders of components stand, one in each."""


def folder(name: str) -> Path:
    """Return the top-level folder `name`, for example `fixtures`.

    Raises SeatrialError when neither a checkout nor an installed wheel has it.
    """
    places = (PACKAGE.parent / name, PACKAGE / "_shipped" / name)
    # A wheel's parent is site-packages, where another distribution may own a folder of that name.
    in_checkout = (PACKAGE.parent / "pyproject.toml").is_file()
    for place in places if in_checkout else places[1:]:
        if place.is_dir():
            return place
    raise SeatrialError(f"the folder {name} is neither in {places[0]} nor in {places[1]}",
                        "install seatrial again, or run from a complete checkout")


def of_components(name: str) -> dict[str, Path]:
    """Return the file `name` of each component that has one, by the component's name.

    For those who may not import components: what they need of one is in a file. A component is called as its folder
    is, with hyphens.
    """
    return {file.parent.name.replace("_", "-"): file
            for root in COMPONENTS for file in sorted(root.glob(f"*/{name}"))}
