"""Finds the folders that stand beside the package in a checkout and inside it in a wheel."""

from pathlib import Path

from conformance.errors import SeatrialError

PACKAGE = Path(__file__).parent


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
