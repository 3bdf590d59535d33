"""Stretches of a text that become tokens, and which of two that overlap stays."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """[start, end) of the original text; `sure` is False for what only default deny takes."""

    start: int
    end: int
    kind: str
    rule: str
    sure: bool


def stronger(by_key: str, by_shape: str) -> str:
    """The kind of a value that has one by its key and one by its shape, so that both ways lead to one token."""
    if by_key in {"SECRET", "BIOMETRIC"}:
        return by_key
    if by_shape == "SSN":
        return "SSN" if by_key in {"PATIENT_ID", "IDENTIFIER", "USERNAME", "PERSON", "NATIONAL_ID", "WORD"} else by_key
    if by_shape in {"EMAIL", "IP", "SECRET"}:
        return by_shape
    if by_shape == "PHONE" and by_key in {"USERNAME", "PERSON", "IDENTIFIER"}:
        return "PHONE"
    return by_key


def settle(spans: list[Span]) -> list[Span]:
    """In order and without overlaps: the longer span keeps the place, the surer kind names it."""
    edge = -1
    for start, end, _, _, _ in spans:
        if start < edge or end <= start:
            break
        edge = end
    else:
        return spans
    spans.sort(key=lambda span: (span.start, -span.end, not span.sure))
    kept: list[Span] = []
    for span in spans:
        if span.end <= span.start:
            continue
        if kept and span.start < kept[-1].end:
            last = kept[-1]
            better = last if last.sure or not span.sure else span
            kept[-1] = Span(last.start, max(last.end, span.end), better.kind, better.rule, last.sure or span.sure)
        else:
            kept.append(span)
    return kept
