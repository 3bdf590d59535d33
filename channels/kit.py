"""The one place where bytes leave: vetted keep-alive connections, whole deadlines, no content in any outcome.

Three doors: `Kit.post` and `Kit.post_many` for deliveries, `Kit.transport` for httpx callers, `Kit.connect` for SMTP.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from channels.contract import Delivered, Outcome, Reason, Rejected, Retry
from channels.egress import Network, Unsendable
from channels.http1 import Prepared, Response, header_lines, prepare
from channels.wires import Answer, Failure, Flight, Pool, Refused, Request, Resolver, Round, Stream, system_resolver

if TYPE_CHECKING:
    import ssl

    import httpx

    from channels.transport import KitTransport

__all__ = [
    "DEADLINE",
    "Answer",
    "Failure",
    "Flight",
    "Kit",
    "Prepared",
    "Ready",
    "Refused",
    "Request",
    "Response",
    "Round",
    "Started",
    "Stream",
    "Unsendable",
    "header_lines",
    "outcome",
    "parse_retry_after",
    "prepare",
    "silence",
    "status_outcome",
]

DEADLINE = 15.0
"""Seconds for one request from resolving to the last byte (Standard Webhooks asks for 15 to 30)."""

_CHATTY = ("httpx", "httpcore", "slack_sdk", "slack_sdk.web.base_client", "slack_sdk.web.slack_response", "smtplib")


class Kit:
    """A process's way out, built once by wiring. Threads may share it: a call has its connections to itself.

    Args:
        egress_allow: destinations inside these networks are exempt from the address, port and scheme rules.
        ca_file: PEM file of further trust anchors.
        resolver: looks names up; its answers are vetted like any other.
        longest: seconds that no call may exceed, whatever its channel allows.

    Raises:
        OSError, ssl.SSLError: `ca_file` cannot be read or holds no certificates.
    """

    def __init__(
        self,
        egress_allow: Sequence[Network] = (),
        ca_file: Path | str | None = None,
        resolver: Resolver = system_resolver,
        longest: float = math.inf,
    ) -> None:
        self._longest = longest
        self._pool = Pool(egress_allow, ca_file, resolver)
        silence()

    def post(self, prepared: Prepared, body: bytes, headers: bytes = b"", deadline: float = DEADLINE) -> Answer:
        """Send one request; the answer is in within `deadline` seconds. Never raises for what the network does."""
        return self.post_many([(prepared, headers, body)], deadline)[0]

    def post_many(self, requests: Sequence[Request], deadline: float = DEADLINE) -> list[Answer]:
        """Send requests side by side over keep-alive connections; answers in the order of `requests`.

        `deadline`, in seconds, holds for the whole call. A request that no connection was free for until then was not
        sent: Retry(TIMEOUT) without `maybe_delivered`.
        """
        return self._pool.send(requests, monotonic() + min(deadline, self._longest))

    def warm(self, prepared: Prepared) -> bool:
        """Can a request of this kind leave at once, in a round."""
        return self._pool.warm(prepared.place)

    def round(self) -> Round:
        """A moment in which one thread sends to several destinations that were talked to before."""
        return Round(self._pool, self._longest)

    def transport(self, deadline: float = DEADLINE) -> KitTransport:
        """A transport for `httpx.Client` that leaves through this kit. httpx is imported only when this is called."""
        from channels.transport import KitTransport  # noqa: PLC0415 - memory that a worker does without

        return KitTransport(self, deadline)

    def client(self, deadline: float = DEADLINE) -> httpx.Client:
        """An httpx client that has no other way out than this kit."""
        import httpx  # noqa: PLC0415 - see transport

        return httpx.Client(transport=self.transport(deadline), trust_env=False, follow_redirects=False)

    def connect(self, host: str, port: int, *, tls: bool, deadline: float) -> Stream:
        """A connected and, with `tls`, verified stream for SMTP; all done on it ends `deadline` seconds from now.

        Raises:
            Refused: with the Outcome that says why.
        """
        return self._pool.connect(host, port, tls=tls, until=monotonic() + min(deadline, self._longest))

    def context(self) -> ssl.SSLContext:
        """How TLS is verified, for a protocol that starts it in the middle."""
        return self._pool.context()

    @property
    def open_connections(self) -> int:
        """Connections in use or idle; never more than a few above 256."""
        return self._pool.open_connections

    def close(self) -> None:
        """Close the idle connections. The kit stays usable."""
        self._pool.close()


class Ready:
    """Messages as they will leave. Nothing has, until `go`: whoever changes his mind just forgets them."""

    __slots__ = ("_deadline", "_judge", "_requests")

    def __init__(
        self, requests: Sequence[Request], deadline: float, judge: Callable[[Sequence[Answer]], list[Outcome]]
    ) -> None:
        """`deadline` in seconds, from when they leave."""
        self._requests = requests
        self._deadline = deadline
        self._judge = judge

    def go(self, together: Round) -> Started:
        """Send them, once, with whatever else leaves in this round."""
        return Started(together.begin(self._requests, self._deadline), self._judge)


class Started:
    """Messages that are on their way. `back`: their answers are there, so `outcomes` will not wait for any."""

    __slots__ = ("_flight", "_judge")

    def __init__(self, flight: Flight, judge: Callable[[Sequence[Answer]], list[Outcome]]) -> None:
        self._flight = flight
        self._judge = judge

    @property
    def back(self) -> bool:
        return not self._flight.left

    def outcomes(self) -> list[Outcome]:
        """One outcome a message, once all are there; never raises for what the network does."""
        return self._judge(self._flight.finish())


def status_outcome(status: int, retry_after: str | None = None, now: datetime | None = None) -> Outcome:
    """The status table that channels share; a channel that knows its vendor better decides before it asks here.

    After RFC 9110 §15 and Standard Webhooks ("Operational considerations"): only 2xx is success, 3xx is a failure that
    is not followed, 410 means stop for good. A 404 is retried, because a proxy says it while its backend restarts;
    a 403 is final for this message alone, because a firewall in front says it of one body.
    """
    after = parse_retry_after(retry_after, now or datetime.now(UTC)) if retry_after else None
    if 200 <= status < 300:  # noqa: PLR2004
        return Delivered(status=status)
    if 300 <= status < 400:  # noqa: PLR2004
        return Retry(Reason.REDIRECT, status=status)
    if 500 <= status < 600:  # noqa: PLR2004
        return Retry(Reason.SERVER_ERROR, after=after, status=status)
    match status:
        case 429:
            return Retry(Reason.RATE_LIMITED, after=after, status=status)
        case 408 | 425:
            return Retry(Reason.SERVER_ERROR, after=after, status=status)
        case 404:
            return Retry(Reason.DESTINATION, after=after, status=status)
        case 410:
            return Rejected(Reason.DESTINATION, disable=True, status=status)
        case 401 | 407:
            return Rejected(Reason.CREDENTIAL, disable=True, status=status)
        case 403:
            return Rejected(Reason.CREDENTIAL, status=status)
        case 413:
            return Rejected(Reason.TOO_LARGE, status=status)
        case _ if 400 <= status < 500:  # noqa: PLR2004
            return Rejected(Reason.REFUSED, status=status)
    return Retry(Reason.BAD_ANSWER, status=status)


def outcome(answer: Answer) -> Outcome:
    """`status_outcome` of a response; a failure is an outcome already."""
    if isinstance(answer, Response):
        status = answer.status
        return status_outcome(status, None if 200 <= status < 300 else answer.header("retry-after"))  # noqa: PLR2004
    return answer


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After asks to wait, in either form of RFC 9110 §10.2.3; None when it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= 12 else math.inf  # noqa: PLR2004 - 30,000 years
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def silence() -> None:
    """Pin loggers that write requests, URLs or bodies at DEBUG or INFO, whatever level the root logger has."""
    for name in _CHATTY:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
