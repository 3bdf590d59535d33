"""One object that an application makes at its start: its rules, compiled, and the key that its tokens come from."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from router.privacy.rules import Rules, compile_rules
from router.privacy.scrubbers.hashed import KeyedHash, made
from router.privacy.scrubbers.plain import Json, plain
from router.privacy.tokenizer import Finding, tokenize
from router.privacy.tokens import BYTES, new_token

Roles = Mapping[str, str]
NO_ROLES: Final[Roles] = {}
SHORTEST_KEY: Final = 32
"""Bytes of a key: 256 bits, so that trying every social security number against a token needs the key (NIST SP 800-107
§5.3.2 wants at least half of the hash's output)."""


class KeyedMint:
    """Tokens that are a keyed hash of the value: nothing is remembered, and processes with one key agree.

    They are no vault tokens: nobody can open them. Ten base32 characters are 50 bits, so among 100,000 different
    values of one type two share a token with a chance of 1 in 200,000.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, kind: str, value: str, normal: str) -> str:
        """The token of a value."""
        del value
        return new_token(kind, self.digest(kind, normal)[:BYTES])

    def digest(self, kind: str, normal: str) -> bytes:
        """HMAC-SHA-256 of type and value."""
        return hmac.digest(self._key, f"{kind}\0{normal}".encode("utf-8", "surrogatepass"), "sha256")

    def __repr__(self) -> str:
        return "<KeyedMint>"


class Scrubber:
    """Tokenizes texts and structures for one application. Safe to share between threads; holds no values.

    `level`, `patterns`, `safe_words` and `field_rules` are those of the configuration file. `key` (32 bytes or more)
    makes the same value the same token in every process that has it; without one each process makes its own.
    `harmless` are exception types whose message may pass, beside those that `errors.harmless` marked.

    Raises:
        RuleRefused: a rule cannot be used.
        ValueError: the key is too short.
    """

    def __init__(
        self,
        level: str = "strict",
        *,
        patterns: Sequence[tuple[str, str]] = (),
        safe_words: Sequence[str] = (),
        field_rules: Mapping[str, str] | None = None,
        key: bytes | None = None,
        harmless: Sequence[type[BaseException]] = (),
    ) -> None:
        if key is not None and len(key) < SHORTEST_KEY:
            raise ValueError(f"A scrubber's key has {SHORTEST_KEY} bytes or more.")
        self.rules: Rules = compile_rules(level, patterns, safe_words, field_rules)
        self._known: Rules = compile_rules("detect", patterns, safe_words, field_rules)
        self.mint = KeyedMint(key or secrets.token_bytes(SHORTEST_KEY))
        self.harmless = frozenset(harmless)
        self._kinds: dict[str, Rules] = {}

    def __repr__(self) -> str:
        return f"<Scrubber {self.rules.level}>"

    @classmethod
    def from_file(cls, path: str | Path, *, key: bytes | None = None, level: str | None = None) -> Scrubber:
        """A tenant's rules as `alertveil rules export --for scrubbers` wrote them; `level` takes the file's place.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is no such file, or the key is too short.
            RuleRefused: a rule cannot be used.
        """
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            chosen, patterns = level or found["level"], [(each["type"], each["regex"]) for each in found["patterns"]]
            words, fields = found["safe_words"], found["fields"]
        except (KeyError, TypeError, json.JSONDecodeError):
            raise ValueError("This is no file that `alertveil rules export --for scrubbers` wrote.") from None
        return cls(chosen, patterns=patterns, safe_words=words, field_rules=fields, key=key)

    def text(self, text: str) -> str:
        """A text with tokens in place of PHI; whatever goes wrong, one token."""
        found = self.event(text)
        return found if isinstance(found, str) else self.sealed(text)

    def event(self, value: Any, roles: Roles = NO_ROLES) -> Json:  # noqa: ANN401 - anything that is logged
        """A structure with tokens in place of PHI; one propagation scope. Objects become what `plain` makes of them."""
        return self.judged(value, roles)[0]

    def judged(self, value: Any, roles: Roles = NO_ROLES) -> tuple[Json, bool]:  # noqa: ANN401 - as above
        """The structure tokenized, and whether every part was judged within its budgets (False: something failed)."""
        flat = plain(value)
        try:
            done = tokenize(flat, self.rules, roles, self.mint)
        except Exception:  # noqa: BLE001 - a fault of ours must not let anything pass, and its text may hold the value
            return self.sealed(str(type(value))), False
        return done.event, not done.counters

    def findings(self, value: Any, roles: Roles = NO_ROLES) -> tuple[Finding, ...]:  # noqa: ANN401 - as above
        """What would become a token in a structure, with the rule behind each."""
        return tokenize(plain(value), self.rules, roles, self.mint).findings

    def mild(self, text: str) -> str:
        """A text that its author declared harmless, looked at once more: only what surely is PHI becomes a token."""
        try:
            found = tokenize(text, self._known, NO_ROLES, self.mint).event
        except Exception:  # noqa: BLE001 - as in judged
            return self.sealed(text)
        return found if isinstance(found, str) else self.sealed(text)

    def sealed(self, text: str) -> str:
        """A whole text as one token."""
        return self.mint.token("TEXT", text, " ".join(text.split()).casefold())

    def hash(self, kind: str, value: object) -> KeyedHash:
        """The keyed hash of a value, shown as the very token that the value becomes in this application's logs.

        Raises:
            RuleRefused: there is no such type of token.
        """
        rules = self._kinds.get(kind)
        if rules is None:
            rules = self._kinds[kind] = compile_rules("detect", field_rules={"value": kind})
        found = tokenize({"value": str(value)}, rules, NO_ROLES, self.mint).findings
        normal = found[0].normal if found else str(value)
        return made(self.mint.token(kind, "", normal), self.mint.digest(kind, normal))
