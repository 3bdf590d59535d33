"""Scores the tokenizer on labelled payloads: python tools/score_corpus.py FILE.jsonl [--level strict] [--show N]."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from router.bench.scorer import score
from router.privacy.rules import Rules, compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint


def _event(rules: Rules, mint: ThrowawayMint, payload: object) -> object:
    return tokenize(payload, rules, {}, mint).event


def main() -> None:
    """Print the table row, leaks by type and encoding and, with --show, what leaked and broke."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--level", default="strict")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    rules = compile_rules(options.level)
    for path in options.files:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        mint = ThrowawayMint()
        total = score(rows, partial(_event, rules, mint))
        print(f"{path.name} at {options.level}: {total.line()}")
        print(
            "  leaked by type:",
            {kind: f"{count}/{total.by_type[kind]}" for kind, count in total.leaked_by_type.most_common()},
        )
        print(
            "  leaked by encoding:",
            {kind: f"{count}/{total.by_enc[kind]}" for kind, count in total.leaked_by_enc.most_common()},
        )
        for line in total.leaks[: options.show]:
            print("  leak ", line)
        for broken in total.breaks[: options.show]:
            print("  broke", broken)


if __name__ == "__main__":
    main()
