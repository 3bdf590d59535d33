"""The inbox's one page: a card an incident, what came in on the left and what each channel got on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from router.local.inbox import draw
from router.local.inbox.record import Card, Got, Tally

TITLES = {"slack": "Slack", "pagerduty": "PagerDuty", "smtp": "E-mail", "webhook": "Webhook"}
_COLUMNS = (("slack", "pagerduty"), ("smtp", "webhook"))
_REFRESH_SECONDS = 3


class View(NamedTuple):
    """Everything a page shows."""

    cards: Sequence[Card]
    tally: Tally
    slack_now: Callable[[str], Sequence[Mapping[str, Any]]]  # short id -> what the Slack channel shows about it now
    webhook_secret: str
    product_url: str
    live: bool  # reload by itself
    sending: bool


def page(view: View) -> str:
    """The whole document."""
    reload = f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">' if view.live else ""
    cards = "".join(_card(card, view) for card in view.cards) or _nothing(view)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Alertveil demo inbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark">{reload}<link rel="stylesheet" href="/inbox.css">'
        '<link rel="icon" href="/icon.svg" type="image/svg+xml"></head>'
        f"<body>{_top(view)}<main>{cards}</main>{_foot()}</body></html>"
    )


def _top(view: View) -> str:
    tally = view.tally
    leaked = len(tally.leaked)
    verdict = "good" if not leaked else "bad"
    words = "of them in any message" + (": " + escape(", ".join(tally.leaked)) if leaked else "")
    live = '<a href="/">Stop reloading</a>' if view.live else '<a href="/?live=1">Reload by itself</a>'
    busy = " disabled" if view.sending else ""
    return (
        '<header class="top"><div class="bar"><p class="brand"><img src="/icon.svg" alt="" width="22" height="22"> '
        'Alertveil <span>demo inbox</span></p><nav aria-label="Page"><a href="/">Refresh</a>'
        f'{live}<a href="{escape(view.product_url)}">Open Alertveil</a>'
        f'<form method="post" action="/send"><button{busy}>Send the samples again</button></form></nav></div>'
        "<h1>What your tools sent, beside what left</h1>"
        '<p class="lead">Alerts full of <mark>patient data</mark> come in. Slack, PagerDuty, e-mail and a webhook get '
        '<span class="token"><b>TOKEN</b> 7K2M4QXW9R</span>: the same value is the same token, so people still see '
        "what belongs together. The patients are made up, and all of this stays on this machine.</p>"
        '<dl class="tally">'
        f"<div><dt>alerts sent</dt><dd>{tally.requests}</dd></div>"
        f"<div><dt>patient values in them</dt><dd>{tally.values}</dd></div>"
        f"<div><dt>messages delivered</dt><dd>{tally.messages}</dd></div>"
        f'<div class="{verdict}"><dt>{words}</dt><dd>{leaked}</dd></div></dl></header>'
    )


def _card(card: Card, view: View) -> str:
    name = card.incident or "other"
    title = card.sent[0].title if card.sent else "Messages about an alert from elsewhere"
    state = _state(card)
    sent = [draw.sent(one) for one in reversed(card.sent)]
    first, rest = (sent[0], sent[1:]) if sent else ('<p class="empty">Not sent by the demo.</p>', [])
    unfold = f"<details><summary>{len(rest)} before it</summary>{''.join(rest)}</details>" if rest else ""
    columns = "".join(f"<div>{''.join(_pane(vendor, card, view) for vendor in column)}</div>" for column in _COLUMNS)
    return (
        f'<article aria-labelledby="{escape(name)}">'
        f'<header><h2 id="{escape(name)}">{escape(title)}</h2>'
        f'<p><span class="chip {escape(state)}">{escape(state)}</span> '
        f"<code>{escape(card.incident)}</code></p></header>"
        f'<div class="pair"><section class="in" aria-label="What came in"><h3>Came in</h3>{first}{unfold}</section>'
        f'<div class="out">{columns}</div></div></article>'
    )


def _pane(vendor: str, card: Card, view: View) -> str:
    messages = card.got.get(vendor, ())
    if not messages:
        body = '<p class="empty">Nothing yet.</p>' if card.sent else '<p class="empty">Nothing.</p>'
    elif vendor == "slack":
        shown = view.slack_now(card.incident)
        body = draw.slack(shown, messages[-1].captured.at) if shown else '<p class="empty">Deleted since.</p>'
    elif vendor == "pagerduty":
        body = draw.pagerduty(messages)
    else:
        body = _message(vendor, messages[-1], view)
        if len(messages) > 1:
            earlier = "".join(_message(vendor, one, view) for one in reversed(messages[:-1]))
            body += f"<details><summary>{len(messages) - 1} before it</summary>{earlier}</details>"
    count = f"{len(messages)} {'request' if len(messages) == 1 else 'requests'}" if messages else ""
    return f'<section class="pane {vendor}"><h3>{TITLES[vendor]} <small>{count}</small></h3>{body}</section>'


def _message(vendor: str, got: Got, view: View) -> str:
    if vendor == "smtp":
        return draw.mail(got)
    return draw.webhook(got, view.webhook_secret)


def _state(card: Card) -> str:
    """What the latest webhook says the incident is, since its body has a field for it."""
    messages = card.got.get("webhook", ())
    if messages:
        try:
            return str(messages[-1].captured.json()["data"]["status"])
        except (ValueError, KeyError, TypeError):
            return "unknown"
    return "on its way" if card.sent else "unknown"


def _nothing(view: View) -> str:
    if view.sending:
        return '<p class="nothing">The samples are on their way. <a href="/">Refresh</a></p>'
    return (
        '<p class="nothing">Nothing here yet: the inbox keeps what it got in memory only. '
        "Press “Send the samples again”, or send an alert of your own to one of the demo's sources.</p>"
    )


def _foot() -> str:
    return (
        "<footer><p>The receivers speak the Slack Web API, PagerDuty Events v2, SMTP and Standard Webhooks. "
        "Nothing on this page is stored; it is gone when <code>alertveil up</code> stops.</p></footer>"
    )
