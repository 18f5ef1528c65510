"""A test that does not run must not look like one that held."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPS = "import pytest\n\ndef test_skips():\n    pytest.skip('no ground')\n\n@pytest.mark.xfail\ndef test_known():\n    assert 0\n"


@pytest.mark.parametrize(("must_run", "outcomes"), [
    (None, {"skipped": 1, "xfailed": 1}), ("1", {"failed": 1, "xfailed": 1})])
def test_where_everything_was_set_up_a_skip_is_a_failure(pytester, monkeypatch, must_run, outcomes):
    if must_run:
        monkeypatch.setenv("SEATRIAL_MUST_RUN", must_run)
    else:
        monkeypatch.delenv("SEATRIAL_MUST_RUN", raising=False)
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyfile(SKIPS)
    ended = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:seatrial")
    ended.assert_outcomes(**outcomes)
    if must_run:
        ended.stdout.fnmatch_lines(["*nothing may be left out here, but: *no ground*"])


def test_a_machine_without_clusters_says_what_it_lacks(pytester, monkeypatch):
    monkeypatch.delenv("SEATRIAL_MUST_RUN", raising=False)
    lacks = "\nfrom conformance.clusters import local\nlocal.missing = lambda: [('root', 'sudo it')]\n"
    pytester.makeconftest(CONFTEST.read_text() + lacks)
    for folder in ("local", "can_fail", "unit"):
        pytester.mkdir(folder).joinpath(f"test_{folder}.py").write_text("def test_it():\n    pass\n")
    ended = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:seatrial", "-rs")
    ended.assert_outcomes(passed=1, skipped=2)
    ended.stdout.fnmatch_lines(["*this machine lacks root; sudo it"])
