"""`alertveil optins`: who may have which plaintext where, until when, and with whose agreement."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from router.cli import far, reach, say
from router.cli.baas import day, ident
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from uuid import UUID

    from router.core.reveal import Proof

app = typer.Typer(
    help="Plaintext for a channel: asked for by one person, agreed to by another, for a while.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The opt-in, as `optins list` names it.")]
Reason = Annotated[str, typer.Option(metavar="R", help="Why; kept with tokens in place of anybody's data.")]


@app.command()
@far.anywhere
def request(  # noqa: PLR0913 - one a fact of the request
    *,
    channel: Annotated[str, typer.Option(metavar="C", help="The channel's name.")],
    types: Annotated[list[str], typer.Option(metavar="EMAIL,PHONE", help="Token types, one by one; never all.")],
    purpose: Annotated[str, typer.Option(metavar="P", help="What people do with these values there.")],
    baa: Annotated[str, typer.Option(metavar="ID", help="The agreement, as `baas list` names it.")],
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="The last day, or a time like 2026-12-31T12:00Z.")
    ] = None,
    severity: Annotated[
        Literal["critical", "error", "warning", "info"], typer.Option(help="For incidents of this severity and up.")
    ] = "info",
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="An emergency: a privacy officer alone, for 15 minutes; all are told.")
    ] = False,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Ask for an opt-in; another person, a privacy officer, approves it."""
    from router.core.optin import BREAK_GLASS

    if until is None and not break_glass:
        raise Refused("Say until when, with --until.", 2)
    ends = moment(until) if until else datetime.now(UTC) + BREAK_GLASS - timedelta(seconds=5)
    there = far.far(tenant, as_)
    if there is not None:
        if break_glass:
            raise Refused("Breaking the glass needs a fresh proof of a person, which no token gives.", 2)
        from router.client.api import OptInRequest

        wanted = OptInRequest(
            channel=channel, types=types, purpose=purpose, baa_id=ident(baa), until=ends, lowest_severity=severity
        )
        with far.usage():
            shown: Any = there.client.request_optin(wanted)
    else:
        from router.flow import optin

        email = _named(as_)
        wish = optin.Wish(channel, types, purpose, ident(baa), ends, severity, break_glass)
        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            try:
                shown = optin.request(runtime, tenant_id, email, _proof(), wish)
            except optin.Unusable as error:
                raise Refused(str(error), 2) from None
    if as_json:
        say.line(_line(shown))
        return
    if break_glass:
        say.text(f"The glass of {channel} is broken until {say.word(shown.ends_at)} UTC; everybody is told.")
    else:
        say.text(f"Asked for. `alertveil optins approve {_id(shown)} --as …` is another person's to run.")
    say.text(*(f"Know: {each.text} ({each.source})" for each in shown.known))


