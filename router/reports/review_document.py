"""The words of a review's report: what stands on which page, in which table, and how it is said.

Nothing is decided or counted here that the record does not hold, so PDF, HTML and page say the same as JSON and CSV.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from router.core.review import EXCEPTIONAL, Change, Decision, Flag, Item, Record, Sum
from router.reports.chart import Bar, columns
from router.reports.document import (
    Block,
    Card,
    Cell,
    Chart,
    Charts,
    Column,
    Document,
    Facts,
    Figure,
    Figures,
    Note,
    Paragraph,
    Section,
    Table,
    Tone,
)

_VERDICTS: Final[dict[str, tuple[str, Tone]]] = {
    "keep": ("Keep", "good"),
    "modify": ("Modify", "warn"),
    "revoke": ("Revoke", "bad"),
    "suspend": ("Suspended: undecided when due", "bad"),
}
_STATES: Final[dict[str, str]] = {
    "open": "open: decisions are being taken",
    "closed": "past due: what was undecided is suspended; not signed",
    "superseded": "superseded by the final review of the quarter; not signed",
    "signed": "signed",
}


def document(record: Record, whole: str) -> Document:
    """The report, complete; `whole` is the hash of the record, in hex."""
    snapshot = record.snapshot
    interim = snapshot.kind == "interim"
    ribbon = " · ".join(["Interim"] * interim + ["Draft, not signed"] * (record.signature is None))
    title = f"{'Interim review' if interim else 'Quarterly review'} of plaintext opt-ins, {_quarter(snapshot.quarter)}"
    return Document(
        title=title,
        subtitle=f"{_day(snapshot.starts_at)} to {_last_day(snapshot.cut_off)}",
        owner=snapshot.tenant_name,
        description="Which channels were allowed to carry plaintext, why, to whom, what went out, and what was decided",
        ribbon=ribbon,
        mark=f"{snapshot.tenant_name} · {snapshot.quarter}{' interim' * interim} · record {whole[:16]}…",
        made_at=record.signature.at if record.signature else snapshot.opened_at,
        cover=_cover(record, whole),
        foreword=_foreword(record),
        sections=tuple(_sections(record, whole)),
    )


def _cover(record: Record, whole: str) -> tuple[tuple[str, Cell], ...]:
    snapshot, signature = record.snapshot, record.signature
    return (
        ("Organisation", Cell(f"{snapshot.tenant_name} (tenant {snapshot.tenant})")),
        ("Scope", Cell(f"Every plaintext opt-in that was active for a moment of {_period(record)}")),
        ("Cut-off", Cell(_minute(snapshot.cut_off))),
        ("Opened", Cell(f"{_minute(snapshot.opened_at)}, by {snapshot.opened_by}")),
        ("Decisions due", Cell(_minute(snapshot.due_at))),
        ("State", Cell(_STATES[record.state], "good" if record.state == "signed" else "warn")),
        ("Signed", Cell(f"{_minute(signature.at)}, by {signature.signed_by}" if signature else "not yet")),
        ("Review", Cell(snapshot.review_id, mono=True)),
        ("Snapshot SHA-256", Cell(record.snapshot_sha256, mono=True)),
        ("Record SHA-256", Cell(whole, mono=True)),
    )


def _foreword(record: Record) -> str:
    text = (
        "Alertveil replaces protected health information in alerts by tokens before anything is stored, and every"
        " channel gets tokens. A plaintext opt-in is the only exception: two people agree that named types of values"
        " may reach one destination, for one purpose, under a business associate agreement, until a date. This report"
        " shows every such opt-in of the period, what went out under it, and what an independent person decided."
    )
    if record.snapshot.kind == "interim":
        text += (
            " It is an interim review, taken before the quarter ended: its decisions are binding, and the final review"
            " of the quarter reconciles from it."
        )
    return text + " It holds no protected health information."


def _sections(record: Record, whole: str) -> Iterator[Section]:
    snapshot = record.snapshot
    numbers = {item.optin_id: number for number, item in enumerate(snapshot.items, 1)}
    yield Section("Summary", tuple(_summary(record)))
    yield Section("Population", tuple(_population(record, numbers)))
    yield Section("Opt-ins and decisions", tuple(_overview(record)))
    yield Section("The opt-ins one by one", tuple(_cards(record)))
    yield Section("Exceptions", (_exceptions_table(record, numbers),))
    yield Section("Changes", (_changes(record, numbers),))
    yield Section("Business associate agreements", (_agreements(record),))
    yield Section("Kill switch and break-glass", tuple(_emergencies(record, numbers)))
    yield Section("Denials", tuple(_denials(record)))
    yield Section("Method", tuple(_method(record, whole)))
    yield Section("Signatures", tuple(_signatures(record, whole)))
    yield Section("Glossary", (Facts(tuple((word, Cell(meaning)) for word, meaning in _GLOSSARY)),))


def _summary(record: Record) -> Iterator[Block]:
    snapshot = record.snapshot
    counted = Counter(decision.verdict for decision in record.latest.values())
    deliveries = sum(week.deliveries for week in snapshot.weeks)
    tokens = sum(week.tokens for week in snapshot.weeks)
    problems = _exceptions(record, {})
    undecided = len(record.undecided)
    yield Figures(
        (
            Figure(str(len(snapshot.items)), "opt-ins reviewed"),
            Figure(str(counted["keep"]), "kept"),
            Figure(str(counted["modify"]), "to be modified"),
            Figure(str(counted["revoke"]), "revoked"),
            Figure(str(counted["suspend"]), "suspended, undecided", "bad" if counted["suspend"] else ""),
            Figure(_grouped(deliveries), "plaintext deliveries"),
            Figure(_grouped(tokens), "values disclosed"),
            Figure(str(len(problems)), "exceptions", "warn" if problems else "good"),
        )
    )
    yield Paragraph(_conclusion(record, len(problems), undecided))
    charts = list(_charts(record))
    if charts:
        yield Charts(tuple(charts))
    yield Table(
        (Column("Quarter", 2), Column("Opt-ins active", 2, right=True), Column("Deliveries", 2, right=True),
         Column("Values disclosed", 2, right=True)),
        tuple(
            (Cell(each.quarter), Cell(str(each.active)), Cell(_grouped(each.deliveries)), Cell(_grouped(each.tokens)))
            for each in snapshot.seasons
        ),
        "There are no figures.",
        "The figures of the quarters shown",
    )  # fmt: skip


def _charts(record: Record) -> Iterator[Chart]:
    snapshot = record.snapshot
    if snapshot.weeks:
        days = [_short_day(week.starts_on) for week in snapshot.weeks]
        yield _chart("Plaintext deliveries, by week", "deliveries", days, [week.deliveries for week in snapshot.weeks])
        yield _chart("Opt-ins active, by week", "opt-ins", days, [week.active for week in snapshot.weeks])
    if len(snapshot.seasons) > 1:
        names = [season.quarter for season in snapshot.seasons]
        sent = [season.deliveries for season in snapshot.seasons]
        active = [season.active for season in snapshot.seasons]
        yield _chart("Plaintext deliveries, by quarter", "deliveries", names, sent, last=True)
        yield _chart("Opt-ins active, by quarter", "opt-ins", names, active, last=True)


def _chart(title: str, unit: str, names: Sequence[str], values: Sequence[int], *, last: bool = False) -> Chart:
    """Columns; with `last`, the last one is the one that is meant and the others are there for comparison."""
    bars = [
        Bar(name, value, main=not last or place == len(names) - 1)
        for place, (name, value) in enumerate(zip(names, values, strict=True))
    ]
    spoken = "; ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
    return Chart(title, columns(bars, unit), f"{title}. Column chart. {spoken}.")


def _conclusion(record: Record, problems: int, undecided: int) -> str:
    snapshot = record.snapshot
    balance = snapshot.balances[0]
    said = [
        (
            f"The population is {'complete' if _reconciled(record) else 'NOT complete'}: {balance.previous} carried"
            f" over + {balance.new} new − {balance.ended} ended = {balance.now} active at the cut-off."
        )
    ]
    if undecided:
        said.append(f"{_counted(undecided, 'item')} still {'needs' if undecided == 1 else 'need'} a decision.")
    else:
        said.append("Every item that needs a decision has one.")
    if record.disclosures_after_revocation:
        said.append(
            f"{_counted(record.disclosures_after_revocation, 'value')} left under opt-ins after they had been revoked."
        )
    elif any(decision.verdict == "revoke" for decision in record.latest.values()):
        said.append("Nothing left under a revoked opt-in after its revocation.")
    said.append(f"{_counted(problems, 'exception')} {'is' if problems == 1 else 'are'} listed." if problems else
                "There are no exceptions.")  # fmt: skip
    said.append(
        f"People revealed values on {_counted(snapshot.reveals, 'occasion')} in the period; those are in the audit log"
        f" and not subject of this review."
    )
    return " ".join(said)


def _population(record: Record, numbers: dict[str, int]) -> Iterator[Block]:
    yield Paragraph(
        "The list was taken by the system when the review was opened and is frozen: it holds every opt-in that was"
        " active for a moment of the scope. It is reconciled opt-in by opt-in against what the earlier review had"
        " carried on; a difference between the two would be named here."
    )
    yield Table(
        (Column("Since", 3), Column("Carried over from", 4), Column("Previous", 2, right=True),
         Column("+ new", 2, right=True), Column("− ended", 2, right=True), Column("= now", 2, right=True),
         Column("Unaccounted", 2, right=True)),
        tuple(
            (
                Cell(_date(each.since)),
                Cell(each.source),
                Cell(str(each.previous)),
                Cell(str(each.new)),
                Cell(str(each.ended)),
                Cell(str(each.now)),
                Cell(str(len(each.unaccounted_ids)), "bad" if each.unaccounted_ids else "good"),
            )
            for each in record.snapshot.balances
        ),
        "There is no balance.",
        "Reconciliation: previous + new − ended = now",
    )  # fmt: skip
    for each in record.snapshot.balances:
        yield Facts(
            (
                ("New since " + _date(each.since), Cell(_listed(each.new_ids, numbers))),
                ("Ended since " + _date(each.since), Cell(_listed(each.ended_ids, numbers))),
                ("Active at the cut-off", Cell(_listed(each.now_ids, numbers))),
            )
        )
        if each.unaccounted_ids:
            yield Note(
                "Unaccounted",
                "History and the earlier review disagree on " + _listed(each.unaccounted_ids, numbers)
                + ": a row was added, removed or moved in time. The audit log shows what was decided and when.",
                "bad",
            )  # fmt: skip


def _overview(record: Record) -> Iterator[Block]:
    latest = record.latest
    yield Table(
        (Column("No.", 2, right=True), Column("Channel", 6), Column("Types", 5), Column("Ends", 4),
         Column("Deliveries", 4, right=True), Column("Values", 3, right=True), Column("Flags", 7),
         Column("Decision", 6)),
        tuple(
            (
                Cell(str(number)),
                Cell(item.channel),
                Cell(", ".join(item.types)),
                Cell(_date(item.ended_at or item.ends_at)),
                Cell(_grouped(item.deliveries)),
                Cell(_grouped(item.tokens)),
                Cell("; ".join(item.flags), "warn" if item.flags else ""),
                _verdict(item, latest.get(item.optin_id)),
            )
            for number, item in enumerate(record.snapshot.items, 1)
        ),
        "No opt-in was active in the period: every channel got tokens throughout.",
        "Every opt-in of the period",
    )  # fmt: skip


def _cards(record: Record) -> Iterator[Block]:
    latest = record.latest
    if not record.snapshot.items:
        yield Paragraph("There is none.")
    for number, item in enumerate(record.snapshot.items, 1):
        decision = latest.get(item.optin_id)
        approved = f"approved by {item.approver}" if item.approver else "approved by nobody: break-glass"
        pairs: list[tuple[str, Cell]] = [
            ("Purpose", Cell(item.purpose)),
            ("Destination", Cell(f"{item.destination} ({item.channel_kind}{_of(item.vendor)})")),
            ("Types", Cell(f"{', '.join(item.types)}, for incidents of severity {item.lowest_severity} and above")),
            ("Agreement", Cell(f"{item.baa}{f', until {item.baa_ends_on}' if item.baa_ends_on else ''}")),
            ("Persons", Cell(f"asked for by {item.requester}, {approved}")),
            ("In force", Cell(_term(item))),
            ("Went out", Cell(_went_out(item))),
        ]
        if decision is None:
            said = Cell(
                "Undecided." if item.required else f"No decision needed: {_OVER.get(item.state, item.state)}.",
                "warn" if item.required else "quiet",
            )
            if item.reviewer:
                pairs.append(("Reviewer", Cell(f"{item.reviewer} was asked")))
        else:
            word, tone = _VERDICTS[decision.verdict]
            said = Cell(f"{word}. {decision.reason}".strip(), tone)
            by = f"{decision.decided_by}, {_minute(decision.at)}{f', {decision.auth}' if decision.auth else ''}"
            pairs += [("Decided by", Cell(by)), ("Effect", Cell(decision.effect))]
        yield Card(
            f"No. {number}: {item.channel}",
            Cell(item.optin_id, "quiet", mono=True),
            tuple(Cell(flag, "warn") for flag in item.flags),
            tuple(pairs),
            tuple(f"{_minute(each.at)}: {each.what}, by {each.who}{_why(each.why)}" for each in item.changes),
            said,
        )


def _exceptions(record: Record, numbers: dict[str, int]) -> list[tuple[str, str, str]]:
    """(what, which items, why it matters), the gravest first."""
    snapshot, latest, signature = record.snapshot, record.latest, record.signature
    found = [
        (
            "Population not reconciled",
            _listed(balance.unaccounted_ids, numbers),
            f"History disagrees with {balance.source}.",
        )
        for balance in snapshot.balances
        if balance.unaccounted_ids
    ]
    if record.disclosures_after_revocation:
        found.append(("Disclosed after revocation", _counted(record.disclosures_after_revocation, "value"),
                      "A revoked opt-in must not let anything out."))  # fmt: skip
    for flag in Flag:
        ids = [item.optin_id for item in snapshot.items if flag in item.flags]
        if flag in EXCEPTIONAL and ids:
            found.append((_FLAGS[flag][0], _listed(ids, numbers), _FLAGS[flag][1]))
    suspended = [key for key, decision in latest.items() if decision.verdict == "suspend"]
    if suspended:
        found.append(("Undecided at the due date", _listed(suspended, numbers), "Suspended to tokens by the system."))
    by_host = [key for key, decision in latest.items() if decision.auth.startswith("host:")]
    if by_host:
        found.append(("Decided from a shell", _listed(by_host, numbers),
                      "The person was named by somebody with access to the host, not signed in."))  # fmt: skip
    if signature is not None:
        found += _of_signature(record, numbers)
    return found


def _of_signature(record: Record, numbers: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    snapshot, signature = record.snapshot, record.signature
    assert signature is not None  # noqa: S101 - the caller looked
    own = [item.optin_id for item in snapshot.items if signature.signed_by in {item.requester, item.approver}]
    if own:
        yield ("The signer asked for or approved", _listed(own, numbers), "Somebody else decided these items.")
    deciders = {decision.decided_by for decision in record.latest.values() if decision.verdict != "suspend"}
    if deciders == {signature.signed_by}:
        yield ("One person decided and signed", "all items", "A second pair of eyes saw none of it.")
    if signature.auth.startswith("host:"):
        yield ("Signed from a shell", "the review", "The signer was named by somebody with access to the host.")
    if signature.at > snapshot.due_at:
        yield ("Signed after the due date", "the review", f"It was due {_minute(snapshot.due_at)}.")


def _exceptions_table(record: Record, numbers: dict[str, int]) -> Table:
    return Table(
        (Column("Exception", 4), Column("Items", 4), Column("What it means", 7)),
        tuple((Cell(what, "warn"), Cell(which), Cell(why)) for what, which, why in _exceptions(record, numbers)),
        "There are none.",
        "What an auditor should look at twice",
    )


def _changes(record: Record, numbers: dict[str, int]) -> Table:
    found = sorted(_changed(record), key=lambda pair: (pair[0].at, numbers[pair[1].optin_id]))
    return Table(
        (Column("When (UTC)", 4), Column("No.", 1, right=True), Column("What", 5), Column("By", 5), Column("Why", 6)),
        tuple(
            (
                Cell(_minute(change.at, zone=False)),
                Cell(str(numbers[item.optin_id])),
                Cell(change.what),
                Cell(change.who),
                Cell(change.why),
            )
            for change, item in found
        ),
        "Nothing changed in the period.",
        "What happened to the opt-ins in the period",
    )


def _changed(record: Record) -> Iterator[tuple[Change, Item]]:
    """Beginnings, ends, and what else the audit log says happened in between."""
    for item in record.snapshot.items:
        if item.starts_at >= record.snapshot.starts_at:
            began = "break-glass opened" if item.break_glass else "came into force"
            yield Change(at=item.starts_at, what=began, who=item.approver or item.requester), item
        for change in item.changes:
            if change.what not in _ENDPOINTS:
                yield change, item
        if item.ended_at:
            who = next((change.who for change in item.changes if change.at >= item.ended_at), "")
            yield Change(at=item.ended_at, what=item.state, who=who, why=item.ended_because), item


def _agreements(record: Record) -> Table:
    return Table(
        (Column("Vendor", 3), Column("Service", 4), Column("Signed", 3), Column("Ends", 3),
         Column("Opt-ins", 2, right=True), Column("Document (SHA-256)", 5)),
        tuple(
            (
                Cell(each.vendor),
                Cell(each.service),
                Cell(_date(each.signed_on)),
                Cell(f"{_date(each.ends_on)}{', retired' if each.retired_at else ''}",
                     "warn" if each.retired_at else ""),
                Cell(str(each.optins)),
                Cell(f"{each.document_sha256[:24]}…" if each.document_sha256 else "not on file", mono=True),
            )
            for each in record.snapshot.agreements
        ),
        "There is none on file.",
        "Agreements in force for a moment of the period, or behind an opt-in of it",
    )  # fmt: skip


def _emergencies(record: Record, numbers: dict[str, int]) -> Iterator[Block]:
    yield Table(
        (Column("When (UTC)", 3), Column("What", 5), Column("By", 4), Column("Why", 4)),
        tuple(
            (Cell(_minute(each.at, zone=False)), Cell(each.what), Cell(each.who), Cell(each.why))
            for each in record.snapshot.switches
        ),
        "The kill switch was not used in the period.",
        "Uses of the kill switch",
    )
    used = [item for item in record.snapshot.items if item.break_glass]
    yield Table(
        (Column("No.", 1, right=True), Column("Channel", 4), Column("From", 3), Column("By", 4), Column("Purpose", 6),
         Column("Values", 2, right=True)),
        tuple(
            (
                Cell(str(numbers[item.optin_id])),
                Cell(item.channel),
                Cell(_minute(item.starts_at, zone=False)),
                Cell(item.requester),
                Cell(item.purpose),
                Cell(_grouped(item.tokens)),
            )
            for item in used
        ),
        "Break-glass was not used in the period.",
        "Uses of break-glass (15 minutes, every privacy officer told at once)",
    )  # fmt: skip


def _denials(record: Record) -> Iterator[Block]:
    yield Paragraph(
        "Attempts that the system refused in the period, as the audit log holds them. Many refusals of one sort by few"
        " people, or the first of a sort, are worth a question."
    )
    yield Table(
        (Column("What was refused", 5), Column("Times", 2, right=True), Column("By how many", 2, right=True),
         Column("Last (UTC)", 4)),
        tuple(
            (Cell(each.action), Cell(_grouped(each.count)), Cell(str(each.actors)),
             Cell(_minute(each.last_at, zone=False)))
            for each in record.snapshot.denials
        ),
        "Nothing was refused in the period.",
        "Refused attempts",
    )  # fmt: skip


def _method(record: Record, whole: str) -> Iterator[Block]:
    snapshot = record.snapshot
    yield Facts(tuple((name, Cell(text)) for name, text in _METHOD))
    yield Facts((("Record SHA-256", Cell(whole, mono=True)), ("Scope starts", Cell(_minute(snapshot.starts_at)))))
    yield Table(
        (Column("Requirement", 8), Column("What of this report speaks to it", 5)),
        tuple((Cell(rule), Cell(piece)) for rule, piece in _RULES),
        "",
        "What this review is evidence for",
    )


def _signatures(record: Record, whole: str) -> Iterator[Block]:
    signature = record.signature
    if signature is None:
        yield Note("Not signed", "This is a draft: items, decisions and hash can still change.", "warn")
    else:
        yield Note("Statement", signature.statement, "good")
        yield Facts(
            (
                ("Signed by", Cell(signature.signed_by)),
                ("At", Cell(_minute(signature.at))),
                ("Proof of identity", Cell(signature.auth or "not recorded")),
                ("Record SHA-256", Cell(whole, mono=True)),
            )
        )
    by: Counter[str] = Counter(
        decision.decided_by for decision in record.latest.values() if decision.verdict != "suspend"
    )
    yield Table(
        (Column("Reviewer", 6), Column("Items decided", 2, right=True)),
        tuple((Cell(who), Cell(str(number))) for who, number in sorted(by.items())),
        "Nobody has decided anything yet.",
        "Who decided",
    )


# --- words -------------------------------------------------------------------------------------------------------

_ENDPOINTS: Final = frozenset({"approve", "break_glass", "revoke", "suspend", "expire"})
"""What the audit log says of an opt-in's beginning and end, which its facts say better."""

