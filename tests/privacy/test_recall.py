"""How much leaks and how much is destroyed, on labelled payloads: a gate, so that a changed rule shows its price."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from router.bench.scorer import Score, score
from router.privacy.rules import compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint

DATA = Path(__file__).with_name("data")


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def measured(name: str, level: str) -> Score:
    rules, mint = compile_rules(level), ThrowawayMint()
    return score(rows(name), lambda payload: tokenize(payload, rules, {}, mint).event)


def percent(part: int, whole: int) -> float:
    return 100 * part / max(whole, 1)


@pytest.mark.parametrize(
    ("name", "level", "leaked", "destroyed"),
    [
        ("phi_dev_trimmed", "strict", 0.0, 3.0),
        ("phi_dev_trimmed", "detect", 0.5, 1.0),
        ("unseen", "strict", 0.0, 5.0),
        ("unseen", "detect", 3.0, 3.0),
        ("unseen_second", "strict", 0.0, 5.0),
        ("fresh_1", "strict", 0.0, 12.0),
        ("fresh_1", "detect", 8.0, 5.0),
        ("fresh_2", "strict", 0.0, 12.0),
        ("fresh_2", "detect", 8.0, 5.0),
        ("fresh_3", "strict", 0.0, 12.0),
        ("fresh_3", "detect", 8.0, 5.0),
        ("fresh_4", "strict", 0.0, 12.0),
        ("fresh_4", "detect", 8.0, 5.0),
        ("fresh_5", "strict", 0.0, 12.0),
        ("fresh_5", "detect", 12.0, 5.0),
        ("fresh_6", "strict", 0.0, 12.0),
        ("fresh_6", "detect", 8.0, 5.0),
        ("fresh_7_to_14", "strict", 0.5, 12.0),
        ("fresh_7_to_14", "detect", 4.0, 2.0),
        ("odd_1_to_7", "strict", 0.5, 12.0),
        ("odd_1_to_7", "detect", 8.0, 2.5),
        ("names_1_to_8", "strict", 0.2, 8.5),
        ("names_1_to_8", "detect", 4.5, 3.5),
        ("care_1_to_5", "strict", 2.0, 13.0),
        ("care_1_to_5", "detect", 6.0, 4.0),
        ("near_1_to_7", "strict", 0.5, 8.0),
        ("near_1_to_7", "detect", 2.0, 2.0),
        ("rooms_1_to_11", "detect", 4.0, 1.5),
        ("strict_1_to_10", "strict", 0.5, 12.5),
        ("apart_1_to_3", "strict", 0.5, 12.0),
        ("apart_1_to_3", "detect", 4.0, 3.0),
        ("apart_4_to_9", "strict", 0.3, 10.0),
        ("apart_4_to_9", "detect", 3.5, 2.5),
        ("apart_10_to_14", "strict", 0.3, 6.5),
        ("apart_10_to_14", "detect", 2.0, 1.5),
        ("third_party_trimmed", "detect", 18.0, 100.0),
        ("third_party_trimmed", "strict", 3.0, 100.0),
    ],
)
def test_leaks_and_losses_stay_below_the_gate(name: str, level: str, leaked: float, destroyed: float) -> None:
    total = measured(name, level)
    assert total.values > 50
    assert percent(total.whole, total.values) <= leaked, total.leaks
    assert percent(total.destroyed, total.benign) <= destroyed, total.breaks


def test_the_scorer_sees_every_label_in_the_untouched_payload() -> None:
    """A scorer that cannot find what is there would praise anything."""
    for name in ("phi_dev_trimmed", "unseen"):
        total = score(rows(name), lambda payload: payload)
        assert total.whole == total.values, [leak for leak in total.leaks if leak[1] != "whole"][:5]
        assert total.destroyed == 0


def test_sealed_leaves_nothing_of_free_text() -> None:
    total = measured("unseen", "sealed")
    assert total.whole == 0, total.leaks
