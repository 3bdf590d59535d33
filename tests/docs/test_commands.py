"""Every command that a page shows is run here as it stands, on the configuration that `docs/configuration.md` shows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from router.local.vendors.slack import SlackVendor
from router.local.vendors.webhook import WebhookVendor
from tests.chaos.parts import Web
from tests.conftest import Database
from tests.docs.forked import Forked, Said

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"^```yaml\n(tenants:.*?)^```", re.MULTILINE | re.DOTALL)
SERVER = "https://alerts.example"
"""The server that the pages name; a real one on this machine stands in."""

MADE = {"make up", "make test", "make check"}
"""Run by `.ci/run` on a clean clone: a test suite cannot run itself."""


def commands() -> list[tuple[str, list[str]]]:
    """(page, the lines of one shell block) for every block of every page."""
    return [
        (page.name, [line.partition("  #")[0].strip() for line in block.splitlines() if line.strip()])
        for page in PAGES
        for block in SHELL.findall(page.read_text(encoding="utf-8"))
    ]


def example(slack: str, hook: str) -> str:
    """The example of the configuration page, its two HTTP destinations led to receivers on this machine."""
    found = YAML.findall((ROOT / "docs/configuration.md").read_text(encoding="utf-8"))
    text = str(found[0])
    return text.replace("channel: C0123456789,", f'channel: C0123456789, base_url: "{slack}",').replace(
        "https://hooks.acme.example/alerts", hook
    )


@pytest.fixture(scope="module")
def alertveil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    with Forked(tmp_path_factory.mktemp("said")) as made:
        yield made


@pytest.fixture
def workplace(
    tmp_path: Path, database: Database, valkey: str, alertveil: Forked
) -> Iterator[tuple[Path, dict[str, str]]]:
    with SlackVendor() as slack, WebhookVendor() as hook:
        (tmp_path / "keys").mkdir()
        (tmp_path / "keys" / "app").write_text("k" * 40)
        (tmp_path / "alertveil.yaml").write_text(example(f"{slack.url}/api/", f"{hook.url}/alerts"))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "ALERTVEIL_DATA_DIR": str(tmp_path / "data"),
            "ALERTVEIL_DATABASE_URL": database.app_url,
            "ALERTVEIL_OWNER_DATABASE_URL": database.owner_url,
            "ALERTVEIL_REDIS_URL": valkey,
            "ALERTVEIL_EGRESS_ALLOW": "127.0.0.0/8",
            "ACME_AM_KEY": "a" * 40,
            "ACME_SLACK_TOKEN": "xoxb-docs",
            "ACME_PD_KEY": "p" * 32,
            "ACME_HOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "SMTP_USER": "alerts",
            "SMTP_PASSWORD": "s" * 20,
        }
        assert alertveil.run(["keys", "init"], tmp_path, environment).code == 0
        yield tmp_path, environment


def test_the_pages_show_commands() -> None:
    assert sum(len(lines) for _, lines in commands()) > 5


@pytest.mark.parametrize("page", sorted({page for page, _ in commands()}))
def test_every_command_of_a_page_runs_as_it_stands(
    page: str, workplace: tuple[Path, dict[str, str]], alertveil: Forked
) -> None:
    """On the example, applied: a reader starts on any page."""
    folder, environment = workplace
    address = ""
    with contextlib.ExitStack() as serving:
        for line in ["alertveil apply -f alertveil.yaml", *lines_of(page)]:
            words = shlex.split(line)
            if SERVER in words:
                address = address or served(folder, environment, alertveil, serving)
                words = [address if each == SERVER else each for each in words]
            done = run(alertveil, words, folder, environment)
            # `doctor` fails when it finds something, and without a worker there is something to find.
            allowed = {0, 1} if "doctor" in words else {0}
            assert done.code in allowed, f"{line}\n{done.out}\n{done.err}"
            assert "Traceback" not in done.err, line


def test_the_program_that_the_pages_name_is_the_one_that_was_run(
    workplace: tuple[Path, dict[str, str]], alertveil: Forked
) -> None:
    folder, environment = workplace
    words = ["keys", "status"]
    program = str(Path(sys.executable).with_name("alertveil"))
    done = subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == alertveil.run(words, folder, environment)


def lines_of(page: str) -> list[str]:
    return [line for name, block in commands() if name == page for line in block if line not in MADE]


def served(folder: Path, environment: dict[str, str], alertveil: Forked, serving: contextlib.ExitStack) -> str:
    """The address of a server on this machine; `token` is a file with an operator's token for it."""
    web = serving.enter_context(Web(environment, log=folder / "web.log"))
    until = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    words = f"tokens add --role operator --until {until} --tenant acme-health --json".split()
    (folder / "token").touch(0o600)
    (folder / "token").write_text(json.loads(alertveil.run(words, folder, environment).out)["token"])
    return f"http://127.0.0.1:{web.port}"


def run(alertveil: Forked, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Said:
    if words[0] in {".venv/bin/alertveil", "alertveil"}:
        return alertveil.run(words[1:], folder, environment)
    if words[0] == "make":
        words = ["make", "--directory", str(ROOT), "--dry-run", *words[1:]]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)
