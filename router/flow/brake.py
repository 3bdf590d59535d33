"""Slows guessing down: every try to sign in is counted before it is looked at, per address and per account.

The counts are in the database, so every process shares them and a restart forgets none; without a database nobody
signs in. Limits, as (tries at once, seconds until one more):

- an address: 30, 10 s (an IPv6 address counts by its /64, which one customer has);
- an account from one address: 5, 60 s;
- an account from everywhere: 50, 300 s, below the 100 wrong tries in a row that NIST SP 800-63B-4 §3.2.2 allows. It is
  wide, so that a stranger cannot lock somebody out from a few addresses.

An account that does not exist is counted like one that does, so the brake tells nobody which there are.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from typing import Final

from router.runtime import Runtime
from router.store import throttle
from router.store.session import Session
from router.store.throttle import Bucket

ADDRESS: Final = (30.0, 10.0)
ACCOUNT_HERE: Final = (5.0, 60.0)
ACCOUNT: Final = (50.0, 300.0)


class Throttled(Exception):  # noqa: N818 - the answer
    """Too many tries. `wait` is when one more is looked at, in seconds."""

    def __init__(self, wait: float) -> None:
        self.wait = math.ceil(wait)
        super().__init__(f"Too many tries; wait {self.wait} seconds, then try again.")


def spend(runtime: Runtime, address: str, account: str | None = None) -> None:
    """Count a try, in a transaction of its own, so that it counts whatever becomes of it.

    Raises:
        Throttled: it is one too many, and is not to be looked at.
        DatabaseDown: it could not be counted, so it is not to be looked at either.
    """
    with runtime.database.several() as session:
        wait = throttle.spend(session, _buckets(address, account))
    if wait:
        raise Throttled(wait)


def forgive(session: Session, address: str, account: str | None = None) -> None:
    """The try was right: it does not count, and the account's wrong ones are forgotten."""
    first, *rest = _buckets(address, account)
    throttle.forgive(session, [each.key for each in rest], [first.key])


def _buckets(address: str, account: str | None) -> list[Bucket]:
    place = _place(address)
    found = [Bucket(_key("address", place), *ADDRESS)]
    if account is not None:
        found.append(Bucket(_key("here", place, account), *ACCOUNT_HERE))
        found.append(Bucket(_key("account", account), *ACCOUNT))
    return found


def _place(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - IPv4
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()
