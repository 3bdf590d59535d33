"""Programs that no wheel brings: a test that needs one runs where it is found and is listed where it is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

PARTS = {
    "prometheus-alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "util-linux": ("setpriv",),  # on every Linux; not on macOS
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
}
"""Debian package -> the names its program has on one system or another."""


def find_part(package: str) -> Path | None:
    """The program of a system part, or None when it is not installed."""
    found = (shutil.which(name) for name in PARTS[package])
    return next((Path(path) for path in found if path), None)


@pytest.fixture
def system_part(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """`system_part("chromium")` is the program's path; the test says it needs it with `@pytest.mark.system_part`."""
    named = {mark.args[0] for mark in request.node.iter_markers("system_part")}

    def path(package: str) -> Path:
        assert package in named, f'mark the test with @pytest.mark.system_part("{package}")'
        found = find_part(package)
        assert found is not None
        return found

    return path


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A missing system part: not run and listed; with ALERTVEIL_TEST_ALL=1 a failure."""
    for mark in item.iter_markers("system_part"):
        (package,) = mark.args
        if find_part(package) is None:
            if os.environ.get("ALERTVEIL_TEST_ALL") == "1":
                pytest.fail(f"{package} is not installed, and ALERTVEIL_TEST_ALL=1 wants every test run", pytrace=False)
            pytest.skip(f"not run: install {package}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each missing system part, where a person sees it."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if report.longrepr]
    missing = sorted({reason.removeprefix("Skipped: ") for reason in reasons if "not run: install" in reason})
    for line in missing:
        count = sum(reason.endswith(line) for reason in reasons)
        terminalreporter.write_line(f"{line} ({count} tests)", yellow=True)
