"""The quarterly review from its opening to its signature: opened, decided, closed when it is due, signed, exported.

A review of a quarter that has ended is final; one opened earlier is interim, and the final one takes its decisions over
unless the opt-in changed since. What is decided is done in the same transaction. Times are the database's unless a
caller gives one.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from router.core import review
from router.core.access import may
from router.core.audit import JSON, Event
from router.core.ident import time_ordered
from router.core.quarter import Quarter
from router.core.reveal import Proof, needs_step_up
from router.core.review import Case, Ground, Record, Verdict, moment
from router.flow import herald, optin, review_facts
from router.flow.herald import Word
from router.flow.snapshot import load
from router.keys import KeystoreDown
from router.privacy.rules import Rules
from router.privacy.said import said
from router.reports import review as report
from router.runtime import Runtime
from router.store import optins, reviews
from router.store.reviews import NewDecision
from router.store.session import Conflict, DatabaseDown, Row, Session

logger = logging.getLogger(__name__)

SYSTEM: Final = "alertveil"
"""The actor of what happens by itself."""

CHANGED_MEANWHILE: Final = "40001"
"""What Postgres says when a row was changed that a transaction on one state of the database wants to change, too."""

ALL: Final = "rest"
"""Instead of an item: every undecided one that this person may decide together with others."""


class NotFound(Exception):  # noqa: N818 - the answer
    """There is no such review or item. The text says how to find it."""


class Refused(Exception):  # noqa: N818 - the recorded answer
    """It is not done, and the attempt is recorded. `step_up`: it is, once they prove again who they are."""

    def __init__(self, why: str, *, step_up: bool = False) -> None:
        super().__init__(why)
        self.step_up = step_up


class NotPossible(Exception):  # noqa: N818 - the answer
    """What was decided cannot be done so, a wider type or a later end for example; nothing was decided."""


class Tampered(Exception):  # noqa: N818 - the answer
    """A signed review is not what was signed: somebody changed it behind our back."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A review, and whether it was this call that opened it."""

    review_id: UUID
    quarter: str
    kind: str
    state: str
    items: int
    due_at: datetime
    made: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a named user decides about items of a review, and why.

    `items` are opt-in ids, or ALL. `types` and `until` narrow what goes on (for `modify`, or an earlier end for
    `keep`). `reason` is tokenized before anything is kept.
    """

    quarter: Quarter
    items: Sequence[str]
    verdict: Verdict
    reason: str = field(repr=False)
    email: str
    proof: Proof
    types: tuple[str, ...] = ()
    until: datetime | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision on one item."""

    optin_id: UUID
    verdict: str
    effect: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A review as it stands, with the hash of its record."""

    row: Row
    record: Record
    sha256: str
    reviewers: Mapping[str, str]


# --- opening -----------------------------------------------------------------------------------------------------


def open_review(
    runtime: Runtime, tenant_id: UUID, quarter: Quarter, actor: str, *, auth: str = "", now: datetime | None = None
) -> Opened:
    """Open the review of a quarter: final when it has ended, else interim. One that is there already is returned.

    Raises:
        Refused: the quarter has not begun.
        KeystoreDown, DatabaseDown: nothing was opened.
    """
    try:
        opened = _open(runtime, tenant_id, quarter, actor, auth, now)
    except (Conflict, DatabaseDown) as error:
        if isinstance(error, DatabaseDown) and error.sqlstate != CHANGED_MEANWHILE:
            raise
        opened = _open(runtime, tenant_id, quarter, actor, auth, now)  # somebody else opened or decided just now
    if opened.made:
        _tell(runtime, tenant_id, opened.review_id, Occasion.OPENED, aloud=actor == SYSTEM)
    return opened


def _open(runtime: Runtime, tenant_id: UUID, quarter: Quarter, actor: str, auth: str, now: datetime | None) -> Opened:
    with runtime.database.several() as session:
        reviews.one_state(session)
        session.enter(tenant_id)
        at = now or reviews.now(session)
        cut = review.cut_off(quarter, at)
        if cut is None:
            raise Refused(Ground.NOT_BEGUN)
        kind, cut_off = cut
        found = reviews.find(session, str(quarter), kind)
        if found is not None:
            return _opened(found, made=False, items=len(reviews.items(session, found.review_id)))
        interim = reviews.find(session, str(quarter), "interim")
        opening = review_facts.Opening(
            review_id=_new_id(),
            quarter=quarter,
            kind=kind,
            cut_off=cut_off,
            opened_at=at,
            opened_by=actor,
            due_at=review.due_at(quarter, at),
        )
        frozen = review_facts.freeze(session, opening, reviews.last_final(session, quarter.starts_at), interim)
        text = review.canonical(report.frozen(frozen.snapshot)).decode()
        digest = review.sha256(report.frozen(frozen.snapshot))
        reviews.insert(
            session,
            tenant_id,
            {
                "review_id": opening.review_id,
                "quarter": str(quarter),
                "kind": kind,
                "cut_off": cut_off,
                "opened_at": at,
                "due_at": opening.due_at,
                "snapshot": text,
                "snapshot_sha256": digest,
            },
        )
        reviews.add_items(session, tenant_id, opening.review_id, frozen.items)
        carried = _carried(session, interim, frozen) if interim is not None else []
        reviews.add_decisions(session, tenant_id, opening.review_id, carried)
        events = [
            Event(
                "review.open",
                actor,
                f"review:{opening.review_id}",
                auth=auth,
                details={
                    "quarter": str(quarter),
                    "kind": kind,
                    "items": len(frozen.items),
                    "carried": len(carried),
                    "reconciled": frozen.population.reconciled,
                    "sha256": digest,
                },
            )
        ]
        if interim is not None and interim.state in {"open", "closed"}:
            reviews.supersede(session, interim.review_id)
            events.append(
                Event("review.supersede", actor, f"review:{interim.review_id}", auth=auth,
                      details={"by": str(opening.review_id)})
            )  # fmt: skip
        runtime.audit.write(session, tenant_id, *events)
        return Opened(opening.review_id, str(quarter), kind, "open", len(frozen.items), opening.due_at, made=True)


def _opened(row: Row, *, made: bool, items: int) -> Opened:
    return Opened(row.review_id, row.quarter, row.kind, row.state, items, row.due_at, made)


def _carried(session: Session, interim: Row, frozen: review_facts.Frozen) -> list[NewDecision]:
    """Decisions of the interim review on what has not changed since; they bind, so nobody decides them again."""
    states = {UUID(item.optin_id): item.state for item in frozen.snapshot.items}
    latest = {row.optin_id: row for row in reviews.decisions(session, interim.review_id) if row.user_id is not None}
    carried = []
    for optin_id, row in latest.items():
        if optin_id not in states:
            continue
        changed_at = frozen.changed_at.get(optin_id)
        if states[optin_id] in review.LIVE and changed_at is not None and changed_at > row.at:
            continue
        carried.append(
            NewDecision(
                optin_id=optin_id,
                decision_id=_new_id(),
                at=row.at,
                verdict=row.verdict,
                reason=row.reason,
                user_id=row.user_id,
                decided_by=row.decided_by,
                auth=row.auth,
                effect=f"taken over from the interim review: {row.effect}",
            )
        )
    return carried


# --- reading -----------------------------------------------------------------------------------------------------


def every(runtime: Runtime, tenant_id: UUID) -> list[Row]:
    """All of the tenant's reviews, the newest first. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return reviews.every(session)


