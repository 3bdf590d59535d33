"""Rings the bell: tells a worker that a channel has something due. Ids only, best effort, and nothing depends on it.

A worker on this host is woken through a datagram socket, which costs microseconds; any other through a Celery message,
written by hand because kombu takes a millisecond for each (a stock worker reads it all the same). Bells coalesce: while
one is on its way for a channel, another is not sent.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

BELLS = "bells"
"""The queue of our own messages."""

RECEIVE = "receive"
"""The queue of incidents that other edges have tokenized."""

PREFIX = "alertveil:"
"""Every key of ours in the broker starts with this."""

DRAIN = "router.drain"
COALESCE = 2000
"""Milliseconds for which a channel's bell is not rung again unless a worker heard it."""

LOOK = 1.0
"""Seconds between two looks for workers on this host."""

Lane = tuple[UUID, UUID]

_RING = """
local rung = 0
for i = 1, #KEYS - 1 do
  if redis.call('SET', KEYS[i], '1', 'NX', 'PX', ARGV[1]) then
    redis.call('LPUSH', KEYS[#KEYS], ARGV[i + 1])
    rung = rung + 1
  end
end
return rung
"""


class Doorbells:
    """The sockets of the workers on this host, one each, in a directory that only this user can enter."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._seen: list[str] = []
        self._looked = 0.0

    def ring(self, lanes: Iterable[Lane]) -> list[Lane]:
        """Wake local workers; returns the lanes that nobody here heard."""
        now = time.monotonic()
        if now - self._looked > LOOK or not self._seen:
            self._looked = now
            self._seen = sorted(str(each) for each in _entries(self._directory))
        return [lane for lane in lanes if not self._wake(lane)]

    def close(self) -> None:
        """Close our end."""
        self._socket.close()

    def _wake(self, lane: Lane) -> bool:
        """The same channel always wakes the same worker, while it lives."""
        for offset in range(len(self._seen)):
            path = self._seen[(lane[1].int + offset) % len(self._seen)]
            try:
                self._socket.sendto(lane[0].bytes + lane[1].bytes, path)
            except BlockingIOError:
                return True  # its queue is full of bells: it is awake
            except OSError:
                continue
            return True
        self._seen = []
        return False


def bind_doorbell(directory: Path) -> socket.socket | None:
    """This worker's own doorbell; None where the path is too long for a socket or cannot be made."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in _entries(directory):
            if not _alive(old):
                old.unlink(missing_ok=True)
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bell.bind(str(directory / f"{os.getpid()}.sock"))
    except OSError:
        return None
    return bell


def heard(data: bytes) -> Lane:
    """The lane of a datagram."""
    return UUID(bytes=data[:16]), UUID(bytes=data[16:32])


def _entries(directory: Path) -> list[Path]:
    try:
        return [each for each in directory.iterdir() if stat.S_ISSOCK(each.lstat().st_mode)]
    except OSError:
        return []


def _alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


class Broker:
    """Our end of Redis. Every method says whether it was heard and never raises for a broker that is down."""

    def __init__(self, url: str, doorbells: Path | None = None) -> None:
        self._url = redis_url(url)
        self._doorbells = Doorbells(doorbells) if doorbells is not None else None
        self._deaf_until = 0.0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "<Broker>"

    @cached_property
    def _opened(self) -> tuple[Any, type[Exception]]:
        """The client, and what it raises for a broker that is down."""
        from redis import Redis, RedisError  # noqa: PLC0415 - a third of a command's start, and most ring no bell

        client = Redis.from_url(
            self._url, socket_timeout=2, socket_connect_timeout=2, health_check_interval=30, retry=None
        )
        return client, RedisError

    def ring(self, lanes: set[Lane]) -> None:
        """Say that these channels have something due; the sweep finds what nobody heard."""
        rest = list(lanes)
        if self._doorbells is not None:
            with self._lock:
                rest = self._doorbells.ring(rest)
        if not rest or time.monotonic() < self._deaf_until:
            return
        client, down = self._opened
        try:
            client.eval(
                _RING,
                len(rest) + 1,
                *(bell_key(lane) for lane in rest),
                PREFIX + BELLS,
                COALESCE,
                *(_message(DRAIN, [str(lane[0]), str(lane[1])], BELLS) for lane in rest),
            )
        except down:
            self._deaf_until = time.monotonic() + 5.0

    def answered(self, lane: Lane) -> None:
        """A worker heard this channel's bell, so the next one is rung again."""
        client, down = self._opened
        try:
            client.delete(bell_key(lane))
        except down:
            self._deaf_until = time.monotonic() + 5.0

    def ping(self) -> bool:
        """Does Redis answer."""
        client, down = self._opened
        try:
            return bool(client.ping())
        except down:
            return False

    def version(self) -> str | None:
        """The Redis version that the broker speaks; None when it does not answer."""
        client, down = self._opened
        try:
            return str(client.info("server").get("redis_version", ""))
        except down:
            return None

    def close(self) -> None:
        """Close the connections."""
        if self._doorbells is not None:
            self._doorbells.close()
        if "_opened" in self.__dict__:
            self._opened[0].close()


def bell_key(lane: Lane) -> str:
    """Where Redis remembers that a channel's bell is on its way."""
    return f"{PREFIX}bell:{lane[0].hex}:{lane[1].hex}"


def redis_url(url: str) -> str:
    """The URL as redis-py wants it; kombu says redis+socket:// where redis-py says unix://."""
    return "unix://" + url.removeprefix("redis+socket://") if url.startswith("redis+socket://") else url


def celery_url(url: str) -> str:
    """The URL as Celery wants it."""
    return "redis+socket://" + url.removeprefix("unix://") if url.startswith("unix://") else url


def _message(task: str, arguments: list[str], queue: str) -> bytes:
    """A Celery protocol 2 message, as docs.celeryq.dev/en/stable/internals/protocol.html writes it."""
    task_id = str(uuid4())
    body = json.dumps([arguments, {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    return json.dumps(
        {
            "body": base64.b64encode(body.encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {
                "lang": "py",
                "task": task,
                "id": task_id,
                "root_id": task_id,
                "parent_id": None,
                "group": None,
                "argsrepr": "ids",
                "kwargsrepr": "{}",
                "ignore_result": True,
                "retries": 0,
            },
            "properties": {
                "correlation_id": task_id,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": queue},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid4()),
            },
        }
    ).encode()
