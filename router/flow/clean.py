"""The last look at a finished message: text in which the detector still finds something leaves as a token."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import replace

import msgspec

from channels.contract import Message, SafeText
from router.privacy.rules import Rules
from router.privacy.tokens import ThrowawayMint
from router.privacy.tripwire import scan

log = logging.getLogger(__name__)


class Clean:
    """The last look before the socket: text in which the detector finds something is replaced by a token, and counted.

    What was found clean is remembered by its hash, so that four channels of one incident pay for one look.
    """

    def __init__(self, size: int = 4096) -> None:
        self._seen: dict[bytes, None] = {}
        self._size = size
        self._lock = threading.Lock()

    def look(self, message: Message, rules: Rules) -> tuple[Message, int]:
        """The message, clean, and how many findings were replaced."""
        parts: list[str] = [message.summary, message.title, message.description, message.reason]
        parts += [text for pair in message.fields for text in pair]
        parts += [line.title for line in message.digest]
        text = "\n".join(parts)
        mark = hashlib.blake2b(f"{rules.version}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if mark in self._seen:
            return message, 0
        found = scan(text, rules)
        if not found:
            with self._lock:  # many lanes look at once, and a dict may not change while its oldest is looked for
                if len(self._seen) >= self._size:
                    self._seen.pop(next(iter(self._seen)))
                self._seen[mark] = None
            return message, 0
        mint = ThrowawayMint()
        tokens = {each.value: mint.token(each.kind, each.value, each.normal) for each in found}

        def mend(text: SafeText) -> SafeText:
            changed = str(text)
            for value in sorted(tokens, key=len, reverse=True):
                changed = changed.replace(value, tokens[value])
            return SafeText(changed)

        log.warning("tripwire", extra={"count": len(found), "incident": message.short_id})
        mended = msgspec.structs.replace(
            message,
            summary=mend(message.summary),
            title=mend(message.title),
            description=mend(message.description),
            reason=mend(message.reason),
            fields=tuple((mend(SafeText(name)), mend(value)) for name, value in message.fields),
            digest=tuple(replace(line, title=mend(line.title)) for line in message.digest),
        )
        return mended, len(found)
