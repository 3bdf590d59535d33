"""Slack with a bot token: one message an incident, updated in place, its history in the thread.

Methods, limits and error codes: https://docs.slack.dev/reference/methods/chat.postMessage and /chat.update.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from channels import egress, kit
from channels.contract import (
    ChannelConfig,
    Credential,
    Delivered,
    DigestLine,
    Message,
    Outcome,
    Rate,
    Reason,
    Rejected,
    Retry,
    Secrets,
    Spec,
    Traits,
)
from channels.text import clip, headline, moment

if TYPE_CHECKING:
    from channels.slack_web import SlackClient

_TEXT, _HEADER, _SECTION, _FIELD, _FIELDS, _URL, _BUTTON, _BUTTONS = 4_000, 150, 3_000, 2_000, 10, 3_000, 75, 5
_LABELS = 20
_TOTAL = 12_000  # characters of all blocks: near 13,200 Slack says msg_blocks_too_long, undocumented (bolt-js#2509)
_DIGEST_LINES = 40  # a section each, under the limit of 50 blocks

_UNREADABLE = {
    *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
    *("too_many_attachments", "attachment_payload_limit_exceeded"),
}
# chat.update's own: the message is gone, or may not be changed any more
_NO_UPDATE = {
    *("message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "block_mismatch"),
    *("update_failed", "external_channel_migrating", "streaming_state_conflict"),
}
_PARENT_GONE = {"message_not_found", "thread_not_found", "is_inactive"}
_PAGE, _PAGES = 1_000, 15  # entries, pages: 15,000 people; beyond it guests are not told
_LONG_WAIT = 600.0  # seconds, for what only an administrator or the next hour changes


class SlackConfig(ChannelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which channel. The secret `token` is a bot token (xoxb-…) with chat:write."""

    channel: Annotated[
        str,
        msgspec.Meta(
            title="Channel id",
            description="C… or G…, not the name: at the foot of the channel's details in Slack",
            pattern="^[A-Z0-9]{3,30}$",
            examples=["C0123456789"],
        ),
    ]
    base_url: Annotated[
        str, msgspec.Meta(title="API base URL", description="GovSlack has another", max_length=2000)
    ] = "https://slack.com/api/"
    vendor: Annotated[str, msgspec.Meta(title="Vendor", description="for the BAA", max_length=100)] = "slack"

    def __post_init__(self) -> None:
        with egress.about("base_url"):
            egress.parse_url(self.base_url)


def escape(text: str) -> str:
    """`&`, `<` and `>` as Slack wants them, so that nothing in `text` is a link, a mention or markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(text: str) -> int:
    return len(escape(text))


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": escape(clip(text, limit, _size)) or "-", "emoji": False}


def _fallback(message: Message) -> str:
    """What notifications and screen readers say: always tokens."""
    again = " (this may be a repeat)" if message.repeat else ""
    return escape(clip(headline(message) + again, _TEXT, _size))


def blocks(message: Message) -> list[dict[str, Any]]:
    """The message as Block Kit, within Slack's limits. User text is plain_text, where mrkdwn means nothing."""
    if message.digest:
        return _digest_blocks(message.digest, message)
    word = {"resolved": "Resolved", "acknowledged": "Acknowledged", "investigating": "Investigating"}.get(
        message.status, message.severity.capitalize()
    )
    if message.kind == "test":
        word = "Test"
    facts = [
        ("Status", message.status),
        ("Severity", message.severity),
        ("Source", message.source),
        ("Alerts", str(message.count)),
        ("First seen", moment(message.first_seen)),
        ("Last seen", moment(message.last_seen)),
    ]
    found: list[dict[str, Any]] = [{"type": "header", "text": _plain(f"{word}: {message.title}", _HEADER)}]
    if message.status == "resolved":
        found.append({"type": "section", "text": {"type": "mrkdwn", "text": f"~{message.severity}~ *resolved*"}})
    found.append({"type": "section", "fields": [_plain(f"{name}\n{value}", _FIELD) for name, value in facts]})
    left = _TOTAL - 2_000 - _weigh(found)
    if message.description:
        section = {"type": "section", "text": _plain(message.description, _SECTION)}
        left -= _weigh([section])
        found.append(section)
    labels: list[dict[str, Any]] = []
    for name, value in message.fields[:_LABELS]:
        label = _plain(f"{name}\n{value}", _FIELD)
        left -= len(label["text"])
        if left < 0:
            break
        labels.append(label)
    found += [{"type": "section", "fields": labels[at : at + _FIELDS]} for at in range(0, len(labels), _FIELDS)]
    buttons = [("Open incident", message.url), *message.links] if message.url else [*message.links]
    elements = [
        {"type": "button", "text": _plain(text, _BUTTON), "url": url, "action_id": f"open-{place}"}
        for place, (text, url) in enumerate(buttons[:_BUTTONS])
        if url and len(url) <= _URL
    ]
    if elements:
        found.append({"type": "actions", "elements": elements})
    notes = [f"{message.short_id} · revision {message.revision} · {message.mode}", message.reason]
    if message.with_trigger:
        notes.append("This incident opened and resolved before its first message could leave.")
    if message.repeat:
        notes.append("This message may be a repeat.")
    hidden = len(message.fields) - len(labels)
    if hidden:
        notes.append(f"{hidden} more fields on the incident's page")
    found.append({"type": "context", "elements": [_plain(note, 300) for note in notes if note]})
    return found


