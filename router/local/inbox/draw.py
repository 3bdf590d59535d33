"""Draws each message the way its vendor shows it, as plain HTML; everything that came in is escaped."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from html import escape
from typing import Any

from router.local.inbox.record import Got, Sent

_TOKEN = re.compile(r"&lt;([A-Z][A-Z_]{1,15})_([0-9A-HJKMNP-TV-Z]{10})&gt;")
_SLACK_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|([^>]*))?>")


def pills(escaped: str) -> str:
    """Tokens in text that is already escaped, as pills."""
    return _TOKEN.sub(r'<span class="token"><b>\1</b> \2</span>', escaped)


def text(raw: str) -> str:
    """Any text: escaped, tokens as pills."""
    return pills(escape(raw))


def marked(raw: str, phi: Sequence[str]) -> str:
    """What a source sent: escaped, with the synthetic PHI in it marked."""
    if not phi:
        return escape(raw)
    found = re.split("(" + "|".join(re.escape(value) for value in sorted(phi, key=len, reverse=True)) + ")", raw)
    return "".join(f"<mark>{escape(part)}</mark>" if part in phi else escape(part) for part in found)


def clock(at: float) -> str:
    """A moment as a `time` element: hours to seconds, the whole of it in its title. UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    whole = moment.isoformat(timespec="seconds")
    return f'<time datetime="{whole}" title="{whole}">{moment:%H:%M:%S}</time>'


def sent(one: Sent) -> str:
    """A source's request."""
    words = {202: "accepted"}.get(one.status, "refused" if one.status else "no answer")
    return (
        '<figure class="request"><figcaption>'
        f"<span>{clock(one.at)} <code>POST /ingest/demo/{escape(one.source)}</code></span>"
        f"<span>{one.status or '—'} {words}</span></figcaption>"
        f"{_scroll('Body of the request', marked(one.body, one.phi))}</figure>"
    )


def slack(shown: Sequence[Mapping[str, Any]], at: float) -> str:
    """A Slack conversation about one incident: the message as it stands now, then its thread."""
    drawn = []
    for arguments in shown:
        reply = ' class="slack reply"' if arguments.get("thread_ts") else ' class="slack"'
        blocks = arguments.get("blocks")
        if isinstance(blocks, str):
            blocks = _json(blocks)
        body = (
            "".join(_slack_block(block) for block in blocks if isinstance(block, dict))
            if isinstance(blocks, list) and blocks
            else f"<p>{_mrkdwn(str(arguments.get('text', '')))}</p>"
        )
        drawn.append(
            f'<div{reply}><div class="avatar" aria-hidden="true">A</div><div class="post">'
            f'<p class="who"><b>Alertveil</b> <span class="app">APP</span> {clock(at)}</p>{body}</div></div>'
        )
    return "".join(drawn)


def _slack_block(block: Mapping[str, Any]) -> str:
    match block.get("type"):
        case "header":
            return f'<p class="head">{_slack_text(block.get("text"))}</p>'
        case "section":
            parts = []
            if "text" in block:
                parts.append(f"<p>{_slack_text(block['text'])}</p>")
            fields = block.get("fields")
            if isinstance(fields, list):
                parts.append(_slack_fields(fields))
            return "".join(parts)
        case "actions":
            return f'<p class="buttons">{"".join(_slack_button(one) for one in _list(block, "elements"))}</p>'
        case "context":
            return f'<p class="context">{" · ".join(_slack_text(one) for one in _list(block, "elements"))}</p>'
        case "divider":
            return "<hr>"
    return f"<pre><code>{text(json.dumps(block, ensure_ascii=False, indent=1))}</code></pre>"


def _slack_fields(fields: Sequence[Any]) -> str:
    rows = []
    for field in fields:
        name, _, value = _slack_text(field).partition("<br>")
        rows.append(f"<div><dt>{name}</dt><dd>{value}</dd></div>")
    return f"<dl>{''.join(rows)}</dl>"


def _slack_button(element: Mapping[str, Any]) -> str:
    return f'<span class="button">{_slack_text(element.get("text"))}</span>'


def _slack_text(value: Any) -> str:  # noqa: ANN401 - a text object, or whatever else was sent
    if not isinstance(value, dict):
        return ""
    raw = str(value.get("text", ""))
    return _mrkdwn(raw) if value.get("type") == "mrkdwn" else _plain(raw)


def _plain(raw: str) -> str:
    return text(_slack_unescape(raw)).replace("\n", "<br>")