def show(runtime: Runtime, tenant_id: UUID, quarter: Quarter, *, interim: bool | None = None) -> Shown:
    """The review of a quarter as it stands; without `interim` the final one if there is one.

    Raises:
        NotFound: there is none.
        Tampered: it is signed, and is not what was signed.
        DatabaseDown: it cannot be read.
    """
    with runtime.database.several() as session:
        reviews.one_state(session)
        session.enter(tenant_id)
        row = _find(session, quarter, interim=interim)
        record, digest = _standing(session, row)
    return Shown(row, record, digest, {item.optin_id: item.reviewer for item in record.snapshot.items})


def export(
    runtime: Runtime,
    tenant_id: UUID,
    quarter: Quarter,
    form: str,
    actor: str,
    *,
    auth: str = "",
    interim: bool | None = None,
) -> tuple[UUID, str, bytes]:
    """(review, hash of its record, the file) of a review in one of `reports.review.FORMATS`; the taking is audited.

    Raises as `show`.
    """
    shown = show(runtime, tenant_id, quarter, interim=interim)
    content = report.render(shown.record, form)
    with runtime.database.tenant(tenant_id) as session:
        runtime.audit.write(
            session,
            tenant_id,
            Event(
                "review.export",
                actor,
                f"review:{shown.row.review_id}",
                auth=auth,
                details={"format": form, "sha256": shown.sha256, "state": shown.row.state},
            ),
        )
    return shown.row.review_id, shown.sha256, content


