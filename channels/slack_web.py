"""slack-sdk's client with its one HTTP method led through the kit. Loaded when a Slack channel is first opened."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from slack_sdk.web.client import WebClient

from channels import kit
from channels.contract import Reason, Retry
from channels.kit import Kit, Response
from channels.slack import SlackSaidNo


class SlackClient(WebClient):
    """Calls end at `until` on the monotonic clock, which the sender sets. Nothing is retried, logged or redirected."""

    def __init__(self, token: str, base_url: str, out: Kit) -> None:
        # Outside the tree of loggers, so that nobody can turn it up: at DEBUG it would write bodies and headers.
        mute = logging.Logger("slack", logging.CRITICAL + 1)  # noqa: LOG001 - on purpose
        super().__init__(token=token, base_url=base_url, retry_handlers=[], logger=mute)
        self.proxy = None  # it read the environment
        self._out = out
        self.until = 0.0

    def _perform_urllib_http_request(self, *, url: str, args: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """slack-sdk 3.47's only way to the network. Raises SlackSaidNo unless Slack answered `ok`."""
        if args["json"]:
            kind, data = "application/json; charset=utf-8", json.dumps(args["json"])
        else:  # methods that read take a form only
            kind, data = "application/x-www-form-urlencoded", urlencode(args["params"] or {})
        authorization = str(args["headers"].get("Authorization", ""))
        prepared = kit.prepare(url, [("Authorization", authorization), ("Content-Type", kind)])
        remaining = self.until - monotonic()
        if remaining <= 0:
            raise SlackSaidNo("", Retry(Reason.TIMEOUT))
        answer = self._out.post(prepared, data.encode(), deadline=remaining)
        if not isinstance(answer, Response):
            raise SlackSaidNo("", answer)
        if answer.status == 429:  # noqa: PLR2004 - https://docs.slack.dev/apis/web-api/rate-limits
            after = kit.parse_retry_after(answer.header("retry-after") or "", datetime.now(UTC))
            raise SlackSaidNo("", Retry(Reason.RATE_LIMITED, after=after, counts=False, status=429))
        if not 200 <= answer.status < 300:  # noqa: PLR2004
            raise SlackSaidNo("", kit.outcome(answer))
        try:
            body = json.loads(answer.body) if answer.status == 200 else None  # noqa: PLR2004 - Slack has no other
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("ok"), bool):
            raise SlackSaidNo("", Retry(Reason.BAD_ANSWER, maybe_delivered=True, status=answer.status))
        if not body["ok"]:
            raise SlackSaidNo(str(body.get("error", "")))
        return {"status": 200, "headers": {}, "body": answer.body.decode("utf-8", "replace")}
