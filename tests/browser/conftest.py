"""A Chromium that is shown to work: one may be there and open nothing, as Ubuntu's snap does."""

import os
import shutil
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAY_OUT = ("apt-get install chromium; on Ubuntu, whose chromium is a snap that may not read files outside of home, "
           "google-chrome-stable from Google's package")


def opened(started, page, path=None):
    """Return the first Chromium on a search path that shows a page, and why the others do not, in words."""
    from playwright.sync_api import Error

    said = []
    for name in PROGRAMS:
        program = shutil.which(name, path=path)
        if program is None:
            continue
        try:
            # Chromium has no sandbox for root; the page is our own.
            browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=30_000)
        except Error as error:
            said.append(f"{program} does not start: {line(error)}")
            continue
        try:
            shown = browser.new_page()
            shown.goto(page.as_uri())
            shown.close()
            return browser, ""
        except Error as error:
            browser.close()
            said.append(f"{program} does not show {page}: {line(error)}")
    return None, "; ".join(said) or "this machine has no Chromium"


def line(error):
    rows = (row.strip() for row in str(error).splitlines())
    return next((row for row in rows if row), type(error).__name__)


@pytest.fixture(scope="session")
def started():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def some_page(tmp_path_factory):
    page = tmp_path_factory.mktemp("page") / "page.html"
    page.write_text("<title>here</title>")
    return page


@pytest.fixture(scope="session")
def browser(started, some_page):
    found, why = opened(started, some_page)
    if found is None:
        pytest.skip(f"{why}; way out: {WAY_OUT}")
    yield found
    found.close()


@pytest.fixture
def folder_of(tmp_path):
    """Make a folder of programs, to be a search path; each is given by its lines of shell."""
    def make(**programs):
        for name, text in programs.items():
            program = Path(tmp_path, name.replace("_", "-"))
            program.write_text(f"#!/bin/sh\n{text}\n")
            os.chmod(program, 0o755)
        return str(tmp_path)

    return make