def _find(session: Session, quarter: Quarter, *, interim: bool | None, lock: bool = False) -> Row:
    for kind in {True: ("interim",), False: ("final",), None: ("final", "interim")}[interim]:
        row = reviews.find(session, str(quarter), kind, lock=lock)
        if row is not None:
            return row
    raise NotFound("There is no review of this quarter; `alertveil reviews open` opens one.")


def _standing(session: Session, row: Row) -> tuple[Record, str]:
    """The record of a review and its hash: of a signed one as it was signed, checked against itself and the audit."""
    anchored = {each.action: each.sha256 for each in reviews.anchors(session, row.review_id)}
    if _digest(row.snapshot) != row.snapshot_sha256 or anchored.get("review.open") != row.snapshot_sha256:
        raise Tampered("What this review froze is not what the audit log says was frozen: somebody changed it.")
    if row.state != "signed":
        record = _record(session, row)
        return record, report.digest(record)
    if _digest(row.record) != row.record_sha256 or anchored.get("review.sign") != row.record_sha256:
        raise Tampered("This review is not what the audit log says was signed: somebody changed it.")
    return report.load(row.record), row.record_sha256


def _digest(text: str) -> str:
    return review.digest(text.encode())


def _record(session: Session, row: Row) -> Record:
    """The record of a review that is not signed, as of now."""
    decisions = reviews.decisions(session, row.review_id)
    revoked = {each.optin_id: each.at for each in decisions if each.verdict == "revoke"}
    return Record(
        schema=review.SCHEMA,
        snapshot=report.load_snapshot(row.snapshot),
        snapshot_sha256=row.snapshot_sha256,
        state=row.state,
        decisions=tuple(
            review.Decision(
                optin_id=str(each.optin_id),
                at=moment(each.at),
                verdict=each.verdict,
                reason=each.reason,
                decided_by=each.decided_by,
                auth=each.auth,
                effect=each.effect,
            )
            for each in decisions
        ),
        disclosures_after_revocation=reviews.disclosed_after(session, revoked) if revoked else 0,
        signature=None,
    )


# --- deciding ----------------------------------------------------------------------------------------------------


def decide(runtime: Runtime, tenant_id: UUID, asked: Judgement, *, now: datetime | None = None) -> list[Decided]:
    """Decide items of the newest review of a quarter, and do what was decided, all in one transaction.

    Raises:
        NotFound: there is no such review, item or user.
        NotPossible: the narrower types or the end that were given cannot be.
        Refused: this person may not, or not now, or not this way. Recorded.
        KeystoreDown, DatabaseDown: nothing was decided.
    """
    refused: Refused | None = None
    made: list[Decided] = []
    with runtime.database.tenant(tenant_id) as session:
        at = now or reviews.now(session)
        row = _find(session, asked.quarter, interim=None, lock=True)
        people = {each.user_id: each for each in reviews.people(session)}
        person = _person(people.values(), asked.email)
        reason = said(asked.reason, _rules(session))
        chosen = _chosen(session, row, people, person, asked)
        ground: str | None = None
        if not may(person.roles, "review"):
            ground = "This person's roles allow no decision in a review."
        for item, case in chosen:
            ground = ground or review.may_decide(row.state, row.due_at, case, person.person_id, reason, at)
            if len(chosen) > 1:
                ground = ground or review.bulk(asked.verdict, item.flags)
        if ground is not None:
            runtime.audit.write(
                session,
                tenant_id,
                *(
                    _event("review.decide", row, person, asked.proof, reason, asked.request_id,
                           {"optin": str(item.optin_id), "verdict": asked.verdict, "why": str(ground)}, denied=True)
                    for item, _ in chosen
                ),
            )  # fmt: skip
            refused = Refused(str(ground))
        else:
            for item, _ in chosen:
                effect = _carry_out(runtime, session, tenant_id, item.optin_id, asked, person, reason, row.kind)
                made.append(Decided(item.optin_id, asked.verdict, effect))
            reviews.add_decisions(
                session,
                tenant_id,
                row.review_id,
                [
                    NewDecision(
                        optin_id=each.optin_id,
                        decision_id=_new_id(),
                        at=at,
                        verdict=each.verdict,
                        reason=reason,
                        user_id=person.user_id,
                        decided_by=person.email,
                        auth=asked.proof.text,
                        effect=each.effect,
                    )
                    for each in made
                ],
            )
            runtime.audit.write(
                session,
                tenant_id,
                *(
                    _event("review.decide", row, person, asked.proof, reason, asked.request_id,
                           {"optin": str(each.optin_id), "verdict": each.verdict, "effect": each.effect})
                    for each in made
                ),
            )  # fmt: skip
    if refused is not None:
        raise refused
    return made


