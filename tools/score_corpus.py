"""Scores the tokenizer on a corpus of labelled payloads: python tools/score_corpus.py FILE.jsonl [--level strict] [--show N]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from router.privacy.rules import compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint
from tests.privacy.scorer import score


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
        total = score(rows, lambda payload, mint=mint: tokenize(payload, rules, {}, mint).event)
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
        for line in total.breaks[: options.show]:
            print("  broke", line)


if __name__ == "__main__":
    main()
