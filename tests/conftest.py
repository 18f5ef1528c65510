"""What all tests of the harness may use."""

import os

import pytest

pytest_plugins = ["pytester"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything was set up (SEATRIAL_MUST_RUN), a test that does not run is a failure: it proves nothing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SEATRIAL_MUST_RUN"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"nothing may be left out here, but: {reason}"
    return report