def _chosen(
    session: Session, row: Row, people: Mapping[UUID, Row], person: Row, asked: Judgement
) -> list[tuple[Row, Case]]:
    """The items that are meant, each with the persons behind it. Raises NotFound."""
    items = {
        str(each.optin_id): (each, Case(each.optin_id, _behind(people, each.requester), _behind(people, each.approver)))
        for each in reviews.items(session, row.review_id)
    }
    if list(asked.items) == [ALL]:
        done = {str(each.optin_id) for each in reviews.decisions(session, row.review_id)}
        chosen = [
            (item, case)
            for key, (item, case) in items.items()
            if item.required and key not in done and review.independent(person.person_id, case)
            and review.bulk(asked.verdict, item.flags) is None
        ]  # fmt: skip
        if not chosen:
            raise NotFound("Nothing is left that could be decided together: no undecided item without a flag.")
        return chosen
    missing = [each for each in asked.items if each.lower() not in items]
    if missing or not asked.items:
        raise NotFound("There is no such item in this review; `alertveil reviews show` lists them.")
    return [items[each] for each in dict.fromkeys(each.lower() for each in asked.items)]


def _behind(people: Mapping[UUID, Row], user_id: UUID | None) -> UUID | None:
    found = people.get(user_id) if user_id is not None else None
    return found.person_id if found is not None else user_id


def _person(people: Collection[Row], email: str) -> Row:
    wanted = email.strip().lower()
    for row in people:
        if row.email == wanted and row.disabled_at is None:
            return row
    raise NotFound("There is no such user in this tenant.")


def _carry_out(
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    optin_id: UUID,
    asked: Judgement,
    person: Row,
    reason: str,
    kind: review.Kind,
) -> str:
    """Do what was decided; what that was, in words. Raises NotPossible."""
    current = optins.by_id(session, optin_id)
    if current is None or current.state not in {*review.LIVE, "suspended"}:
        return f"none: it had ended ({current.state if current else 'its row is gone'})"
    if asked.verdict == "revoke":
        why = optin.end_in(
            runtime,
            session,
            tenant_id,
            optin_id,
            "revoked",
            why=reason,
            actor=person.email,
            auth=asked.proof.text,
            request_id=asked.request_id,
        )
        return f"none: {why}" if why else "revoked at once"
    if current.state == "suspended":
        return "none: it is suspended, and only a new request leads back"
    until = _until(current, asked, kind)
    if until == current.ends_at and not asked.types:
        return _said_of(asked, current.types, until)
    try:
        why = optin.keep_in(
            runtime,
            session,
            tenant_id,
            optin_id,
            reviewer=person.user_id,
            actor=person.email,
            types=asked.types or tuple(current.types),
            until=until,
            why=reason,
            auth=asked.proof.text,
            request_id=asked.request_id,
        )
    except optin.Unusable as error:
        raise NotPossible(str(error)) from None
    if why:
        raise NotPossible(f"It cannot be decided so: {why}.")
    return _said_of(asked, asked.types or current.types, until)


def _said_of(asked: Judgement, types: Sequence[str], until: datetime) -> str:
    if asked.verdict == "keep":
        return f"goes on until {_day(until)}"
    if asked.types:
        return f"goes on for {', '.join(types)} until {_day(until)}"
    return f"ends {_day(until)}; what it should be is to be asked for anew"


def _until(current: Row, asked: Judgement, kind: review.Kind) -> datetime:
    """When the opt-in ends after the decision: no later than the close of the next review, whatever is asked for.

    A final review's `keep` prolongs to there. An interim review's changes no end, since the final one is yet to come.
    """
    if asked.until is not None:
        return asked.until
    if asked.verdict == "modify" and not asked.types:
        end: datetime = min(current.ends_at, current.now + review.MODIFY_WITHIN)
        return end
    if kind == "interim":
        return current.ends_at  # type: ignore[no-any-return]  # rows are named tuples
    return Quarter.of(current.now).closes_at


# --- signing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature: whose review, the hash it is over, and what was declared."""

    review_id: UUID
    sha256: str
    statement: str