_OVER: Final = {
    "expired": "it has expired",
    "revoked": "it was revoked",
    "suspended": "it was suspended",
    "rejected": "it was rejected",
}

_FLAGS: Final = {
    Flag.BREAK_GLASS: ("Break-glass was used", "One person opened a channel in an emergency; each use is judged here."),
    Flag.SINGLE_CUSTODY: (
        "Single custody",
        "Request and approval came through one host identity, so one person may have played both parts.",
    ),
    Flag.NO_REVIEWER: ("No independent reviewer", "Everybody who may review had asked for it or approved it."),
    Flag.BAA_GONE: ("Agreement not in force", "The opt-in gives tokens until its agreement is in force again."),
}

_METHOD: Final = (
    (
        "Completeness",
        (
            "When the review was opened, one transaction read every opt-in with the time in which it was active, off"
            " one state of the database; it kept the result as a snapshot and wrote the snapshot's hash to the audit"
            " log. The database accepts no item that is added or changed afterwards."
        ),
    ),
    (
        "Independence",
        (
            "Each item was given to a reviewer who neither asked for the opt-in nor approved it, and the database"
            " refuses a decision by either of the two, by their other accounts too. Where nobody independent could be"
            " found, the item stands among the exceptions."
        ),
    ),
    (
        "Facts",
        (
            "Deliveries and values are counted from the disclosures, one of which is written in the same transaction"
            " that allows a value to leave. A value that leaves twice counts twice."
        ),
    ),
    (
        "Effect",
        (
            "Revoke ends an opt-in at once: the next attempt to deliver holds tokens. Modify narrows it, or ends it"
            " within 14 days, until when two people can agree on a changed one. Keep lets it go on, to the close of"
            " the next review at most; an interim review prolongs nothing."
        ),
    ),
    (
        "Due date",
        (
            "What is undecided 30 days after the quarter (14 days at least after a late opening) is suspended: the"
            " channel gets tokens, and only a new request by two people leads back."
        ),
    ),
    (
        "Integrity",
        (
            "Page, PDF, HTML, CSV and JSON are made of one record and name its SHA-256. The event review.sign of the"
            " audit log holds it too; the log is chained and covered by signed checkpoints that are kept outside the"
            " database. To check: take the JSON, print its member record in canonical form (jq -cSj .record), hash it"
            " with SHA-256, and compare with this report and with the event."
        ),
    ),
)

