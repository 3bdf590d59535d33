"""The operations that change something: each asks the flow that the page and the command line ask, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from router.core.access import Deed
from router.core.incident import Action
from router.core.quarter import Quarter
from router.flow import api, apply, baa, channel_health, manage, note, optin, overview, respond, review, tokens
from router.flow import preview as previews
from router.web.api import examples, problem, shapes
from router.web.api.operation import Call, Operation
from router.web.api.reading import say_optin

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _act(action: Action) -> Callable[[Call], shapes.Acted]:
    def run(call: Call) -> shapes.Acted:
        change = respond.respond(
            call.runtime,
            call.snapshots,
            call.runtime.broker.ring,
            call.tenant_id,
            call.path["incident"],
            action,
            call.caller.actor,
        )
        one = change.incident
        return shapes.Acted(one.incident_id, change.kind is not None, str(change.why), one.status, one.revision)

    return run


def add_note(call: Call) -> shapes.Made:
    """Write a note to an incident."""
    return shapes.Made(
        note.add(call.runtime, call.snapshots, call.tenant_id, call.path["incident"], call.body.text, call.caller.actor)
    )


def test(call: Call) -> shapes.ChannelTest:
    """Send a made-up message now."""
    tried = manage.test(call.runtime, call.tenant_id, call.path["channel"], call.caller.actor)
    words = overview.in_a_phrase(tried.reason)
    took = round(tried.latency_ms, 1)
    return shapes.ChannelTest(tried.key, tried.delivered, str(tried.reason), took, words, tried.outcome.status)


def preview(call: Call) -> shapes.Previewed:
    """The payload as the vendor would get it."""
    name, asked = call.path["channel"], call.body
    if not asked.types:
        payload = manage.preview(call.runtime, call.tenant_id, name, asked.incident_id)
        return shapes.Previewed(name, [], payload, None, {}, [], "")
    if asked.incident_id is not None:
        raise problem.unfit("incident_id: plaintext is previewed with made-up values only.")
    sides = previews.side_by_side(call.runtime, call.tenant_id, name, asked.types)
    known = [shapes.Fact(each.text, each.source) for each in sides.known]
    return shapes.Previewed(
        name, list(sides.types), sides.tokens, sides.plaintext, dict(sides.told), known, sides.cannot
    )


def pause(call: Call) -> shapes.Made:
    """Pause a channel."""
    return shapes.Made(
        manage.pause(call.runtime, call.tenant_id, call.path["channel"], call.body.reason, call.caller.actor)
    )


def resume(call: Call) -> shapes.Resumed:
    """Let a channel go on."""
    channel_id = manage.resume(call.runtime, call.tenant_id, call.path["channel"], call.caller.actor)
    return shapes.Resumed(channel_id, channel_health.recoverable(call.runtime, call.tenant_id, channel_id)[1])


def retry(call: Call) -> shapes.Recovered:
    """Make one delivery due now."""
    row = manage.retry(
        call.runtime,
        call.tenant_id,
        call.path["incident"],
        call.path["channel"],
        call.path["revision"],
        call.caller.actor,
    )
    return shapes.Recovered(1, held=bool(row.held))


def recover(call: Call) -> shapes.Recovered:
    """Make everything due again that died since then."""
    since = _sensible(call.body.since)
    return shapes.Recovered(manage.recover(call.runtime, call.tenant_id, since, call.body.channel, call.caller.actor))


def ask_optin(call: Call) -> shapes.OptIn:
    """Ask for a plaintext opt-in, in the name of the person who made the token."""
    asked = call.body
    wish = optin.Wish(
        asked.channel, asked.types, asked.purpose, asked.baa_id, _sensible(asked.until), asked.lowest_severity
    )
    return say_optin(
        optin.request(
            call.runtime,
            call.tenant_id,
            api.person(call.runtime, call.caller),
            api.proof(call.caller),
            wish,
            request_id=call.request_id,
        )
    )


def _end_optin(end: Callable[..., optin.Shown]) -> Callable[[Call], shapes.OptIn]:
    def run(call: Call) -> shapes.OptIn:
        return say_optin(
            end(
                call.runtime,
                call.tenant_id,
                api.person(call.runtime, call.caller),
                api.proof(call.caller),
                call.path["optin"],
                reason=call.body.reason,
                request_id=call.request_id,
            )
        )

    return run


def add_baa(call: Call) -> shapes.Made:
    """File an agreement."""
    asked = call.body
    paper = baa.Paper(
        vendor=asked.vendor,
        service=asked.service,
        signed=_sensible_day(asked.signed),
        expires=_sensible_day(asked.expires),
        effective=_sensible_day(asked.effective) if asked.effective else None,
        plan=asked.plan,
        counterparty=asked.counterparty,
        document_sha256=asked.document_sha256,
        link=asked.link,
        contacts=asked.contacts,
        sub_processors=asked.sub_processors,
    )
    return shapes.Made(baa.add(call.runtime, call.tenant_id, paper, actor=call.caller.actor))


def retire_baa(call: Call) -> shapes.Retired:
    """Take an agreement out of use."""
    baa_id = call.path["baa"]
    return shapes.Retired(baa_id, list(baa.retire(call.runtime, call.tenant_id, baa_id, actor=call.caller.actor)))


def switch(call: Call) -> shapes.Switched:
    """Throw the tenant's kill switch."""
    changed = manage.switch(call.runtime, call.tenant_id, on=call.body.on, actor=call.caller.actor)
    return shapes.Switched(call.tenant_id, call.body.on, changed)


