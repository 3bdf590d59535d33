"""Goes through files and folders and says where PHI is in logs, and where source code would write it."""

from __future__ import annotations

import codecs
import fnmatch
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from router.privacy.risks import braces, logfiles, python
from router.privacy.risks.risk import Risk

SOURCES: Final = {
    ".py": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "javascript",
    ".tsx": "javascript",
    ".java": "java",
    ".kt": "java",
    ".groovy": "java",
}
LOGS: Final = frozenset({".log", ".txt", ".ndjson", ".jsonl", ".out", ".err", ".trace", ".hl7", ".csv", ".json"})
SKIPPED: Final = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", "dist", "build"}
)
LARGEST_SOURCE: Final = 2 << 20
LONGEST_LINE: Final = 1 << 20
MOST: Final = 10_000
"""Findings of one run; beyond them a file is a problem as a whole."""


class Unreadable(Exception):  # noqa: N818 - what it is
    """A file that is left out; the text says why."""


@dataclass(slots=True)
class Scanned:
    """What was found, worst first; `unread` are (path, why) of files that could not be looked at."""

    risks: list[Risk] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    files: int = 0
    cut: bool = False


def scan(paths: Sequence[Path], exclude: Sequence[str] = ()) -> Scanned:
    """Look at files and, below folders, at every source and log file; symbolic links are not followed.

    A file that is named itself is read whatever its name: as source by its suffix, else as a log. `exclude` are
    patterns of paths. Raises FileNotFoundError for a path that is not there.
    """
    found = Scanned()
    for path, named in _files(paths, exclude):
        found.files += 1
        room = MOST - len(found.risks)
        if room <= 0:
            found.cut = True
            break
        try:
            for number, each in enumerate(_one(path, named=named)):
                if number >= room:
                    found.cut = True
                    break
                found.risks.append(each)
        except Unreadable as error:
            found.unread.append((str(path), str(error)))
        except python.NotPython as error:
            found.unread.append((str(path), f"no Python that parses, {error}"))
        except (OSError, EOFError, zlib.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "cannot be read"
            found.unread.append((str(path), reason.lower()))
    found.risks.sort(key=lambda each: (-each.score, each.path, each.line, each.column))
    return found


def _files(paths: Sequence[Path], exclude: Sequence[str]) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders[:] = sorted(each for each in folders if each not in SKIPPED)
                for name in sorted(names):
                    inside = Path(folder, name)
                    if _wanted(inside) and not _excluded(inside, exclude):
                        yield inside, False
        elif not path.exists():
            raise FileNotFoundError(str(path))
        elif not _excluded(path, exclude):
            yield path, True


def _wanted(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    suffixes = [each.lower() for each in path.suffixes]
    rotated = any(each in {".log", ".gz"} for each in suffixes)  # app.log, app.log.1, app.log.2.gz
    return stat.S_ISREG(status.st_mode) and (
        (suffixes[-1] if suffixes else "") in SOURCES.keys() | LOGS or (rotated and ".tar" not in suffixes)
    )


def _excluded(path: Path, exclude: Sequence[str]) -> bool:
    text = str(path)
    return any(fnmatch.fnmatch(text, each) or fnmatch.fnmatch(path.name, each) for each in exclude)


def _one(path: Path, *, named: bool) -> Iterable[Risk]:
    language = SOURCES.get(path.suffix.lower())
    if language is None:
        return _log(path, named=named)
    if path.stat().st_size > LARGEST_SOURCE:
        raise Unreadable("larger than 2 MiB: generated or bundled, nobody wrote a log call in it")
    source = path.read_bytes().decode("utf-8", "replace")
    if language == "python":
        return python.read(str(path), source)
    return braces.read(str(path), source, "javascript" if language == "javascript" else "java")


def _log(path: Path, *, named: bool) -> Iterator[Risk]:
    with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb") as file:
        first = file.read(4096)
        file.seek(0)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = io.TextIOWrapper(file, "utf-16", "replace")
            yield from logfiles.read(
                str(path), (line.encode() for line in iter(lambda: text.readline(LONGEST_LINE), ""))
            )
            return
        if b"\x00" in first.lstrip(b"\x00") and not named:  # NULs at the start are what a log loses when it is rotated
            raise Unreadable("holds NUL bytes, so it is no text")
        yield from logfiles.read(
            str(path), (line.lstrip(b"\x00") for line in iter(lambda: file.readline(LONGEST_LINE), b""))
        )