_RULES: Final = (
    ("45 CFR 164.308(a)(1)(ii)(D): regular review of records of system activity", "The whole report; Denials"),
    ("45 CFR 164.308(a)(4)(ii)(C): access is reviewed and modified", "Opt-ins and decisions; Changes"),
    ("45 CFR 164.308(b)(1), 164.504(e): assurances of business associates", "Business associate agreements"),
    ("45 CFR 164.312(b): activity is recorded and examined", "Summary; Method"),
    ("45 CFR 164.312(a)(2)(ii): emergency access procedure", "Kill switch and break-glass"),
    ("SOC 2 CC6.2, CC6.3: access is reviewed and removed when no longer needed", "Opt-ins and decisions"),
    ("ISO/IEC 27001:2022 A.5.18: rights are reviewed at intervals", "Opt-ins and decisions; Signatures"),
)

_GLOSSARY: Final = (
    ("Audit event, checkpoint", "A line of the append-only audit log; a signed statement of how far the log reaches."),
    ("BAA", "Business associate agreement: a vendor's written assurance under 45 CFR 164.504(e)."),
    ("Break-glass", "An opt-in that one person opens for 15 minutes in an emergency, loudly, and always reviewed."),
    ("Channel", "A configured way out: Slack, PagerDuty, email or a webhook, to one destination."),
    ("Cut-off", "The moment that the review's facts describe: the end of the quarter, or an interim review's opening."),
    ("Delivery", "One state of one incident on its way to one channel."),
    ("Disclosure", "Plaintext that left through a channel or was shown to a person; each value is one record."),
    ("Incident", "Alerts that belong together, with one state."),
    ("Interim review", "A review taken before the quarter has ended. Its decisions bind; the final review follows."),
    ("Kill switch", "One action after which every channel gets tokens, whatever was opted in."),
    ("Opt-in", "Two people's agreement that named types of values may reach one destination until a date."),
    ("PHI", "Protected health information (45 CFR 160.103)."),
    ("Single custody", "Request and approval reached the system through one and the same host account."),
    ("Token", "A random placeholder such as <EMAIL_7K2M4QXW9R> that stands for a value kept encrypted in the vault."),
)


