"""The operations on hooks: which systems of a tenant's own are told what, and what came of it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from router.core.access import Deed
from router.flow import hooks
from router.flow.hooks import Shown, Wanted
from router.web.api import examples, problem, shapes
from router.web.api.operation import Call, Operation, Page, Paging, after, cursor, cut, of, place


def _say(shown: Shown) -> shapes.Hook:
    return of(shapes.Hook, shown, id=shown.hook_id)


def every(call: Call) -> Page[shapes.Hook]:
    """Hooks by name."""
    return after(hooks.every(call.runtime, call.tenant_id), call, _say, lambda each: each.name)


def one(call: Call) -> shapes.Hook:
    """One hook."""
    return _say(hooks.one(call.runtime, call.tenant_id, call.path["hook"]))


def add(call: Call) -> shapes.Hook:
    """Add a hook."""
    asked = call.body
    wanted = Wanted(asked.name, asked.url, asked.events, asked.enabled)
    return _say(hooks.add(call.runtime, call.tenant_id, wanted, asked.secret, actor=call.caller.actor))


def put(call: Call) -> shapes.Hook:
    """Make a hook so."""
    asked = call.body
    wanted = Wanted(asked.name, asked.url, asked.events, asked.enabled)
    shown, _ = hooks.change(call.runtime, call.tenant_id, call.path["hook"], wanted, actor=call.caller.actor)
    return _say(shown)


def rotate(call: Call) -> shapes.Hook:
    """Sign with another secret."""
    return _say(
        hooks.rotate(call.runtime, call.tenant_id, call.path["hook"], call.body.secret, actor=call.caller.actor)
    )


def remove(call: Call) -> shapes.Made:
    """Take a hook out of use; once more, and there is none."""
    hook_id: UUID = call.path["hook"]
    if not hooks.remove(call.runtime, call.tenant_id, hook_id, actor=call.caller.actor):
        raise problem.not_found("There is no such hook in this tenant; `GET /api/v1/hooks` lists them.")
    return shapes.Made(hook_id)


def resume(call: Call) -> shapes.Hook:
    """Let a paused hook go on."""
    return _say(hooks.resume(call.runtime, call.tenant_id, call.path["hook"], actor=call.caller.actor))


def test(call: Call) -> shapes.HookTest:
    """Send a test event now."""
    tried = hooks.try_out(call.runtime, call.tenant_id, call.path["hook"], actor=call.caller.actor)
    return of(shapes.HookTest, tried, id=tried.event_id)


def events(call: Call) -> Page[shapes.HookEvent]:
    """A hook's events, the newest first."""
    last = place(call.query.cursor, UUID)
    found = hooks.events(
        call.runtime,
        call.tenant_id,
        call.path["hook"],
        state=call.query.state,
        before=last[0] if last else None,
        most=call.query.limit + 1,
    )
    return cut(found, call.query.limit, _event, lambda row: (row.event_id,))


def _event(row: Any) -> shapes.HookEvent:  # noqa: ANN401 - a row
    waits = row.next_attempt_at if row.state == "pending" else None
    return of(shapes.HookEvent, row, id=row.event_id, next_attempt_at=waits)


def replay(call: Call) -> shapes.Recovered:
    """Tell events again."""
    asked = call.body
    if (asked.event_id is None) == (asked.since is None):
        raise problem.unfit("Say event_id or since.")
    count = hooks.replay(
        call.runtime,
        call.tenant_id,
        call.path["hook"],
        since=asked.since,
        event_id=asked.event_id,
        actor=call.caller.actor,
    )
    return shapes.Recovered(count)


def _on(method: str, path: str, name: str, summary: str, run: Any, deed: Deed, shown: Any, **more: Any) -> Operation:  # noqa: ANN401 - passed on
    """`shown`: the kind of answer and an example of it."""
    answer, example = shown
    given = {"refuses": (404,) if "{" in path else ()} | more
    return Operation(
        method=method, path=path, name=name, tag="hooks", summary=summary, run=run, deed=deed, answer=answer,
        example=example, **given,
    )  # fmt: skip


_ONE: Final = (shapes.Hook, examples.hook)
_HOOK: Final = "/hooks/{hook}"

OPERATIONS: Final = (
    _on(
        "GET", "/hooks", "list_hooks", "Hooks by name", every, "see",
        (Page[shapes.Hook], Page([examples.hook], cursor("the last line's key"))), query=Paging,
    ),
    _on(
        "POST", "/hooks", "add_hook", "Have a system of your own told", add, "configure", _ONE,
        status=201, once=True, body=shapes.NewHook, body_example=examples.new_hook,
    ),
    _on("GET", _HOOK, "get_hook", "One hook", one, "see", _ONE, tagged=True),
    _on(
        "PUT", _HOOK, "put_hook", "Make a hook so, as often as you like", put, "configure", _ONE,
        body=shapes.HookChange, body_example=examples.hook_change,
    ),
    _on("DELETE", _HOOK, "remove_hook", "Take a hook out of use", remove, "configure", (shapes.Made, examples.made)),
    _on(
        "PUT", f"{_HOOK}/secret", "put_hook_secret", "Sign with another secret", rotate, "configure", _ONE,
        body=shapes.HookSecret, body_example=examples.hook_secret,
    ),
    _on(
        "POST", f"{_HOOK}/test", "test_hook", "Send a test event now", test, "operate",
        (shapes.HookTest, examples.hook_test), once=True,
    ),
    _on(
        "POST", f"{_HOOK}/resume", "resume_hook", "Let a paused hook go on; what waits is sent", resume, "operate",
        _ONE, once=True,
    ),
    _on(
        "GET", f"{_HOOK}/events", "list_hook_events", "What it was told and is still to be told, the newest first",
        events, "see", (Page[shapes.HookEvent], Page([examples.hook_event], cursor("the last line's key"))),
        query=shapes.HookEventQuery,
    ),
    _on(
        "POST", f"{_HOOK}/replay", "replay_hook_events", "Tell one event again, or all that died since a moment",
        replay, "operate", (shapes.Recovered, examples.recovered), once=True, body=shapes.HookReplay,
        body_example=examples.hook_replay,
    ),
)  # fmt: skip
"""Every operation on hooks."""