@app.command()
def approve(optin: Id, *, reason: Reason = "", tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Agree to what another person asked for, and that its destination belongs to the agreement it names."""
    from router.flow import optin as flow

    email = _named(as_)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        done = flow.approve(runtime, tenant_id, email, _proof(), ident(optin), reason=reason)
    shown = done.shown
    if as_json:
        say.line(_line(shown))
        return
    say.text(f"{shown.channel} gets plaintext of {', '.join(shown.types)} until {say.word(shown.ends_at)} UTC.")
    if done.confirms:
        say.text(f"The channel names no vendor: you confirmed that {shown.destination} belongs to {done.confirms}.")
    if shown.single_custody:
        say.text("Asked for and approved through one host: marked single-custody, and every privacy officer is told.")


@app.command()
@far.anywhere
def reject(optin: Id, *, reason: Reason = "", tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Decline what somebody asked for."""
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import Why

        shown: Any = there.client.reject_optin(ident(optin), Why(reason=reason))
    else:
        from router.flow import optin as flow

        email = _named(as_)
        with reach.runtime() as runtime:
            shown = flow.reject(runtime, reach.tenant(runtime, tenant), email, _proof(), ident(optin), reason=reason)
    _ended(shown, "Rejected.", as_json=as_json)


@app.command()
@far.anywhere
def revoke(optin: Id, *, reason: Reason = "", tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """End an opt-in: the next attempt holds tokens."""
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import Why

        shown: Any = there.client.revoke_optin(ident(optin), Why(reason=reason))
    else:
        from router.flow import optin as flow

        email = _named(as_)
        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            shown = flow.revoke(runtime, tenant_id, email, _proof(), ident(optin), reason=reason)
    _ended(shown, f"Revoked: from its next attempt on {shown.channel} gets tokens.", as_json=as_json)


@app.command("list")
@far.anywhere
def list_(
    *,
    channel: Annotated[str | None, typer.Option(metavar="C", help="Of this channel only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 500,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Go on after this one.")] = None,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """Opt-ins, the open ones first."""
    last = ident(after) if after is not None else None
    there = far.far(tenant)
    if there is not None:
        found: list[Any] = there.optins(channel, last, limit)
    else:
        from router.flow import optin as flow

        with reach.runtime() as runtime:
            found = flow.every(runtime, reach.tenant(runtime, tenant), channel, after=last, most=limit)
    if as_json:
        say.line([_line(each) for each in found])
        return
    say.table(
        ("channel", "state", "types", "until (UTC)", "asked for by", "approved by", "marks", "id"),
        [
            (
                each.channel,
                each.state,
                each.types,
                each.ends_at,
                each.requested_by,
                each.approved_by,
                _marks(each),
                _id(each),
            )
            for each in found
        ],
        nothing="No opt-ins: every channel holds tokens." if after is None else "No more opt-ins.",
    )
    if len(found) == limit:
        say.text(f"There may be more: --after {_id(found[-1])}")


@app.command()
@far.anywhere
def show(optin: Id, *, tenant: Slug = None, as_json: Json = False) -> None:
    """One opt-in."""
    there = far.far(tenant)
    if there is not None:
        each: Any = there.client.get_optin(ident(optin))
    else:
        from router.flow import optin as flow

        with reach.runtime() as runtime:
            each = flow.one(runtime, reach.tenant(runtime, tenant), ident(optin))
    if as_json:
        say.line(_line(each))
        return
    say.facts(
        {
            "opt-in": _id(each),
            "channel": each.channel,
            "leads to": each.destination,
            "state": each.state,
            "why": each.why,
            "types": each.types,
            "from severity": each.lowest_severity,
            "purpose": each.purpose,
            "agreement": f"{each.vendor} {each.service}",
            "asked for by": f"{each.requested_by}, {say.word(each.requested_at)}",
            "approved by": f"{each.approved_by}, {say.word(each.approved_at)}" if each.approved_at else "",
            "until (UTC)": each.ends_at,
            "marks": _marks(each),
            "who reads there": ", ".join(f"{name} {value}" for name, value in sorted(each.facts.items())),
        }
    )
    say.text(*(f"Know: {fact.text} ({fact.source})" for fact in each.known))


def moment(text: str) -> datetime:
    """The first moment after a day, or a moment itself; UTC when it names no zone. Raises Refused."""
    if len(text.strip()) == len("2026-12-31"):
        return datetime.combine(day(text) + timedelta(days=1), time(), UTC)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("An end is written like 2026-12-31 or 2026-12-31T12:00Z.", 2) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _named(email: str | None) -> str:
    if email is None:
        raise Refused("An opt-in is a person's to ask for, approve and end: say whose with --as EMAIL.", 2)
    return email


def _proof() -> Proof:
    from router import settings
    from router.core.reveal import Proof

    return Proof("host", reach.host(), host_allowed=settings.read().host_may_stand_in)


def _id(each: Any) -> UUID:  # noqa: ANN401 - optin.Shown, or the client's
    found: UUID = each.id if hasattr(each, "id") else each.optin_id
    return found


def _marks(each: Any) -> list[str]:  # noqa: ANN401 - as above
    found = [
        ("single-custody", each.single_custody),
        ("break-glass", each.break_glass),
        ("changed behind our back", not each.intact),
    ]
    return [word for word, holds in found if holds]


def _ended(shown: Any, sentence: str, *, as_json: bool) -> None:  # noqa: ANN401 - as above
    if as_json:
        say.line(_line(shown))
    else:
        say.text(sentence)


LINE = (
    "channel", "channel_kind", "destination", "state", "why", "types", "lowest_severity", "purpose", "vendor",
    "service", "baa_id", "requested_by", "requested_at", "approved_by", "approved_at", "starts_at", "ends_at",
    "state_at", "state_by", "single_custody", "break_glass", "intact", "facts",
)  # fmt: skip


def _line(each: Any) -> dict[str, object]:  # noqa: ANN401 - as above
    return {"id": _id(each), **{name: getattr(each, name) for name in LINE}, "known": far.known(each.known)}
