"""Asks the advisory databases about every locked package: a finding fails, an unreachable database only warns.

A checkout must be testable where the internet is not, so "nobody could be asked" is told and is no failure; a package
that the one database does not know is told too. What has been looked at and does not apply to us is listed here with
the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (ROOT / "requirements" / "all.lock", ROOT / "requirements" / "uv.lock.txt")
SOURCES = ("pypi", "osv")

ACCEPTED: dict[str, str] = {}
"""Advisory id -> why it does not apply to us."""


@dataclass(frozen=True)
class Answer:
    """What one advisory database said; `asked` is False when it could not be reached."""

    asked: bool
    findings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read(report: str) -> Answer:
    """What a `pip-audit --format json` report says. A database that answers about no package at all is not there."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return Answer(asked=False)
    unknown = tuple(package["name"] for package in packages if "skip_reason" in package)
    findings = tuple(
        f"{package['name']} {package['version']}: {advisory['id']}"
        + (f" (mended in {', '.join(advisory['fix_versions'])})" if advisory["fix_versions"] else "")
        for package in packages
        for advisory in package.get("vulns", ())
        if not ACCEPTED.keys() & {advisory["id"], *advisory.get("aliases", ())}
    )
    return Answer(asked=len(unknown) < len(packages), findings=findings, unknown=unknown)


def ask(source: str) -> Answer:
    """Ask one database about the locks, as they are: nothing is resolved or installed."""
    program = [str(Path(sys.executable).parent / "pip-audit"), "--vulnerability-service", source, "--timeout", "10"]
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    named = [word for lock in LOCKS for word in ("--requirement", str(lock))]
    done = subprocess.run([*program, *options, *named], check=False, capture_output=True, text=True)
    return read(done.stdout)


def main() -> int:
    """0 when nothing is known against any package, or nobody could be asked; 1 on a finding."""
    for source in SOURCES:
        answer = ask(source)
        if answer.asked:
            for finding in answer.findings:
                print(finding)
            if answer.unknown:
                print(f"WARNING: {source} could say nothing about {', '.join(answer.unknown)}.")
            return 1 if answer.findings else 0
    print(
        f"WARNING: no advisory database could be reached ({', '.join(SOURCES)}), so the dependencies were not audited."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
