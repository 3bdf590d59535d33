"""Asks the package index whether every locked version has a wheel for every Python and platform that we name.

`make setup` installs wheels only, so a missing one is a machine on which the first command fails. This resolves, it
does not run: docs and requirements/README.md say which combinations are tested and which only resolve.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
LOCKS = ("all.lock", "runtime.lock", "demo.lock", "uv.lock.txt")


def resolves(lock: str, python: str, platform: str) -> str:
    """Why this lock cannot be installed there from wheels; empty when it can."""
    wheels = ["--no-deps", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    there = ["--python-version", python, "--python-platform", platform]
    command = [str(UV), "pip", "compile", "--quiet", *wheels, *there, str(ROOT / "requirements" / lock)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip()


def main() -> int:
    """0 when every lock resolves everywhere."""
    places = list(product(LOCKS, PYTHONS, PLATFORMS))
    with ThreadPoolExecutor(8) as threads:  # each waits for the index
        answers = list(threads.map(lambda place: resolves(*place), places))
    for (lock, python, platform), why in zip(places, answers, strict=True):
        print(f"{'FAILED' if why else 'ok    '} {lock:<12} Python {python}  {platform}" + (f"\n{why}" if why else ""))
    return 1 if any(answers) else 0


if __name__ == "__main__":
    sys.exit(main())
