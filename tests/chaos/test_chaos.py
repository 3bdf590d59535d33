"""`make chaos`, a short one: what it counts is what it says, and it counts nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CHAOS = Path(__file__).resolve().parents[2] / "tools" / "chaos.py"


def test_a_few_kills_lose_nothing_and_every_repeat_says_so() -> None:
    run = [sys.executable, str(CHAOS), "--kills", "3", "--seed", "3", "--json"]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=110)
    figures = json.loads(done.stdout)
    assert figures["killed"]["worker"] == 3
    assert figures["accepted"] > 10
    assert (figures["lost"], figures["repeats not marked"]) == (0, 0)
    assert figures["most repeated between two kills"] <= 32
    assert done.returncode == 0
