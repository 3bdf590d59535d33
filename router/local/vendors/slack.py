"""Slack's Web API, as much as a bot that posts alerts meets: messages keep their state, so that updates show."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from router.local.vendors.base import Captured, Fault, HttpVendor, Reply

TEAM = "T0LOCAL001"


class SlackVendor(HttpVendor):
    """Answers 200 with `ok`, as Slack does (https://docs.slack.dev/reference/methods/chat.postMessage).

    `messages` holds what each channel shows now: (channel, ts) -> the message's last arguments. `gone` makes channels
    unknown; `forget` deletes a message, as a person in Slack may. `members` are the ids in every channel,
    `people` the workspace's own, guests among them.
    """

    kind = "slack"

    def __init__(self, host: str = "127.0.0.1", port: int = 0, **rest: Any) -> None:  # noqa: ANN401 - as Vendor
        super().__init__(host, port, **rest)
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.channel_facts: dict[str, Any] = {"is_private": False, "is_ext_shared": False}
        self.members = ["U0LOCAL001", "U0LOCAL002"]
        self.people: list[dict[str, Any]] = [{"id": each, "team_id": TEAM} for each in self.members]
        self._stamp = 1_767_225_600_000_000

    @property
    def base_url(self) -> str:
        """What a channel's `base_url` is set to."""
        return self.url + "/api/"

    def forget(self, channel: str, ts: str) -> None:
        """Delete a message."""
        self.messages.pop((channel, ts), None)

    def thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """Replies under a message, oldest first."""
        return [
            message
            for (where, _), message in sorted(self.messages.items())
            if where == channel and message.get("thread_ts") == ts
        ]

    def answer(self, captured: Captured, fault: Fault | None) -> Reply:
        """Slack's envelope for the method in the path."""
        if fault is not None and fault.error is not None:
            return _says(ok=False, error=fault.error)
        if fault is not None and fault.status not in (None, 200):
            return _says(ok=False, error="fault")
        if not captured.headers.get("authorization", "").startswith("Bearer xoxb-"):
            return _says(ok=False, error="not_authed")
        try:
            arguments = _arguments(captured)
        except ValueError:
            return _says(ok=False, error="invalid_json")
        match captured.target.partition("?")[0].rpartition("/")[2]:
            case "chat.postMessage":
                return self._post(arguments)
            case "chat.update":
                return self._update(arguments)
            case "auth.test":
                return _says(ok=True, team_id=TEAM, user_id="U0LOCAL001", bot_id="B0LOCAL001", team="local")
            case "conversations.info":
                if arguments.get("channel") in self.gone:
                    return _says(ok=False, error="channel_not_found")
                return _says(ok=True, channel={"id": arguments.get("channel"), **self.channel_facts})
            case "conversations.members":
                return _says(ok=True, members=self.members, response_metadata={"next_cursor": ""})
            case "users.list":
                return _says(ok=True, members=self.people, response_metadata={"next_cursor": ""})
        return _says(ok=False, error="unknown_method")

    def _post(self, arguments: dict[str, Any]) -> Reply:
        channel = arguments.get("channel")
        if not isinstance(channel, str) or channel in self.gone:
            return _says(ok=False, error="channel_not_found")
        if not arguments.get("text") and not arguments.get("blocks"):
            return _says(ok=False, error="no_text")
        parent = arguments.get("thread_ts")
        if parent is not None and (channel, parent) not in self.messages:
            return _says(ok=False, error="thread_not_found")
        self._stamp += 1
        ts = f"{self._stamp // 1_000_000}.{self._stamp % 1_000_000:06d}"
        self.messages[channel, ts] = arguments
        return _says(ok=True, channel=channel, ts=ts, message=arguments)

    def _update(self, arguments: dict[str, Any]) -> Reply:
        place = (str(arguments.get("channel")), str(arguments.get("ts")))
        if place[0] in self.gone:
            return _says(ok=False, error="channel_not_found")
        if place not in self.messages:
            return _says(ok=False, error="message_not_found")
        if len(str(arguments.get("text", ""))) > 4000:  # noqa: PLR2004 - chat.update's documented limit
            return _says(ok=False, error="msg_too_long")
        self.messages[place] = arguments
        return _says(ok=True, channel=place[0], ts=place[1], text=arguments.get("text", ""), message=arguments)


def _arguments(captured: Captured) -> dict[str, Any]:
    if captured.headers.get("content-type", "").startswith("application/json"):
        found = captured.json()
        if not isinstance(found, dict):
            raise ValueError
        return found
    return {name: values[0] for name, values in parse_qs(captured.body.decode()).items()}


def _says(**body: Any) -> Reply:  # noqa: ANN401 - JSON
    return Reply(200, json.dumps(body).encode())