def sign(
    runtime: Runtime,
    tenant_id: UUID,
    quarter: Quarter,
    email: str,
    proof: Proof,
    *,
    interim: bool | None = None,
    request_id: str = "",
    now: datetime | None = None,
) -> Signed:
    """Sign a review off. From then on the database changes nothing of it, and the audit log holds its hash.

    Raises:
        NotFound: there is no such review or user.
        Refused: this person may not, or not now. Recorded.
        KeystoreDown, DatabaseDown: nothing was signed.
    """
    signed: Signed | None = None
    lanes: set[tuple[UUID, UUID]] = set()
    with runtime.database.tenant(tenant_id) as session:
        at = now or reviews.now(session)
        row = _find(session, quarter, interim=interim, lock=True)
        person = _person(reviews.people(session), email)
        record, _ = _standing(session, row)
        why = _unsignable(row, person, proof, record, at)
        if why is None:
            statement = review.statement(record)
            signature = review.Signature(at=moment(at), signed_by=person.email, auth=proof.text, statement=statement)
            final = replace(record, state="signed", signature=signature)
            text = review.canonical(report.plain(final))
            digest = review.digest(text)
            reviews.sign(session, row.review_id, person.user_id, at, text.decode(), digest)
            details: dict[str, JSON] = {
                "quarter": row.quarter,
                "kind": row.kind,
                "sha256": digest,
                "items": len(final.snapshot.items),
            }
            events = [_event("review.sign", row, person, proof, "", request_id, details)]
            if proof.kind == "host":
                # Whoever has the host stood in for the signer: that it was possible is an event of its own (design §6).
                events.append(_event("host.approval", row, person, proof, "", request_id, {}))
            runtime.audit.write(session, tenant_id, *events)
            signed = Signed(row.review_id, digest, statement)
            lanes = herald.put(runtime, session, tenant_id, [_word(row, 0, Occasion.SIGNED)])
        else:
            runtime.audit.write(
                session,
                tenant_id,
                _event("review.sign", row, person, proof, "", request_id, {"why": why[0]}, denied=True),
            )
    if signed is None:
        assert why is not None  # noqa: S101 - one of the two branches above was taken
        raise Refused(why[0], step_up=why[1])
    runtime.broker.ring(lanes)
    return signed


def _unsignable(row: Row, person: Row, proof: Proof, record: Record, at: datetime) -> tuple[str, bool] | None:
    """(why, whether a fresh proof would do) this person cannot sign now; None: they can."""
    if proof.kind == "host" and not proof.host_allowed:
        return "Signatures through the host are off here: ALERTVEIL_HOST_APPROVALS is not on.", False
    if not may(person.roles, "sign"):
        return "This person's roles allow no signature under a review.", False
    ground = review.may_sign(row.state, len(record.undecided))
    if ground is not None:
        return str(ground), False
    if needs_step_up(proof, at):
        return "A signature needs a fresh sign-in.", True
    return None


# --- by itself ---------------------------------------------------------------------------------------------------


class Occasion(StrEnum):
    """Why people hear of a review."""

    OPENED = "is open"
    REMINDED = "is soon due"
    CLOSED = "is past due"
    SIGNED = "is signed"


def keep_up(runtime: Runtime, *, now: datetime | None = None) -> int:
    """Open what is missing, remind, and close what is due, for every tenant; how many reviews were touched.

    A tenant whose turn fails is tried again in the next round, and holds nobody else up. Raises DatabaseDown.
    """
    with runtime.database.several() as session:
        at = now or reviews.now(session)
        concerned = reviews.tenants(session, at)
    touched = 0
    for tenant_id in concerned:
        try:
            touched += _keep_up(runtime, tenant_id, at)
        except (Conflict, DatabaseDown, KeystoreDown) as error:
            logger.warning("reviews put off", extra={"cause": type(error).__name__, "tenant": str(tenant_id)})
    return touched


def _keep_up(runtime: Runtime, tenant_id: UUID, at: datetime) -> int:
    with runtime.database.tenant(tenant_id) as session:
        tenant = reviews.tenant(session)
        done = [Quarter.parse(each) for each in reviews.finals(session)]
    touched = 0
    for quarter in review.missing(tenant.created_at, done, at) if tenant else ():
        touched += open_review(runtime, tenant_id, quarter, SYSTEM, now=at).made
    told: list[tuple[UUID, Occasion]] = []
    suspended: list[Word] = []
    with runtime.database.tenant(tenant_id) as session:
        for row in reviews.open_ones(session):
            if row.kind != "final":
                continue  # the final review takes over what an interim one leaves
            reached = review.reminder(row.due_at, row.reminded, at)
            if at >= row.due_at:
                suspended += _close(runtime, session, tenant_id, row, at)
                told.append((row.review_id, Occasion.CLOSED))
            elif reached is not None:
                reviews.remind(session, row.review_id, reached)
                told.append((row.review_id, Occasion.REMINDED))
    for review_id, occasion in told:
        _tell(runtime, tenant_id, review_id, occasion, aloud=True)
    herald.mail(runtime, tenant_id, suspended)
    return touched + len(told)


