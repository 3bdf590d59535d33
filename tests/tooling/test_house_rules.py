"""House rules that no linter knows; each failure says the rule, the place and the way out."""

from __future__ import annotations

import ast
import re
import subprocess
import tokenize
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = {ROOT / "tests" / "system_parts.py", Path(__file__)}
NO_STATEMENT = {tokenize.ENCODING, tokenize.COMMENT, tokenize.NL}
TEXT = {".py", ".sh", ".md", ".toml", ".yml", ".yaml", ".html", ".css", ".js", ".txt", ".mako", ".cfg", ".ini", ""}


def tracked() -> list[Path]:
    """Every text file of the project, whether in git already or about to be; from an archive, every file not hidden."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        files = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        files = [path for top in ROOT.glob("[!.]*") for path in (top.rglob("*") if top.is_dir() else (top,))]
    return [path for path in files if path.is_file() and path.suffix in TEXT and not path.name.endswith(".lock")]


def python_files(*folders: str) -> list[Path]:
    found = [path for path in tracked() if path.suffix == ".py"]
    return [path for path in found if not folders or path.relative_to(ROOT).parts[0] in folders]


def places(pattern: str, files: list[Path]) -> list[str]:
    """`file:line` of every match. This file and system_parts.py, which hold the rules, are left out."""
    found = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path not in RULES
        for lines in [path.read_text(encoding="utf-8").splitlines()]
        if found.search("\n".join(lines))  # most hold none, which one look tells
        for number, line in enumerate(lines, 1)
        if found.search(line)
    ]


def test_work_that_is_left_stands_in_an_issue_and_not_in_the_code() -> None:
    assert not places(r"\b(TODO|FIXME|XXX|HACK)\b", tracked())


def test_no_path_of_one_machine_is_in_the_project() -> None:
    """A path under a home directory or a workplace's own root means nothing on the reader's machine."""
    assert not places(r"(?<![\w.])/(work|home|Users)/(?!runner\b)", tracked())


def test_tests_wait_for_what_they_need_and_never_for_time_to_pass() -> None:
    """A sleep is too short on a slow machine and too long on every other: wait on the event, or set the clock.

    A poll of another process, or a stand-in that is slow on purpose, says so in a comment on its line.
    """
    assert not places(r"\b(time|asyncio|anyio)\.sleep\((?!.*\)  # \w)", python_files("tests"))


def test_no_test_is_switched_off() -> None:
    """A system part that may be missing is `@pytest.mark.system_part`; nothing else is a reason not to run."""
    assert not places(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b", python_files("tests"))


def test_every_exception_from_a_check_gives_its_reason() -> None:
    """`# noqa: S608 - from a constant`, `# type: ignore[x]  # why`; only N818 and PLR2004 explain themselves."""
    noqa = places(r"# noqa(?!: [A-Z]+\d+(, [A-Z]+\d+)* - \w|: (N818|PLR2004)\b)", python_files())
    ignore = places(r"# type: ignore(?!\[[\w,-]+\]  # \w)", python_files())
    assert not noqa + ignore


FOLDERS_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services", "misc"}


def opening(path: Path) -> object:
    """The text that a module opens with, if it does: its first statement alone, since to parse it all takes long."""
    with path.open("rb") as source:
        tokens = tokenize.tokenize(source.readline)
        first = list(islice((each for each in tokens if each.type not in NO_STATEMENT), 2))
    alone = [each.type for each in first] == [tokenize.STRING, tokenize.NEWLINE]
    return ast.literal_eval(first[0].string) if alone else None


@pytest.mark.parametrize("path", python_files("channels", "router", "tools", "tests"), ids=lambda path: path.name)
def test_a_module_opens_with_what_one_would_say_to_a_colleague(path: Path) -> None:
    assert isinstance(text := opening(path), str), f"{path.relative_to(ROOT)} has no docstring"
    assert text.strip(), f"{path.relative_to(ROOT)} opens with nothing"
    assert not FOLDERS_THAT_SAY_NOTHING & {path.stem, *path.relative_to(ROOT).parts}, "name it after what it holds"
