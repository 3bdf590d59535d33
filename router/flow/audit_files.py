"""Checkpoints as files outside the database, so that cutting the database's own copy short does not go unseen.

`DATA_DIR/checkpoints/<tenant>/2026-11.jsonl` gets a line for every checkpoint that says something new, and one a day;
`latest.json` is signed anew at every round; `starts.jsonl` holds where a chain starts after old months were dropped.
`DATA_DIR/audit-public-key.pem` is the key that this host trusts: made once, never written over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from router.core.checkpoint import Checkpoint, NoKey, Trusted, line, pem, public_key, trusted

PINNED: Final = "audit-public-key.pem"
FOLDER: Final = "checkpoints"
LATEST: Final = "latest.json"
STARTS: Final = "starts.jsonl"


class Line(NamedTuple):
    """A line of a file of checkpoints, nothing of it believed yet."""

    where: str
    text: bytes


class Files:
    """One installation's checkpoint files under DATA_DIR."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.folder = data_dir / FOLDER

    def pinned(self) -> Trusted | None:
        """The public keys that this host trusts; None when it has none yet. Raises NoKey."""
        try:
            text = (self._data_dir / PINNED).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            raise NoKey(f"{PINNED} in the data directory cannot be read.") from None
        return trusted(text)

    def pin(self, private: bytes) -> bool:
        """Trust this key's public half if no key is trusted yet; True when it is trusted now. Raises NoKey."""
        key = public_key(private)
        found = self.pinned()
        if found is None:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            fresh = self._data_dir / f".{PINNED}.{os.getpid()}"
            _write(fresh, pem(key), os.O_TRUNC)
            try:
                os.link(fresh, self._data_dir / PINNED)  # whoever is first; a link never replaces
            except FileExistsError:
                pass
            finally:
                fresh.unlink(missing_ok=True)
            found = self.pinned() or {}
        return bool(trusted(pem(key)).keys() & found.keys())

    def write(self, made: Checkpoint, *, keep: bool) -> None:
        """Put a checkpoint down as the latest; with `keep`, for good. Raises OSError."""
        folder = self.folder / str(made.tenant_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = line(made) + b"\n"
        if made.kind == "start":
            _write(folder / STARTS, text, os.O_APPEND)
            return
        if keep:
            _write(folder / f"{made.at:%Y-%m}.jsonl", text, os.O_APPEND)
        fresh = folder / f".{LATEST}.{os.getpid()}"
        _write(fresh, text, os.O_TRUNC)
        fresh.replace(folder / LATEST)

    def mark(self, tenant_id: UUID) -> Mapping[Path, int]:
        """A tenant's files and their lengths now, oldest month first: what is written later is not read."""
        months = sorted((self.folder / str(tenant_id)).glob("[0-9]*.jsonl"))
        return {path: path.stat().st_size for path in months}

    def kept(self, mark: Mapping[Path, int]) -> Iterator[Line]:
        """The lines of a tenant's files as far as they were marked."""
        for path, size in mark.items():
            yield from self._lines(path, size)

    def starts(self, tenant_id: UUID) -> list[Line]:
        """The tenant's signed starts."""
        return list(self._lines(self.folder / str(tenant_id) / STARTS, None))

    def latest(self, tenant_id: UUID) -> Line | None:
        """The tenant's newest checkpoint."""
        found = list(self._lines(self.folder / str(tenant_id) / LATEST, None))
        return found[-1] if found else None

    def _lines(self, path: Path, size: int | None) -> Iterator[Line]:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            name = f"{path.parent.name}/{path.name}"
            read = 0
            for number, text in enumerate(file, start=1):
                read += len(text)
                # A line without its end was cut by a crash while it was written, and nobody was told of it.
                if (size is not None and read > size) or not text.endswith(b"\n"):
                    return
                yield Line(f"line {number} of {name}", text)


def _write(path: Path, text: bytes, how: int) -> None:
    """In one write that has reached the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
