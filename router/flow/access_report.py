"""Who holds which role, who joined and left, and who has not used what they hold, for one tenant and period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from router.core.access_report import Account, Report, Told, report
from router.core.quarter import Quarter
from router.runtime import Runtime
from router.store import api_tokens, config, evidence
from router.store.session import Row, Session

ABOUT = ("user.add", "user.roles", "user.disable", "user.enable")


@dataclass(frozen=True, slots=True)
class Access:
    """The report with whose it is and what else may come in: API tokens, as rows of `store.api_tokens.every`."""

    tenant: str
    quarter: Quarter
    made_at: datetime
    report: Report
    machines: list[Row]


def access(runtime: Runtime, tenant_id: UUID, quarter: Quarter | None = None, *, counted: bool = True) -> Access:
    """The report of a quarter, by default of the one that is running; `counted` as in `of`. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return of(session, quarter, counted=counted)


def of(session: Session, quarter: Quarter | None = None, *, counted: bool = True) -> Access:
    """The same within a transaction that has entered the tenant.

    `counted`: with how many acts each person did, which reads a quarter of the audit; a page does without.
    """
    now = datetime.now(UTC)
    quarter = quarter or Quarter.of(now)
    tenant = config.tenant(session)
    told = [_told(row) for row in evidence.events(session, ABOUT, quarter.starts_at, max(now, quarter.ends_at))]
    # Events carry the database's clock, which may be a little ahead of ours: what was read has happened.
    through = max([now, *(each.at + timedelta(microseconds=1) for each in told if each)])
    rows = evidence.accounts(session, quarter.starts_at, quarter.ends_at, counted=counted)
    return Access(
        tenant=tenant.slug if tenant else "",
        quarter=quarter,
        made_at=now,
        report=report(
            [_account(row) for row in rows],
            [each for each in told if each],
            quarter.starts_at,
            quarter.ends_at,
            through,
        ),
        machines=api_tokens.every(session),
    )


def _account(row: Row) -> Account:
    return Account(
        user_id=row.user_id,
        email=row.email,
        kind=row.kind,
        roles=tuple(row.roles),
        created_at=row.created_at,
        seen_at=row.seen_at,
        disabled_at=row.disabled_at,
        factors=frozenset(row.factors),
        outside=not row.subject.startswith("local:"),
        acts=row.acts,
        last_act_at=row.last_act_at,
        reveals=row.reveals,
    )


def _told(row: Row) -> Told | None:
    """None for what was refused, or is about nobody that can be told."""
    kind, _, which = row.object.partition(":")
    if row.decision != "allowed" or kind != "user":
        return None
    try:
        user_id = UUID(which)
    except ValueError:
        return None
    details: dict[str, Any] = row.details
    return Told(
        row.at,
        row.action,
        user_id,
        row.actor,
        tuple(details.get("roles") or ()),
        tuple(details.get("roles_before") or ()),
    )