def _digest_blocks(lines: Sequence[DigestLine], message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"type": "header", "text": _plain(message.summary, _HEADER)}]
    left = _TOTAL - 1_000
    shown = 0
    for line in lines[:_DIGEST_LINES]:
        text = _plain(f"{line.short_id} · {line.severity} · {line.status}\n{line.title}", 300)
        section: dict[str, Any] = {"type": "section", "text": text}
        if line.url and len(line.url) <= _URL:
            section["accessory"] = {"type": "button", "text": _plain("Open", _BUTTON), "url": line.url}
        left -= _weigh([section])
        if left < 0:
            break
        found.append(section)
        shown += 1
    notes = [message.reason, f"{len(lines) - shown} more incidents" if shown < len(lines) else ""]
    found.append({"type": "context", "elements": [_plain(note, 300) for note in notes if note] or [_plain("-", 5)]})
    return found


def _weigh(found: Sequence[Mapping[str, Any]]) -> int:
    """Characters of text and URLs in blocks, as far as Slack's hidden total goes."""
    return sum(
        len(value) if isinstance(value, str) else _weigh_in(value) for block in found for value in block.values()
    )


def _weigh_in(value: Any) -> int:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return _weigh([value])
    if isinstance(value, list):
        return _weigh(value)
    return len(value) if isinstance(value, str) else 0


def payload(config: SlackConfig, message: Message) -> dict[str, Any]:
    """The arguments of chat.postMessage, and of chat.update but for its `ts`."""
    return {
        "channel": config.channel,
        "text": _fallback(message),
        "blocks": blocks(message),
        "unfurl_links": False,
        "unfurl_media": False,
        "mrkdwn": False,
        "metadata": {"event_type": "alertveil_delivery", "event_payload": {"key": message.key}},
    }


def judge(error: str) -> Outcome:
    """What an error code of Slack's means for the delivery. The codes are documented, their classes are ours."""
    match error:
        case "ratelimited" | "rate_limited":
            return Retry(Reason.RATE_LIMITED, counts=False, status=200)
        case "internal_error" | "fatal_error":  # "it's possible some aspect of the operation succeeded"
            return Retry(Reason.SERVER_ERROR, maybe_delivered=True, status=200)
        case "service_unavailable" | "request_timeout":
            return Retry(Reason.SERVER_ERROR, status=200)
        case "message_limit_exceeded":
            return Retry(Reason.RATE_LIMITED, after=_LONG_WAIT, status=200)
        case "team_added_to_org" | "org_login_required":
            return Retry(Reason.SERVER_ERROR, after=_LONG_WAIT, status=200)
        case (
            "account_inactive"
            | "token_revoked"
            | "token_expired"
            | "invalid_auth"
            | "not_authed"
            | "missing_scope"
            | "no_permission"
            | "access_denied"
            | "ekm_access_denied"
            | "org_access_not_granted"
            | "not_allowed_token_type"
            | "team_access_not_granted"
            | "two_factor_setup_required"
            | "app_access_restricted"
        ):
            return Rejected(Reason.CREDENTIAL, disable=True, status=200)
        case "channel_not_found" | "not_in_channel" | "is_archived" | "messages_tab_disabled" | "team_not_found":
            return Rejected(Reason.DESTINATION, disable=True, status=200)
    if error.startswith("restricted_action"):
        return Rejected(Reason.DESTINATION, disable=True, status=200)
    if error in _UNREADABLE | _NO_UPDATE | _PARENT_GONE or error.startswith(("metadata_", "invalid_arg")):
        return Rejected(Reason.REFUSED, status=200)
    return Retry(Reason.BAD_ANSWER, status=200)