def put_config(call: Call) -> shapes.ConfigurationChanged:
    """Make the configuration what the file says, unless somebody changed it since it was read."""
    asked = call.body
    try:
        text = asked.config if isinstance(asked.config, str) else msgspec.json.encode(asked.config).decode()
    except (OverflowError, ValueError):
        raise problem.unfit("config: a number is too large.") from None
    held = version_of(call.match)
    done = apply.apply(
        call.runtime,
        text,
        dry_run=asked.dry_run,
        actor=call.caller.actor,
        environ=asked.secrets,
        base_dir=None,
        only=apply.Only(call.caller.slug, held),
    )
    return shapes.ConfigurationChanged(
        call.tenant_id,
        done.versions.get(call.caller.slug, held),
        asked.dry_run,
        list(done.changes),
        [sentence for _, sentence in done.warnings],
        [line for line, _ in done.warnings],
    )


def open_review(call: Call) -> shapes.Opened:
    """Open the review of a quarter."""
    found = review.open_review(
        call.runtime, call.tenant_id, Quarter.parse(call.body.quarter), call.caller.actor, auth=call.caller.actor
    )
    return shapes.Opened(
        found.review_id,
        found.quarter,
        found.kind,  # type: ignore[arg-type]  # the flow says str
        found.state,
        found.items,
        found.due_at,
        found.made,
    )


def decide(call: Call) -> shapes.Decided:
    """Decide an item, in the name of the person who made the token."""
    (done,) = _judge(call, (str(call.path["optin"]),))
    return shapes.Decided(done.optin_id, done.verdict, done.effect)


def decide_several(call: Call) -> shapes.DecidedItems:
    """Decide items by id or number, or the rest, in the name of the person who made the token."""
    items = [shapes.Decided(each.optin_id, each.verdict, each.effect) for each in _judge(call, call.body.items)]
    return shapes.DecidedItems(_review_id(call), items)


def _review_id(call: Call) -> UUID:
    found: UUID = review.show(call.runtime, call.tenant_id, Quarter.parse(call.path["quarter"])).row.review_id
    return found


def _judge(call: Call, items: Sequence[str]) -> list[review.Decided]:
    asked = call.body
    judgement = review.Judgement(
        quarter=Quarter.parse(call.path["quarter"]),
        items=items,
        verdict=asked.verdict,
        reason=asked.reason,
        email=api.person(call.runtime, call.caller),
        proof=api.proof(call.caller),
        types=tuple(asked.types),
        until=_sensible(asked.until) if asked.until else None,
        request_id=call.request_id,
    )
    return review.decide(call.runtime, call.tenant_id, judgement)


def revoke_token(call: Call) -> shapes.Revoked:
    """End this very token; another one needs an administrator with a fresh proof."""
    token_id: UUID = call.path["token"]
    if token_id != call.caller.token_id:
        api.allow(call.runtime, call.caller, "tokens", "revoke_token", request_id=call.request_id)
    return shapes.Revoked(token_id, tokens.revoke(call.runtime, call.tenant_id, token_id, actor=call.caller.actor))


