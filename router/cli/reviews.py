"""`alertveil reviews`: open a quarterly review, decide its items, sign it, and take the report out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from router.cli import far, reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug

if TYPE_CHECKING:
    from router.core.quarter import Quarter
    from router.core.reveal import Proof

app = typer.Typer(help="Quarterly reviews of plaintext opt-ins.", rich_markup_mode=None, no_args_is_help=True)

Of = Annotated[str, typer.Option("--quarter", metavar="2026Q4", help="The quarter, by UTC's calendar.")]
Interim = Annotated[
    bool | None,
    typer.Option("--interim/--final", help="Which review of the quarter; else the final one if there is one."),
]
Decider = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="EMAIL", help="The user of the tenant who decides; with --url the token's maker does."
    ),
]
Reviewer = Annotated[str, typer.Option("--as", metavar="EMAIL", help="The user of the tenant who decides or signs.")]


@app.command("open")
@far.anywhere
def open_(*, quarter: Of, tenant: Slug = None, as_: As = None, as_json: Json = False) -> None:
    """Open the review of a quarter; before the quarter has ended it is an interim one."""
    named = _quarter(quarter)
    there = far.far(tenant, as_)
    if there is not None:
        from router.client.api import NewReview

        opened: Any = there.client.open_review(NewReview(quarter=str(named)))
        review_id = opened.id
    else:
        from router.flow import review

        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            actor = reach.acting(runtime, tenant_id, as_, "review")
            opened = review.open_review(runtime, tenant_id, named, actor, auth=reach.host())
        review_id = opened.review_id
    if as_json:
        say.line(
            {
                "id": review_id,
                "quarter": opened.quarter,
                "kind": opened.kind,
                "state": opened.state,
                "items": opened.items,
                "due_at": opened.due_at,
                "changed": opened.made,
            }
        )
        return
    kind = "An interim review" if opened.kind == "interim" else "The review"
    if not opened.made:
        say.text(f"{kind} of {opened.quarter} is there already: it is {opened.state}.")
        return
    say.text(f"{kind} of {opened.quarter} is open with {opened.items} opt-ins, until {say.word(opened.due_at)} UTC.")


@app.command("list")
@far.anywhere
def list_(*, tenant: Slug = None, as_json: Json = False) -> None:
    """The tenant's reviews, the newest first."""
    there = far.far(tenant)
    if there is not None:
        every = there.client.list_reviews(page=far.PAGE)
        rows: list[Any] = sorted(every, key=lambda each: (-each.cut_off.timestamp(), each.kind))
    else:
        from router.flow import review

        with reach.runtime() as runtime:
            rows = review.every(runtime, reach.tenant(runtime, tenant))
    if as_json:
        say.line(
            [
                {
                    "id": row.id if there is not None else row.review_id,
                    "quarter": row.quarter,
                    "kind": row.kind,
                    "state": row.state,
                    "items": row.items,
                    "undecided": row.undecided,
                    "cut_off": row.cut_off,
                    "opened_at": row.opened_at,
                    "due_at": row.due_at,
                    "signed_at": row.signed_at,
                    "signed_by": row.signed_by,
                    "snapshot_sha256": row.snapshot_sha256,
                    "sha256": row.sha256 if there is not None else row.record_sha256,
                }
                for row in rows
            ]
        )
        return
    say.table(
        ("quarter", "kind", "state", "items", "undecided", "due (UTC)", "signed by"),
        [(row.quarter, row.kind, row.state, row.items, row.undecided, row.due_at, row.signed_by) for row in rows],
        nothing="No reviews yet; one opens by itself on the day after a quarter, and `alertveil reviews open` at once.",
    )