def _mrkdwn(raw: str) -> str:
    """Slack's markup: its links first, since everything else of it survives escaping."""
    links: list[str] = []

    def keep(match: re.Match[str]) -> str:
        links.append(f'<span class="link">{text(_slack_unescape(match[2] or match[1]))}</span>')
        return f"\x00{len(links) - 1}\x00"

    drawn = escape(_slack_unescape(_SLACK_LINK.sub(keep, raw.replace("\x00", ""))))
    drawn = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", drawn)
    drawn = re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"<b>\1</b>", drawn)
    drawn = re.sub(r"(?<!\w)~([^~\n]+)~(?!\w)", r"<s>\1</s>", drawn)
    drawn = re.sub(r"\x00(\d+)\x00", lambda match: links[int(match[1])], pills(drawn))
    return drawn.replace("\n", "<br>")


def _slack_unescape(raw: str) -> str:
    return raw.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def pagerduty(messages: Sequence[Got]) -> str:
    """One alert as PagerDuty shows it: what the last trigger said, in the state that the last event gave it."""
    states = []
    payload: Mapping[str, Any] = {}
    action = key = ""
    for got in messages:
        event = _json(got.captured.body.decode("utf-8", "replace"))
        if not isinstance(event, dict):
            return _raw(got)
        action, key = str(event.get("event_action", "")), str(event.get("dedup_key", ""))
        word = {"trigger": "Triggered", "acknowledge": "Acknowledged", "resolve": "Resolved"}.get(action, action)
        states.append(f'<span class="{escape(action)}">{escape(word)}</span> {clock(got.captured.at)}')
        if isinstance(event.get("payload"), dict):
            payload = event["payload"]
    rows = [
        (name, payload[name]) for name in ("severity", "source", "component", "group", "class") if payload.get(name)
    ]
    details = payload.get("custom_details")
    rows += list(details.items()) if isinstance(details, dict) else []
    summary = f'<p class="head">{text(str(payload["summary"]))}</p>' if payload.get("summary") else ""
    return (
        f'<div class="event"><p class="state">{" → ".join(states)}</p>'
        f'{summary}{_rows(rows)}<p class="context">dedup_key <code>{text(key)}</code></p></div>'
    )


def mail(got: Got) -> str:
    """A mail as a reader shows it: head, HTML part in a frame that can do nothing, text part to unfold."""
    message = got.captured.mail
    if message is None:
        return _raw(got)
    head = "".join(
        f"<div><dt>{name}</dt><dd>{text(str(message[name]))}</dd></div>" for name in ("From", "To") if message[name]
    )
    plain = message.get_body(("plain",))
    subject = text(str(message["Subject"] or ""))
    at = f"<div><dt>At</dt><dd>{clock(got.captured.at)}</dd></div>"
    drawn = [f'<p class="head">{subject}</p><dl class="lines">{head}{at}</dl>']
    if message.get_body(("html",)) is not None:
        drawn.append(f'<iframe sandbox src="/mail/{got.number}" title="HTML part of the mail"></iframe>')
    if isinstance(plain, EmailMessage):
        shown = _scroll("Text part of the mail", text(str(plain.get_content())))
        drawn.append(f"<details><summary>Text part</summary>{shown}</details>")
    return f'<div class="mail">{"".join(drawn)}</div>'


def mail_html(got: Got) -> str | None:
    """The HTML part of a mail, as it came."""
    part = got.captured.mail.get_body(("html",)) if got.captured.mail is not None else None
    return str(part.get_content()) if isinstance(part, EmailMessage) else None


def webhook(got: Got, secret: str) -> str:
    """A webhook's headers, whether its signature holds, and its body."""
    headers = got.captured.headers
    good = signature_holds(headers, got.captured.body, secret)
    raw = got.captured.body.decode("utf-8", "replace")
    body = _json(raw)
    shown = raw if body is None else json.dumps(body, ensure_ascii=False, indent=2)
    rows = [(name, headers.get(name, "—")) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    verdict = "signature verified" if good else "signature does not hold"
    return (
        '<div class="webhook">'
        f'<p class="state {"good" if good else "bad"}"><span>{verdict}</span> {clock(got.captured.at)}</p>'
        f"{_rows(rows)}{_scroll('Body of the webhook', text(shown))}</div>"
    )


def signature_holds(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Does one `v1` signature match? Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode("ascii")
    return any(hmac.compare_digest(one, wanted) for one in headers.get("webhook-signature", "").split())


def _scroll(name: str, html: str) -> str:
    """A text that may be longer than its place; the keyboard reaches it too."""
    return f'<pre tabindex="0" role="region" aria-label="{name}"><code>{html}</code></pre>'


def _rows(rows: Sequence[tuple[str, Any]]) -> str:
    drawn = []
    for name, value in rows:
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        drawn.append(f"<div><dt>{text(str(name))}</dt><dd>{text(shown)}</dd></div>")
    return f'<dl class="lines">{"".join(drawn)}</dl>' if drawn else ""


def _raw(got: Got) -> str:
    return f"<pre><code>{text(got.captured.body.decode('utf-8', 'replace'))}</code></pre>"


def _json(raw: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _list(block: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = block.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