class SlackSaidNo(Exception):  # noqa: N818 - it names what happened
    """A call that did not succeed: with Slack's error code, or with the outcome when Slack said nothing usable."""

    def __init__(self, error: str, outcome: Outcome | None = None) -> None:
        super().__init__("Slack did not take it.")
        self.error = error
        self.outcome = outcome or judge(error)


class SlackSender:
    """Posts one message after the other: Slack takes one a second for a channel."""

    def __init__(self, config: SlackConfig, client: SlackClient) -> None:
        self._config = config
        self._client = client

    def __repr__(self) -> str:
        return "<SlackSender>"

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """All within the deadline; what it leaves no time for is Retry(TIMEOUT), unsent."""
        self._client.until = monotonic() + SPEC.traits.deadline
        return [self._one(message) for message in messages]

    def _one(self, message: Message) -> Outcome:
        try:
            return self._deliver(message)
        except SlackSaidNo as no:
            return no.outcome
        except Exception:  # noqa: BLE001 - whatever a library raises may hold the message; the outcome does not
            return Rejected(Reason.BUG)

    def _deliver(self, message: Message) -> Outcome:
        refs = message.refs
        if not refs.get("ts"):
            return self._post(message)
        if refs.get("digest") and not message.digest:
            # The incident was announced in a bundle. The bundle stays as it is and this goes under it.
            self._post(message, thread=refs["ts"])
            return Delivered(refs, status=200)
        try:
            self._update(message, refs)
        except SlackSaidNo as no:
            if no.error not in _NO_UPDATE:
                raise
            return self._again(message, refs, no.error)
        if not message.digest:
            self._tell(message, refs)
        return Delivered(refs, refs["ts"], status=200)

    def _post(self, message: Message, thread: str | None = None) -> Delivered:
        arguments = payload(self._config, message)
        if thread is not None:
            arguments["thread_ts"] = thread
        try:
            answer = self._client.chat_postMessage(**arguments)
        except SlackSaidNo as no:
            if no.error not in _UNREADABLE:
                raise
            answer = self._client.chat_postMessage(**_minimal(arguments, message))
        channel, ts = answer.get("channel"), answer.get("ts")
        if not isinstance(channel, str) or not isinstance(ts, str):
            raise SlackSaidNo("", Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=200))
        refs = {"channel": channel, "ts": ts} | ({"digest": "1"} if message.digest else {})
        return Delivered(refs, ts, status=200)

    def _update(self, message: Message, refs: Mapping[str, str]) -> None:
        arguments = payload(self._config, message) | {"channel": refs["channel"], "ts": refs["ts"]}
        for name in ("unfurl_links", "unfurl_media", "mrkdwn"):
            del arguments[name]
        try:
            self._client.chat_update(**arguments)
        except SlackSaidNo as no:
            if no.error not in _UNREADABLE:
                raise
            self._client.chat_update(**_minimal(arguments, message))

    def _tell(self, message: Message, refs: Mapping[str, str]) -> None:
        """One line in the thread, because an update alone is silent. A locked thread is no reason to fail."""
        try:
            self._client.chat_postMessage(
                channel=refs["channel"],
                thread_ts=refs["ts"],
                text=escape(clip(f"{headline(message)}: {message.reason}", _TEXT, _size)),
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackSaidNo as no:
            if isinstance(no.outcome, Retry):
                raise

    def _again(self, message: Message, refs: Mapping[str, str], error: str) -> Outcome:
        """The message cannot be updated: post anew in its thread while the parent lives, else at the top."""
        if error not in _PARENT_GONE:
            try:
                self._post(message, thread=refs["ts"])
            except SlackSaidNo as no:
                if no.error not in _PARENT_GONE:
                    raise
            else:
                return Delivered(refs, refs["ts"], status=200)
        return self._post(message)


def _minimal(arguments: dict[str, Any], message: Message) -> dict[str, Any]:
    """The same call with text alone, for when Slack cannot read our blocks: the incident must get through."""
    link = f" {message.url}" if message.url else ""
    room = _TEXT - _size(link)
    plain = {name: value for name, value in arguments.items() if name not in {"blocks", "metadata"}}
    return plain | {"text": escape(clip(headline(message), room, _size) + link)}


def _open(config: SlackConfig, secrets: Secrets, out: kit.Kit) -> SlackSender:
    return SlackSender(config, _client(config, secrets, out))


def _client(config: SlackConfig, secrets: Secrets, out: kit.Kit) -> SlackClient:
    from channels.slack_web import SlackClient  # noqa: PLC0415 - slack-sdk costs 9 MB, which not every process needs

    token = secrets["token"]
    if not token.isascii() or not token.isprintable() or " " in token:
        with egress.about("token"):
            raise egress.Unsendable("The Slack token holds a character that no token has.")
    return SlackClient(token, config.base_url, out)


def inspect(config: SlackConfig, secrets: Secrets, out: kit.Kit) -> dict[str, str]:
    """What Slack says about the channel now: the team, and who can read along. Empty when it does not say.

    Needs channels:read or groups:read, and users:read for `guests`: the ids of members who are guests or of another
    workspace, in order, left out when Slack does not let us see them all.
    See https://docs.slack.dev/reference/objects/conversation-object and /user-object.
    """
    client = _client(config, secrets, out)
    client.until = monotonic() + SPEC.traits.deadline
    try:
        team = client.auth_test().get("team_id")
        channel = client.conversations_info(channel=config.channel).get("channel")
    except Exception:  # noqa: BLE001 - see SlackSender
        return {}
    if not isinstance(team, str) or not isinstance(channel, dict):
        return {}
    facts = ("is_private", "is_shared", "is_org_shared", "is_ext_shared", "is_pending_ext_shared", "is_archived")
    found = {"team": team, "channel": str(channel.get("id", ""))} | {
        name: str(channel[name]).lower() for name in facts if name in channel
    }
    guests = _guests(client, config.channel, team)
    return found if guests is None else found | {"guests": " ".join(sorted(guests))}


def _guests(client: SlackClient, channel: str, team: str) -> set[str] | None:
    """Members who are no full members of this team; None when Slack does not say."""
    try:
        members = _pages(lambda cursor: client.conversations_members(channel=channel, cursor=cursor, limit=_PAGE))
        people = _pages(lambda cursor: client.users_list(cursor=cursor, limit=_PAGE))
    except Exception:  # noqa: BLE001 - see SlackSender
        return None
    if members is None or people is None:
        return None
    full = {
        each.get("id")
        for each in people
        if isinstance(each, dict)
        and not (each.get("is_restricted") or each.get("is_ultra_restricted") or each.get("is_stranger"))
        and each.get("team_id", team) == team
    }
    return {each for each in members if isinstance(each, str)} - full


def _pages(call: Callable[[str | None], Any]) -> list[Any] | None:
    """Every `members` entry of a method that pages; None when it has more pages than are looked at."""
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        answer = call(cursor)
        page = answer.get("members")
        if not isinstance(page, list):
            return None
        found += page
        more = answer.get("response_metadata")
        cursor = more.get("next_cursor") if isinstance(more, dict) else None
        if not cursor:
            return found
    return None


def _identity(config: SlackConfig, secrets: Secrets) -> dict[str, str]:
    # A bot token reads xoxb-<team>-<bot>-<secret>; its first number stays when the token is renewed.
    parts = secrets.get("token", "").split("-")
    team = parts[1] if len(parts) > 2 and parts[1].isdigit() else ""  # noqa: PLR2004 - see above
    return {
        "channel": config.channel,
        "api": config.base_url.rstrip("/"),
        "team": hashlib.sha256(f"slack-team:{team}".encode()).hexdigest()[:32] if team else "",
    }


SPEC = Spec(
    kind="slack",
    title="Slack",
    config=SlackConfig,
    secrets=("token",),
    optional_secrets=(),
    traits=Traits(batch=4, deadline=20.0, rate=Rate(1.0, 3), bundles=True, updates=True),
    describe=lambda config: f"Slack channel {config.channel}",
    identity=_identity,
    encrypted=lambda config: config.base_url.startswith("https:"),
    preview=payload,
    open=_open,
    inspect=inspect,
    about="One message an incident in a channel, updated in place, with its history in the thread.",
    asks={"token": Credential("Bot token", "xoxb-…, of an app that has chat:write and is a member of the channel")},
    server=lambda config: egress.parse_url(config.base_url).authority,
)
