"""The recipes of CONTRIBUTING.md, followed word for word in a copy of the project; prose nobody runs goes stale."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^`([\w./]+)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = dict(BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project as it is, without what is made from it."""
    target = tmp_path / "project"
    target.mkdir()
    for name in ("alembic", "channels", "router", "tests", "tools"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def follow(copy: Path, *paths: str) -> None:
    for path in paths:
        (copy / path).write_text(RECIPES[path], encoding="utf-8")


def add(copy: Path, registry: str, *changes: tuple[str, str]) -> None:
    """The one line: the import and the entry, each before the first that is there."""
    text = (copy / registry).read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text, f"{registry} no longer reads as the recipe's test thinks"
        text = text.replace(before, after, 1)
    (copy / registry).write_text(text, encoding="utf-8")


def must_pass(copy: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=copy, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_every_file_that_a_recipe_shows_is_followed_here() -> None:
    assert set(RECIPES) == {
        "router/sources/nightwatch.py",
        "tests/sources/test_nightwatch.py",
        "channels/ticket.py",
        "tests/channels/test_ticket.py",
        "alembic/versions/9001_pins.py",
    }


def test_what_the_recipes_show_is_in_the_projects_style(copy: Path) -> None:
    follow(copy, *RECIPES)
    must_pass(copy, "ruff", "check", *RECIPES)
    must_pass(copy, "ruff", "format", "--check", *RECIPES)


def test_a_source_is_added(copy: Path) -> None:
    follow(copy, "router/sources/nightwatch.py", "tests/sources/test_nightwatch.py")
    add(
        copy,
        "router/sources/registry.py",
        ("    grafana,\n    opsgenie,", "    grafana,\n    nightwatch,\n    opsgenie,"),
        ("        generic,\n        tokenized,", "        generic,\n        nightwatch,\n        tokenized,"),
    )
    said = must_pass(copy, "pytest", "-q", "tests/sources/test_nightwatch.py", "tests/sources/test_registry.py")
    assert "nightwatch" not in said, "nothing failed"
    must_pass(copy, "ruff", "check", "router/sources")


@pytest.mark.timeout(300)  # a whole exam inside
def test_a_channel_is_added_and_sits_the_exam(copy: Path) -> None:
    follow(copy, "channels/ticket.py", "tests/channels/test_ticket.py")
    add(
        copy,
        "channels/registry.py",
        (", webhook\n", ", ticket, webhook\n"),
        ("webhook.SPEC)", "webhook.SPEC, ticket.SPEC)"),
    )
    said = must_pass(copy, "pytest", "-q", "tests/channels/test_ticket.py")
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None
    assert int(passed[1]) > 50, "the exam was sat"


def test_a_table_is_added(copy: Path, database: Database) -> None:
    path = "alembic/versions/9001_pins.py"
    follow(copy, path)
    (copy / path).write_text(RECIPES[path].replace('down_revision = "0001"', f'down_revision = "{newest(copy)}"'))
    must_pass(copy, "tools.lint_migrations")
    program = (
        "import os; from router.store.migrate import migrate; assert migrate(os.environ['OWNER'], os.environ['APP'])"
    )
    environment = {"OWNER": database.owner_url, "APP": database.app_url}
    subprocess.run([sys.executable, "-c", program], cwd=copy, check=True, env=environment)
    with psycopg.connect(database.app_url) as stranger:
        assert stranger.execute("SELECT count(*) FROM pins").fetchone() == (0,)


def newest(copy: Path) -> str:
    """The newest revision of the project, by the files alone."""
    texts = [path.read_text() for path in (copy / "alembic" / "versions").glob("*.py") if path.name != "9001_pins.py"]
    revisions = {found for text in texts for found in re.findall(r'^revision = "(\w+)"', text, re.MULTILINE)}
    below = {found for text in texts for found in re.findall(r'^down_revision = "(\w+)"', text, re.MULTILINE)}
    (last,) = revisions - below
    return str(last)