def _verdict(item: Item, decision: Decision | None) -> Cell:
    if decision is not None:
        return Cell(*_VERDICTS[decision.verdict])
    if item.required:
        return Cell("Undecided", "warn")
    return Cell(f"None needed: {_OVER.get(item.state, item.state)}", "quiet")


def _reconciled(record: Record) -> bool:
    return all(_adds_up(balance) for balance in record.snapshot.balances)


def _adds_up(balance: Sum) -> bool:
    return not balance.unaccounted_ids and balance.previous + balance.new - balance.ended == balance.now


def _term(item: Item) -> str:
    text = f"{_minute(item.starts_at)} to {_minute(item.ends_at)}"
    if item.ended_at:
        return f"{text}; {item.state} {_minute(item.ended_at)}{_why(item.ended_because)}"
    return f"{text}; {item.state} at the cut-off"


def _went_out(item: Item) -> str:
    if not item.deliveries:
        return "nothing in the period" + (f"; last used {_minute(item.last_used_at)}" if item.last_used_at else "")
    return (
        f"{_counted(item.tokens, 'value')} in {_counted(item.deliveries, 'delivery', 'deliveries')},"
        f" last {_minute(item.last_used_at)}"
    )


def _listed(ids: Sequence[str], numbers: dict[str, int]) -> str:
    """Items by number, in order; by id when the report does not list them."""
    known = sorted(numbers[each] for each in ids if each in numbers)
    other = sorted(each for each in ids if each not in numbers)
    parts = ([f"No. {', '.join(str(number) for number in known)}"] if known else []) + other
    return "; ".join(parts) or "none"


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{_grouped(number)} {noun if number == 1 else plural or noun + 's'}"


def _grouped(number: int) -> str:
    return f"{number:,}"


def _why(text: str) -> str:
    return f" ({text})" if text else ""


def _of(vendor: str) -> str:
    return f", {vendor}" if vendor else ""


def _period(record: Record) -> str:
    return f"{_day(record.snapshot.starts_at)} to {_last_day(record.snapshot.cut_off)}"


def _quarter(text: str) -> str:
    return f"Q{text[5:]}\u00a0{text[:4]}"


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _day(text: str) -> str:
    """1 October 2026."""
    at = _read(text)
    return f"{at.day} {at:%B %Y}"


def _last_day(text: str) -> str:
    """The day before a moment that is the first of a day, else the day itself."""
    at = _read(text)
    return _day(datetime.fromtimestamp(at.timestamp() - 1, UTC).isoformat())


def _date(text: str) -> str:
    """1 Oct 2026, of a day or a moment; empty for none."""
    if not text:
        return ""
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%b %Y}"


def _short_day(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%b}"


def _minute(text: str, *, zone: bool = True) -> str:
    """2026-10-01 14:05 UTC; empty for none."""
    return f"{_read(text):%Y-%m-%d %H:%M}{' UTC' if zone else ''}" if text else ""
