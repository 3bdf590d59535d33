"""Business associate agreements: filed, shown with what hangs on them, taken out of use with everything that did."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid4

from router.core import optin as core
from router.core.audit import Event
from router.core.vendors import Fact, facts
from router.flow import optin
from router.flow.optin import NotFound, Unusable
from router.runtime import Runtime
from router.store import optins
from router.store.session import Row

MOST: Final = 50
"""Contacts or sub-processors that one agreement lists."""

_LINK: Final = re.compile(r"https://[^\s<>\"]{1,500}")


@dataclass(frozen=True, slots=True)
class Paper:
    """An agreement as it is written. Days are UTC's; `expires` is the last day on which it holds.

    `document` is the signed paper, of which only the SHA-256 is kept; who has only that gives `document_sha256`.
    """

    vendor: str
    service: str
    signed: date
    expires: date
    effective: date | None = None
    plan: str = ""
    counterparty: str = ""
    document: bytes | None = None
    document_sha256: str = ""
    link: str = ""
    contacts: Sequence[str] = ()
    sub_processors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An agreement as people see it. `falls_back`: channels that hold tokens only when it is over."""

    baa_id: UUID
    vendor: str
    service: str
    plan: str
    counterparty: str
    signed_on: date
    effective_at: datetime
    expires_at: datetime
    state: str
    days_left: int
    document_hash: str
    document_link: str
    contacts: tuple[str, ...]
    sub_processors: tuple[str, ...]
    added_by: str
    retired_at: datetime | None
    falls_back: tuple[str, ...]
    intact: bool
    known: tuple[Fact, ...]


LAST_YEAR: Final = 9998
"""Of what ends with a day: the moment after it is kept, and the calendar knows no year 10000."""


def day_after(day: date) -> datetime:
    """The first moment after a day that is still included."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def add(runtime: Runtime, tenant_id: UUID, paper: Paper, *, actor: str, auth: str = "") -> UUID:
    """File an agreement. A renewed one is filed anew, since what was signed is never changed.

    Raises:
        Unusable: the text says what is missing or cannot be.
        KeystoreDown, DatabaseDown: nothing was filed.
    """
    new = _new(paper)
    with runtime.database.tenant(tenant_id) as session:
        version, key = runtime.audit.newest("mac")
        agreed = core.Baa(new.baa_id, tenant_id, new.vendor, new.service, new.effective_at, new.expires_at)
        mac = core.mac(key, core.bound_baa(agreed))
        optins.add_baa(session, tenant_id, new, by=actor, mac=mac, mac_version=version)
        optin.changed(session, actor, f"agreement with {new.vendor} filed")
        runtime.audit.write(
            session,
            tenant_id,
            Event(
                "baa.add",
                actor,
                f"baa:{new.baa_id}",
                auth=auth,
                details={
                    "vendor": new.vendor,
                    "service": new.service,
                    "plan": new.plan,
                    "signed": new.signed_on.isoformat(),
                    "effective": new.effective_at.isoformat(),
                    "expires": new.expires_at.isoformat(),
                    "document": new.document_hash,
                },
            ),
        )
    return new.baa_id


def retire(runtime: Runtime, tenant_id: UUID, baa_id: UUID, *, actor: str, auth: str = "") -> tuple[str, ...]:
    """Take an agreement out of use; returns the channels that hold tokens only from now on.

    Raises:
        NotFound: there is no such agreement, or it was retired before.
        KeystoreDown, DatabaseDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        if not optins.retire_baa(session, baa_id, actor):
            raise NotFound("There is no such agreement in use in this tenant; `alertveil baas list` shows them.")
        runtime.audit.write(session, tenant_id, Event("baa.retire", actor, f"baa:{baa_id}", auth=auth))
        fallen = [
            row
            for row in optins.open_ones(session, baa_id=baa_id)
            if row.state in {"active", "expiring"}
            and not optin.end_in(
                runtime, session, tenant_id, row.optin_id, "suspended",
                why="its business associate agreement was retired", actor=actor, auth=auth,
            )
        ]  # fmt: skip
        optin.changed(session, actor, "agreement retired")
    return tuple(sorted({row.channel for row in fallen}))


def every(runtime: Runtime, tenant_id: UUID) -> list[Shown]:
    """The tenant's agreements, those in use first, by their end. Raises KeystoreDown, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = optins.baas(session)
    keys = runtime.audit.keys("mac") if rows else {}
    return [_shown(keys, row) for row in rows]


def state(row: Row) -> str:
    """`in force`, `ends in 12 days`, `not yet`, `lapsed` or `retired`."""
    if row.retired_at is not None:
        return "retired"
    if row.now >= row.expires_at:
        return "lapsed"
    if row.now < row.effective_at:
        return "not yet"
    left = (row.expires_at - row.now).days
    return f"ends in {left} days" if left < core.REMINDERS[0] else "in force"


def _new(paper: Paper) -> optins.NewBaa:
    vendor, service = " ".join(paper.vendor.split()), " ".join(paper.service.split())
    if not vendor or not service:
        raise Unusable("An agreement is with a vendor and covers a service: both are needed.")
    effective = paper.effective or paper.signed
    if paper.expires.year > LAST_YEAR:
        raise Unusable(f"The last day of an agreement is at the latest {LAST_YEAR}-12-31.")
    if paper.expires < effective:
        raise Unusable("The agreement ends before it begins.")
    if effective < paper.signed:
        raise Unusable("The agreement cannot hold before it was signed.")
    if paper.link and not _LINK.fullmatch(paper.link):
        raise Unusable("The link to the document must be an https:// address.")
    if max(len(paper.contacts), len(paper.sub_processors)) > MOST:
        raise Unusable(f"At most {MOST} contacts and {MOST} sub-processors are listed.")
    return optins.NewBaa(
        baa_id=uuid4(),
        vendor=vendor[:100],
        service=service[:200],
        plan=paper.plan.strip()[:100],
        counterparty=paper.counterparty.strip()[:200],
        signed_on=paper.signed,
        effective_at=datetime.combine(effective, time(), UTC),
        expires_at=day_after(paper.expires),
        document_hash=(
            hashlib.sha256(paper.document).hexdigest() if paper.document is not None else paper.document_sha256
        ),
        document_link=paper.link,
        contacts=[each.strip()[:200] for each in paper.contacts],
        sub_processors=[each.strip()[:200] for each in paper.sub_processors],
    )


def _shown(keys: Mapping[int, bytes], row: Row) -> Shown:
    return Shown(
        baa_id=row.baa_id,
        vendor=row.vendor,
        service=row.service,
        plan=row.plan,
        counterparty=row.counterparty,
        signed_on=row.signed_on,
        effective_at=row.effective_at,
        expires_at=row.expires_at,
        state=state(row),
        days_left=max(0, (row.expires_at - row.now).days),
        document_hash=row.document_hash,
        document_link=row.document_link,
        contacts=tuple(row.contacts),
        sub_processors=tuple(row.sub_processors),
        added_by=row.added_by,
        retired_at=row.retired_at,
        falls_back=tuple(row.falls_back),
        intact=core.proves(keys, row.mac_version, bytes(row.mac), core.bound_baa(optins.baa(row))),
        known=facts(row.vendor),
    )
