"""What a person typed about their own doing (a reason, a statement) is free text like any other: tokenized first.

The tokens are throw-away ones: nobody needs to open a value that slipped into a reason.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from router.privacy.rules import Rules, compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint

LONGEST: Final = 500
"""Characters that are kept; more is no reason but a report, which belongs elsewhere."""


def said(text: str, rules: Rules) -> str:
    """`text` with tokens instead of PHI, by the tenant's rules and never more leniently than `strict`."""
    kept = " ".join(text.split())[:LONGEST]
    mint = ThrowawayMint()
    tokenized = str(tokenize(kept, rules, {}, mint).event)
    if rules.level == "detect":
        tokenized = str(tokenize(tokenized, _strict(), {}, mint).event)
    return tokenized


@cache
def _strict() -> Rules:
    return compile_rules("strict")
