"""What all tests of the harness may use."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ON_REAL_CLUSTERS = ("local", "can_fail")


def pytest_collection_modifyitems(items):
    """A machine that cannot have local clusters, for example without root, says so for each test that needs one."""
    here = Path(__file__).parent
    needy = [item for item in items if item.path.is_relative_to(here)
             and item.path.relative_to(here).parts[0] in ON_REAL_CLUSTERS]
    if not needy:
        return
    from conformance.clusters import local
    for what, way_out in local.missing()[:1]:
        for item in needy:
            item.add_marker(pytest.mark.skip(reason=f"this machine lacks {what}; {way_out}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything was set up (SEATRIAL_MUST_RUN), a test that does not run is a failure: it proves nothing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SEATRIAL_MUST_RUN"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"nothing may be left out here, but: {reason}"
    return report
