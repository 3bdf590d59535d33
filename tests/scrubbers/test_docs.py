"""The Python of the page about scrubbers runs as it stands, block after block, in one program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.scrubbers.canary import leaked

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scrubbers.md"


def test_the_examples_run_and_what_they_write_holds_no_phi() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 7
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "could not mail <EMAIL_" in done.stdout
    assert "intake failed for <PERSON_" in done.stderr
    assert '"retries": 3' in done.stdout
    assert not leaked(done.stdout + done.stderr)