def _close(runtime: Runtime, session: Session, tenant_id: UUID, row: Row, at: datetime) -> list[Word]:
    """What is undecided is suspended to tokens, and the review takes no decision any more; what there is to mail."""
    record = _record(session, row)
    reason = f"the review of {row.quarter} left it undecided"
    made: list[NewDecision] = []
    words: list[Word] = []
    for item in record.undecided:
        optin_id = UUID(item.optin_id)
        current = optins.by_id(session, optin_id)
        live = current is not None and current.state in review.LIVE
        if live:
            optin.end_in(runtime, session, tenant_id, optin_id, "suspended", why=reason, words=words)
        made.append(
            NewDecision(
                optin_id=optin_id,
                decision_id=_new_id(),
                at=at,
                verdict="suspend",
                reason="",
                user_id=None,
                decided_by=SYSTEM,
                auth="",
                effect="suspended to tokens" if live else "none: it had ended",
            )
        )
    reviews.add_decisions(session, tenant_id, row.review_id, made)
    reviews.close(session, row.review_id, at)
    runtime.audit.write(
        session,
        tenant_id,
        Event(
            "review.close",
            SYSTEM,
            f"review:{row.review_id}",
            details={"quarter": row.quarter, "suspended": [str(each.optin_id) for each in made]},
        ),
    )
    return words


def _tell(runtime: Runtime, tenant_id: UUID, review_id: UUID, occasion: Occasion, *, aloud: bool) -> None:
    """Mail the privacy officers and whoever has undecided items, with a link and no value; `aloud`: channels too."""
    with runtime.database.tenant(tenant_id) as session:
        row = reviews.by_id(session, review_id)
        if row is None:
            return
        undecided = _record(session, row).undecided
        word = _word(row, len(undecided), occasion)
        lanes = herald.put(runtime, session, tenant_id, [word]) if aloud else set()
    runtime.broker.ring(lanes)
    asked = sorted({item.reviewer for item in undecided if item.reviewer})
    herald.mail(runtime, tenant_id, [word], also=asked)


def _word(row: Row, undecided: int, occasion: Occasion) -> Word:
    """What people hear: our words, days and numbers."""
    kind = "interim review" if row.kind == "interim" else "quarterly review"
    left = f"{undecided} opt-in{'' if undecided == 1 else 's'}"
    told = {
        Occasion.OPENED: f"{left} {'wants' if undecided == 1 else 'want'} a decision until {_day(row.due_at)};"
        " what is undecided then falls back to tokens.",
        Occasion.REMINDED: f"{left} will fall back to tokens on {_day(row.due_at)}, unless somebody decides before."
        if undecided
        else f"Everything is decided; it wants its signature by {_day(row.due_at)}.",
        Occasion.CLOSED: "What nobody had decided is suspended to tokens. The review wants its signature.",
        Occasion.SIGNED: "",
    }[occasion]
    return Word(
        ("review", row.quarter, row.kind),
        "warning" if occasion in {Occasion.REMINDED, Occasion.CLOSED} else "info",
        f"The {kind} {row.quarter} of plaintext opt-ins {occasion}",
        f"{told} `alertveil reviews show --quarter {row.quarter}` shows it.",
        {"quarter": row.quarter},
        firing=occasion is not Occasion.SIGNED,
        path=f"/reviews/{row.quarter}",
    )


# --- small parts -------------------------------------------------------------------------------------------------


def _event(
    action: str, row: Row, person: Row, proof: Proof, reason: str, request_id: str, details: dict[str, JSON],
    *, denied: bool = False,
) -> Event:  # fmt: skip
    return Event(
        action,
        person.email,
        f"review:{row.review_id}",
        decision="denied" if denied else "allowed",
        reason=reason,
        auth=proof.text,
        request_id=request_id,
        details={"user": str(person.user_id), **details},
    )


def _rules(session: Session) -> Rules:
    snapshot = load(session)
    assert snapshot is not None  # noqa: S101 - the session entered a tenant that has a review
    return snapshot.rules


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def _new_id() -> UUID:
    return time_ordered(time.time_ns() // 1_000_000, os.urandom(10))