@app.command()
@far.anywhere
def show(*, quarter: Of, interim: Interim = None, tenant: Slug = None, as_json: Json = False) -> None:
    """One review: its population, its items with the facts to judge them by, and what was decided."""
    named = _quarter(quarter)
    there = far.far(tenant)
    if there is not None:
        found = there.record(str(named), interim=interim)
        plain, undecided, digest = found.record, found.undecided, found.sha256
    else:
        from router.flow import review
        from router.reports import review as report

        with reach.runtime() as runtime:
            try:
                shown = review.show(runtime, reach.tenant(runtime, tenant), named, interim=interim)
            except review.Tampered as error:
                raise Refused(str(error), 3) from None
        plain, undecided, digest = report.plain(shown.record), len(shown.record.undecided), shown.sha256
    if as_json:
        say.line(_whole(plain, undecided, digest))
        return
    _show(plain, undecided, digest)


@app.command()
@far.anywhere
def decide(  # noqa: PLR0913 - one a word of the command
    item: Annotated[
        str,
        typer.Argument(metavar="ITEM", help="An opt-in of the review, several with commas between them, or `rest`."),
    ],
    decision: Annotated[Literal["keep", "modify", "revoke"], typer.Argument(help="What becomes of it.")],
    *,
    quarter: Of,
    reason: Annotated[str, typer.Option(metavar="R", help="Why. Never a patient's data; it is tokenized.")],
    as_: Decider = None,
    types: Annotated[
        str | None, typer.Option(metavar="TYPES", help="With `modify`: the token types that remain.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="With `keep` or `modify`: when it ends."),
    ] = None,
    tenant: Slug = None,
    as_json: Json = False,
) -> None:
    """Keep, modify or revoke an opt-in, for a user who neither asked for it nor approved it.

    `rest` stands for every undecided item without a flag that this user may decide. `modify` ends the opt-in within 14
    days unless --types or --until say what remains.
    """
    if decision == "revoke" and (types or until):
        raise Refused("--types and --until go with keep and modify: what is revoked ends at once.", 2)
    if decision == "keep" and types:
        raise Refused("--types goes with modify: keep leaves the types as they are.", 2)
    named = _quarter(quarter)
    there = far.far(tenant, as_)
    items = [part.strip() for part in item.split(",") if part.strip()]
    narrowed = [part.strip().upper() for part in (types or "").split(",") if part.strip()]
    ends = until.replace(tzinfo=UTC) if until else None
    if there is not None:
        from router.client.api import Verdicts

        verdicts = Verdicts(items=items, verdict=decision, reason=reason, types=narrowed, until=ends)
        done = there.client.decide_review_items(str(named), verdicts).items
        made = [(each.id, each.verdict, each.effect) for each in done]
    else:
        from router.flow import review

        if as_ is None:
            raise Refused("An item is a person's to decide: say whose decision it is with --as EMAIL.", 2)
        with reach.runtime() as runtime:
            tenant_id = reach.tenant(runtime, tenant)
            asked = review.Judgement(
                quarter=named,
                items=items,
                verdict=decision,
                reason=reason,
                email=as_,
                proof=_proof(),
                types=tuple(narrowed),
                until=ends,
            )
            judged = review.decide(runtime, tenant_id, asked)
        made = [(each.optin_id, each.verdict, each.effect) for each in judged]
    if as_json:
        lines = [{"id": optin_id, "decision": verdict, "effect": effect} for optin_id, verdict, effect in made]
        say.line(lines[0] if len(lines) == 1 else {"id": str(named), "items": lines})
        return
    for optin_id, verdict, effect in made:
        say.text(f"{optin_id}: {verdict} ({effect}).")


@app.command()
def sign(*, quarter: Of, as_: Reviewer, interim: Interim = None, tenant: Slug = None, as_json: Json = False) -> None:
    """Sign a review off, when everything is decided. Nothing of it changes afterwards."""
    from router.flow import review

    named = _quarter(quarter)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        try:
            signed = review.sign(runtime, tenant_id, named, as_, _proof(), interim=interim)
        except review.Tampered as error:
            raise Refused(str(error), 3) from None
    if as_json:
        say.line({"id": signed.review_id, "sha256": signed.sha256, "statement": signed.statement})
        return
    say.text(signed.statement, f"Signed by {as_}. SHA-256 of the record: {signed.sha256}")


@app.command()
def export(
    *,
    quarter: Of,
    form: Annotated[Literal["pdf", "csv", "json", "html"], typer.Option("--format", help="What it is written as.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Where to.")],
    interim: Interim = None,
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Write the report of a review to a file. All four formats hold one record and name its hash."""
    from router.flow import review

    named = _quarter(quarter)
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        actor = reach.acting(runtime, tenant_id, as_, "export")
        try:
            review_id, digest, content = review.export(
                runtime, tenant_id, named, form, actor, auth=reach.host(), interim=interim
            )
        except review.Tampered as error:
            raise Refused(str(error), 3) from None
    try:
        output.write_bytes(content)
    except OSError:
        raise Refused("The file that -o names cannot be written.") from None
    if as_json:
        say.line({"id": review_id, "sha256": digest, "format": form, "bytes": len(content)})
    else:
        say.text(f"{len(content)} bytes written. SHA-256 of the record: {digest}")


def _quarter(text: str) -> Quarter:
    from router.core.quarter import NotAQuarter, Quarter

    try:
        return Quarter.parse(text)
    except NotAQuarter as error:
        raise Refused(str(error), 2) from None


def _proof() -> Proof:
    from router import settings
    from router.core.reveal import Proof

    return Proof("host", reach.host(), host_allowed=settings.read().host_may_stand_in)


def _whole(plain: Mapping[str, Any], undecided: int, digest: str) -> dict[str, Any]:
    """The record, flat enough for scripts: items with what was decided about each."""
    snapshot = plain["snapshot"]
    decided = {each["optin_id"]: each for each in plain["decisions"]}
    items = [
        {
            "id": item["optin_id"],
            "number": number,
            **item,
            "decision": decided[item["optin_id"]]["verdict"] if item["optin_id"] in decided else None,
            "decided": decided.get(item["optin_id"]),
        }
        for number, item in enumerate(snapshot["items"], 1)
    ]
    return {
        "id": snapshot["review_id"],
        "state": plain["state"],
        "sha256": digest,
        "snapshot_sha256": plain["snapshot_sha256"],
        "undecided": undecided,
        "signature": plain["signature"],
        **{name: value for name, value in snapshot.items() if name != "items"},
        "items": items,
    }


def _show(plain: Mapping[str, Any], undecided: int, digest: str) -> None:
    snapshot, signature = plain["snapshot"], plain["signature"]
    verdicts = {each["optin_id"]: each["verdict"] for each in plain["decisions"]}  # the last one counts
    balance = snapshot["balances"][-1]
    say.facts(
        {
            "review": f"{snapshot['quarter']}, {snapshot['kind']}, {plain['state']}",
            "cut-off": snapshot["cut_off"],
            "due": snapshot["due_at"],
            "population": f"{balance['previous']} + {balance['new']} new - {balance['ended']} ended = "
            f"{balance['now']}, {len(balance['unaccounted_ids'])} unaccounted (from {balance['source']})",
            "undecided": undecided,
            "signed": f"{signature['at']} by {signature['signed_by']}" if signature else "",
            "snapshot SHA-256": plain["snapshot_sha256"],
            "record SHA-256": digest,
        }
    )
    say.text("")
    say.table(
        ("item", "channel", "types", "ends (UTC)", "sent", "values", "reviewer", "decision", "flags"),
        [
            (
                item["optin_id"],
                item["channel"],
                ",".join(item["types"]),
                item["ended_at"] or item["ends_at"],
                item["deliveries"],
                item["tokens"],
                item["reviewer"],
                verdicts.get(item["optin_id"], "undecided" if item["required"] else "-"),
                "; ".join(item["flags"]),
            )
            for item in snapshot["items"]
        ],
        nothing="No opt-in was active in its scope.",
    )
