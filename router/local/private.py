"""Files and directories that only their owner may read, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path


class LocalError(Exception):
    """`alertveil up` cannot go on. The text is one sentence for the person at the terminal: what, and what to do."""


def directory(path: Path) -> Path:
    """`path` as a directory of mode 0700, made if missing.

    Raises:
        LocalError: it cannot be made or belongs to somebody else.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except FileExistsError:
        raise LocalError(f"{path} is in the way: it is no directory. Move it or choose another --data-dir.") from None
    except OSError as error:
        raise LocalError(f"{path} cannot be used: {reason(error)}.") from None
    return path


def write(path: Path, content: bytes) -> None:
    """Replace `path` by a file of mode 0600 that holds `content`; a reader sees the old one or the new one.

    Raises:
        LocalError: it cannot be written, a full disk included.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise LocalError(f"{path} cannot be written: {reason(error)}.") from None


def write_json(path: Path, value: object) -> None:
    """`write` for a JSON value."""
    write(path, json.dumps(value, indent=1).encode() + b"\n")


def read_json(path: Path) -> dict[str, object]:
    """The JSON object in `path`; empty when there is no such file or it holds something else."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def random_text(size: int = 24) -> str:
    """`size` random bytes as hexadecimal text; `secrets` would load OpenSSL into a supervisor that needs none."""
    return os.urandom(size).hex()


def reason(error: OSError) -> str:
    """What the operating system says, in lower case and without the path it repeats."""
    text = error.strerror or "unknown error"
    return text[:1].lower() + text[1:]