def _never(_: Call) -> None:
    """What needs a fresh proof was refused before it came here."""
    raise problem.Problem(403, "fresh-proof", "A person has to do this")


def _sensible(moment: datetime) -> datetime:
    if not _FIRST <= moment < _LAST:
        raise problem.unfit("A time lies between the years 2000 and 2200.")
    return moment


def _sensible_day(day: date) -> date:
    if not _FIRST.date() <= day < _LAST.date():
        raise problem.unfit("A day lies between the years 2000 and 2200.")
    return day


def version_of(match: str) -> int:
    """The version that an If-Match of the configuration names."""
    text = match.strip().strip('"').removeprefix("v")
    if not text.isascii() or not text.isdigit() or len(text) > len(str(2**31)):
        raise problem.Problem(
            412, "changed", "It was changed meanwhile", 'If-Match takes the ETag of `GET /api/v1/config`, as "v12".'
        )
    return int(text)


def _post(path: str, name: str, tag: str, summary: str, deed: Deed, run: Any, **more: Any) -> Operation:  # noqa: ANN401 - passed on
    return Operation(
        method="POST", path=path, name=name, tag=tag, summary=summary, deed=deed, run=run, once=True, **more
    )


def _incident(word: str, action: Action, summary: str) -> Operation:
    return _post(
        f"/incidents/{{incident}}/{word}", f"{word}_incident", "incidents", summary, "respond", _act(action),
        answer=shapes.Acted, example=examples.acted, refuses=(404,),
    )  # fmt: skip


def _closed(method: str, path: str, name: str, tag: str, summary: str, deed: Deed) -> Operation:
    """What no token does: it is here so that whoever looks for it learns why, and the attempt is in the audit."""
    return Operation(
        method=method, path=path, name=name, tag=tag, deed=deed, run=_never, answer=None, example=None,
        summary=f"{summary}: always 403, a person does it with a fresh proof",
    )  # fmt: skip


_ITEM: Final = "/reviews/{quarter}/items/{optin}"

