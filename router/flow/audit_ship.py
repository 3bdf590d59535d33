"""Takes checkpoints where nobody of this host can change them: object storage and syslog.

ALERTVEIL_CHECKPOINTS_TO names the places: `s3://bucket/prefix` (credentials and region as boto3 finds them; give the
bucket object lock), `syslog+tls://host:6514`, `syslog+tcp://host:601`, `syslog://host:514` (UDP) or `syslog:///dev/log`.
What arrived is remembered beside the files, so each line goes out once, or again when that could not be written down.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from router.core.checkpoint import Place
from router.flow.audit_files import FOLDER

logger = logging.getLogger(__name__)

TIMEOUT: Final = 10.0
SENT: Final = ".sent.json"
SYSLOG: Final = 16 * 8 + 6
"""Facility local0, severity informational (RFC 5424 §6.2.1)."""


class NotTaken(Exception):  # noqa: N818 - what happened
    """A place did not take a checkpoint; it is tried again at the next round. The text names no more than the kind."""


class Bucket:
    """A bucket of S3 or something that speaks it; one object a checkpoint."""

    def __init__(self, url: SplitResult) -> None:
        self.name = "object storage"
        self._bucket = url.netloc
        self._prefix = url.path.strip("/")
        self._client: Any = None

    def put(self, name: str, line: bytes) -> None:
        """One object; the same name twice is the same object. Raises NotTaken."""
        key = f"{self._prefix}/{name}" if self._prefix else name
        try:
            import boto3  # noqa: PLC0415 - only an installation that sends there has it
            from botocore.config import Config  # noqa: PLC0415 - the same
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same
        except ImportError:
            raise NotTaken("object storage needs boto3: install alertveil[keystores]") from None
        try:
            if self._client is None:
                limits = Config(connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"max_attempts": 2})
                self._client = boto3.client("s3", config=limits)
            self._client.put_object(Bucket=self._bucket, Key=key, Body=line, ContentType="application/json")
        except (BotoCoreError, ClientError) as error:
            raise NotTaken(f"object storage did not take it ({type(error).__name__})") from None


class Syslog:
    """A syslog receiver over TLS or TCP with counted octets (RFC 5425, RFC 6587), UDP (RFC 5426) or a local socket."""

    def __init__(self, url: SplitResult, ca_file: Path | None) -> None:
        self.name = "syslog"
        self._url = url
        self._ca_file = ca_file

    def put(self, name: str, line: bytes) -> None:
        """One message. Raises NotTaken."""
        del name  # the line says itself whose it is
        try:
            with self._connect() as connection:
                connection.sendall(self._framed(line))
        except OSError as error:
            raise NotTaken(f"syslog did not take it ({type(error).__name__})") from None

    def _connect(self) -> socket.socket:
        url = self._url
        if not url.netloc:
            local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            local.settimeout(TIMEOUT)
            try:
                local.connect(url.path)
            except OSError:
                local.close()
                raise
            return local
        host = url.hostname or ""
        if url.scheme == "syslog":
            family, kind, _, _, address = socket.getaddrinfo(host, url.port or 514, type=socket.SOCK_DGRAM)[0]
            datagrams = socket.socket(family, kind)
            datagrams.connect(address)
            return datagrams
        plain = socket.create_connection((host, url.port or (6514 if url.scheme == "syslog+tls" else 601)), TIMEOUT)
        if url.scheme != "syslog+tls":
            return plain
        context = ssl.create_default_context()
        if self._ca_file is not None:
            context.load_verify_locations(self._ca_file)
        return context.wrap_socket(plain, server_hostname=host)

    def _framed(self, line: bytes) -> bytes:
        if not self._url.netloc:
            return b"<%d>alertveil[%d]: %s" % (SYSLOG, os.getpid(), line)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6]
        head = f"<{SYSLOG}>1 {now}Z {socket.gethostname()} alertveil {os.getpid()} checkpoint - "
        message = head.encode() + line
        return message if self._url.scheme == "syslog" else b"%d %s" % (len(message), message)


def places(urls: Sequence[str], ca_file: Path | None) -> tuple[Place, ...]:
    """The places that settings name; nothing is connected yet."""
    made: list[Place] = []
    for text in urls:
        url = urlsplit(text)
        made.append(Bucket(url) if url.scheme == "s3" else Syslog(url, ca_file))
    return tuple(made)


def ship(data_dir: Path, to: Sequence[Place]) -> int:
    """Take every place what it does not have yet, oldest first; how many lines arrived.

    A place that does not take one is left for the next round, and logged. Raises OSError.
    """
    folder = data_dir / FOLDER
    book = folder / SENT
    try:
        sent: dict[str, dict[str, int]] = json.loads(book.read_bytes())
    except (OSError, ValueError):
        sent = {}
    arrived = 0
    for number, place in enumerate(to):
        reached = sent.setdefault(f"{number} {place.name}", {})
        try:
            for name, line in _unsent(folder, reached):
                place.put(_object(name, line), line.strip())
                reached[name] = reached.get(name, 0) + len(line)
                arrived += 1
        except NotTaken as problem:
            logger.warning("checkpoints not taken elsewhere", extra={"reason": str(problem)})
    if arrived:
        fresh = book.with_name(f"{SENT}.{os.getpid()}")
        fresh.write_text(json.dumps(sent), encoding="utf-8")
        fresh.replace(book)
    return arrived


def _unsent(folder: Path, reached: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """(file, line) of every finished line after the place reached in its file."""
    for path in sorted(folder.glob("*/*.jsonl")):
        name = f"{path.parent.name}/{path.name}"
        with path.open("rb") as file:
            file.seek(reached.get(name, 0))
            for line in file:
                if line.endswith(b"\n"):
                    yield name, line


def _object(name: str, line: bytes) -> str:
    """The object's name: whose chain, which row, when."""
    whose = name.partition("/")[0]
    try:
        said = json.loads(json.loads(line)["statement"])
        return f"{whose}/{said['seq']:012d}-{said['at']}-{said['kind']}.json"
    except (ValueError, KeyError, TypeError):
        return f"{whose}/unreadable-{hashlib.sha256(line).hexdigest()[:16]}.json"
