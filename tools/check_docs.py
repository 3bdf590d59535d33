"""Follows every link of the Markdown files: to files, to headings in them, and to functions in our code.

Prose that no test reads goes stale. `[absorb](../router/core/incident.py#absorb)` names a function or class that has
to be there; a link to the outside is not followed, because the docs are checked where no internet is.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("requirements/*.md")])


@cache
def names(path: Path) -> frozenset[str]:
    """What may stand behind `#` in a link to this file: headings as GitHub spells them, or functions and classes."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        tree = ast.parse(text)
        defined = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        return frozenset(node.name for node in defined)
    found = HEADING.findall(FENCE.sub("", text))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found)


def broken(page: Path) -> list[str]:
    """For each link of this page that leads nowhere, one sentence."""
    text = CODE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    problems = []
    for link in LINK.findall(text):
        if OUTSIDE.match(link):
            continue
        file, _, name = unquote(link).partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists():
            problems.append(f"{page.relative_to(ROOT)}: {link} leads to no file")
        elif name and target.suffix in {".md", ".py"} and name not in names(target):
            problems.append(f"{page.relative_to(ROOT)}: {link} names nothing in that file")
    return problems


def main() -> int:
    """0 when every link leads somewhere."""
    found = pages()
    problems = [problem for page in found for problem in broken(page)]
    for problem in problems:
        print(problem)
    print(f"{len(found)} pages read")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