OPERATIONS: Final = (
    _incident("acknowledge", "ack", "Somebody is on it"),
    _incident("investigate", "investigate", "It is looked into: it does not resolve itself meanwhile"),
    _incident("resolve", "resolve", "It is over; every place that was told of it is told"),
    _incident("reopen", "reopen", "It is not over"),
    _post(
        "/incidents/{incident}/notes", "add_note", "incidents", "Write down what was seen or done; it is tokenized",
        "respond", add_note, answer=shapes.Made, example=examples.made, status=201, body=shapes.NewNote,
        body_example=examples.new_note, refuses=(404,),
    ),
    _post(
        "/channels/{channel}/test", "test_channel", "channels", "Send a made-up message now", "operate", test,
        answer=shapes.ChannelTest, example=examples.channel_test, refuses=(404,),
    ),
    Operation(
        method="POST", path="/channels/{channel}/preview", name="preview_channel", tag="channels", deed="see",
        summary="The payload as the vendor would get it; nothing is sent", run=preview, answer=shapes.Previewed,
        example=examples.previewed, body=shapes.Preview, body_example=examples.preview, refuses=(404,),
    ),
    _post(
        "/channels/{channel}/pause", "pause_channel", "channels", "Let what is due wait", "operate", pause,
        answer=shapes.Made, example=examples.made, body=shapes.ChannelPause, body_example=examples.pause,
        refuses=(404,),
    ),
    _post(
        "/channels/{channel}/resume", "resume_channel", "channels", "Let it go on; what waits is sent", "operate",
        resume, answer=shapes.Resumed, example=examples.resumed, refuses=(404,),
    ),
    _post(
        "/deliveries/{incident}/{channel}/{revision}/retry", "retry_delivery", "deliveries",
        "Make a dead or waiting delivery due now", "operate", retry, answer=shapes.Recovered,
        example=examples.recovered, refuses=(404,),
    ),
    _post(
        "/deliveries/recover", "recover_deliveries", "deliveries", "Make everything due again that died since then",
        "operate", recover, answer=shapes.Recovered, example=examples.recovered, body=shapes.Recovery,
        body_example=examples.recovery, refuses=(404,),
    ),
    Operation(
        method="PUT", path="/config", name="put_config", tag="configuration", deed="configure", run=put_config,
        summary="Make the configuration what a file says; needs If-Match with the ETag that was read",
        answer=shapes.ConfigurationChanged, example=examples.configuration_changed, body=shapes.ConfigurationChange,
        body_example=examples.configuration_change, matched=True, refuses=(409,),
    ),
    _post(
        "/optins", "request_optin", "opt-ins", "Ask for a plaintext opt-in; another person approves it", "request",
        ask_optin, answer=shapes.OptIn, example=examples.optin, status=201, body=shapes.OptInRequest,
        body_example=examples.optin_request, refuses=(404,),
    ),
    _closed("POST", "/optins/{optin}/approve", "approve_optin", "opt-ins", "Agree to an opt-in", "approve"),
    _post(
        "/optins/{optin}/reject", "reject_optin", "opt-ins", "Decline an opt-in that was asked for", "approve",
        _end_optin(optin.reject), answer=shapes.OptIn, example=examples.optin, body=shapes.Why,
        body_example=examples.why, fresh=False, refuses=(404,),
    ),
    _post(
        "/optins/{optin}/revoke", "revoke_optin", "opt-ins", "End an opt-in; the next attempt holds tokens", "revoke",
        _end_optin(optin.revoke), answer=shapes.OptIn, example=examples.optin, body=shapes.Why,
        body_example=examples.why, refuses=(404,),
    ),
    _post(
        "/baas", "add_baa", "opt-ins", "File a business associate agreement", "baa", add_baa, answer=shapes.Made,
        example=examples.made, status=201, body=shapes.NewBaa, body_example=examples.new_baa,
    ),
    _post(
        "/baas/{baa}/retire", "retire_baa", "opt-ins", "Take an agreement out of use, with everything that rests on it",
        "baa", retire_baa, answer=shapes.Retired, example=examples.retired, refuses=(404,),
    ),
    Operation(
        method="PUT", path="/kill-switch", name="put_kill_switch", tag="opt-ins", deed="switch", run=switch,
        summary="Every channel of the tenant to tokens at once, or back", answer=shapes.Switched,
        example=examples.switched, body=shapes.KillSwitch, body_example=examples.kill_switch,
    ),
    _post(
        "/reviews", "open_review", "reviews", "Open the review of a quarter, or say that it is open", "review",
        open_review, answer=shapes.Opened, example=examples.opened, body=shapes.NewReview,
        body_example=examples.new_review,
    ),
    _post(
        f"{_ITEM}/decide", "decide_review_item", "reviews", "Keep, modify or revoke an opt-in, with a reason",
        "review", decide, answer=shapes.Decided, example=examples.decided, body=shapes.Verdict,
        body_example=examples.verdict, refuses=(404,),
    ),
    _post(
        "/reviews/{quarter}/decide", "decide_review_items", "reviews",
        "Keep, modify or revoke several opt-ins for one reason", "review", decide_several,
        answer=shapes.DecidedItems, example=examples.decided_items, body=shapes.Verdicts,
        body_example=examples.verdicts, refuses=(404,),
    ),
    _closed("POST", "/reviews/{quarter}/export", "export_review", "reviews", "Take the report out", "export"),
    _closed("POST", "/audit/export", "export_audit", "audit", "Take the audit out", "export"),
    _closed("POST", "/reviews/{quarter}/sign", "sign_review", "reviews", "Sign a review off", "sign"),
    _closed("POST", "/users", "add_user", "access", "Add a person", "manage"),
    _closed("DELETE", "/users/{user}", "disable_user", "access", "Disable a person", "manage"),
    _closed("POST", "/tokens", "add_token", "access", "Make an API token", "tokens"),
    Operation(
        method="DELETE", path="/tokens/{token}", name="revoke_token", tag="access", deed=None, run=revoke_token,
        summary="End this very token at once; for another one a person gives a fresh proof", answer=shapes.Revoked,
        example=examples.revoked,
    ),
)  # fmt: skip
"""Every operation that changes something, and those that no token may."""
