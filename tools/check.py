"""`make check`: every check in order, all of them even when one fails, and a table of what each said."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str | Path]] = {
    "lint": [BIN / "ruff", "check", "--quiet", "--output-format=concise", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "--output-format=concise", "."],
    "types": [BIN / "mypy", "--no-error-summary"],
    "imports": [BIN / "lint-imports", "--no-logo"],
    "migrations": [sys.executable, "tools/lint_migrations.py"],
    "docs": [sys.executable, "tools/check_docs.py"],
    "house": [sys.executable, "-m", "pytest", "-q", "tests/tooling/test_house_rules.py"],
    "audit": [sys.executable, "tools/audit.py"],
}


def main() -> int:
    """0 when every check that was asked for passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(CHECKS)} (default: all)")
    only: list[str] = parser.parse_args().only
    if unknown := set(only) - CHECKS.keys():
        parser.error(f"there is no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    results = []
    for name, command in CHECKS.items():
        if only and name not in only:
            continue
        began = time.monotonic()
        done = subprocess.run([str(part) for part in command], check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0 or "WARNING" in done.stdout:
            print(f"--- {name}\n{done.stdout.rstrip()}", flush=True)
        results.append((name, done.returncode == 0, time.monotonic() - began))
    for name, fine, seconds in results:
        print(f"{'ok    ' if fine else 'FAILED'} {name:<11} {seconds:5.1f} s")
    return 0 if all(fine for _, fine, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
