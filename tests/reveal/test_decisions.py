"""What is decided without a database: reasons, unusual rates, spellings, and when a shell may stand in for a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router import settings
from router.core.reveal import REASONS, Counts, parse_reason, spelled, unusual
from router.privacy import shapes
from router.privacy.spellings import spellings
from router.privacy.tokens import KINDS


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts(20, 20, 0.0, 0), None),
        (Counts(21, 21, 0.0, 0), "21 tokens in one hour, where 0.0 a day are usual"),
        (Counts(30, 30, 10.0, 0), None),
        (Counts(31, 31, 10.0, 0), "31 tokens in one hour, where 10.0 a day are usual"),
        (Counts(5, 50, 0.0, 0), None),
        (Counts(5, 51, 0.0, 0), "51 tokens in one day, where 0.0 are usual"),
        (Counts(5, 51, 17.0, 0), None),
        (Counts(0, 0, 0.0, 4), None),
        (Counts(0, 0, 9.0, 5), "5 denied attempts in one hour"),
    ],
)
def test_a_rate_is_unusual_above_a_floor_and_three_times_the_persons_own(counts: Counts, said: str | None) -> None:
    assert unusual(counts) == said


@given(st.text(max_size=80))
def test_every_text_is_a_reason_of_the_list_or_is_refused(text: str) -> None:
    if text.strip().casefold() in {"", "other", "other:"}:
        with pytest.raises(ValueError, match="A reason is needed"):
            parse_reason(text)
        return
    code, said = parse_reason(text)
    assert code in REASONS
    assert said in text


def test_tokens_are_taken_with_and_without_brackets_each_once() -> None:
    token = "<EMAIL_7K2M4QXW9R>"
    assert spelled([token, "EMAIL_7K2M4QXW9R", f" {token} "]) == [token]


@given(st.text(min_size=1, max_size=60), st.sampled_from(sorted(set(KINDS) - {"SECRET"})))
def test_whatever_a_value_was_sealed_as_is_among_what_is_looked_up(value: str, kind: str) -> None:
    typed = " ".join(value.split())
    sealed = shapes.normal(kind, typed)
    found = {(each.kind, each.normal) for each in spellings(value)}
    assert not sealed or (kind, sealed) in found
    assert not any(each.kind == "SECRET" for each in spellings(value))


@pytest.mark.parametrize(
    ("asked", "sealed", "kind"),
    [
        ("Quackenbush, Zebulon", "zebulon quackenbush", "PERSON"),
        ("Zebulon Quackenbush", "quackenbush^zebulon", "PERSON"),
        ("Zebulon M. Quackenbush", "zebulon quackenbush", "PERSON"),
        ("MRN 77341902", "77341902", "MRN"),
        ("00774411", "774411", "MRN"),
        ("3 Feb 1980", "1980-02-03", "DOB"),
        ("1980-02-03", "2/3/1980", "DOB"),
        ("1980-02-03", "february 3, 1980", "DATE"),
        ("+1 (415) 555-0142", "4155550142", "PHONE"),
    ],
)
def test_a_spelling_leads_to_the_others(asked: str, sealed: str, kind: str) -> None:
    assert (kind, sealed) in {(each.kind, each.normal) for each in spellings(asked)}


def test_one_word_of_a_name_is_only_a_part_of_it() -> None:
    parts = {each.normal: each.part for each in spellings("Zebulon Quackenbush") if each.kind == "PERSON"}
    assert (parts["zebulon"], parts["quackenbush"], parts["zebulon quackenbush"]) == (0, 1, -1)
    assert all(each.part < 0 for each in spellings("Zebulon"))


def test_a_shell_stands_in_for_a_person_only_where_no_database_is_named_or_it_was_switched_on(tmp_path: Path) -> None:
    run = {"database_url": "postgresql://app@localhost/alertveil", "redis_url": "redis://localhost:6379/0"}
    (tmp_path / "run.json").write_text(json.dumps(run))
    embedded = {"ALERTVEIL_DATA_DIR": str(tmp_path)}
    named = embedded | {"ALERTVEIL_DATABASE_URL": run["database_url"]}
    assert settings.read(embedded).host_may_stand_in
    assert not settings.read(named).host_may_stand_in
    assert settings.read(named | {"ALERTVEIL_HOST_APPROVALS": "on"}).host_may_stand_in
    assert not settings.read(
        {**embedded, "ALERTVEIL_DATABASE_URL_FILE": str(_file(tmp_path, run["database_url"]))}
    ).host_may_stand_in


def _file(folder: Path, text: str) -> Path:
    (folder / "url").write_text(text)
    return folder / "url"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql:///alertveil?host=/run/postgresql", "does not leave the host"),
        ("postgresql://db.clinic.test/alertveil?sslmode=verify-full", "TLS, the certificate verified against the name"),
        ("postgresql://db.clinic.test/alertveil", "NOT VERIFIED: it may be in the clear"),
    ],
)
def test_the_evidence_says_how_a_hop_is_protected_and_not_where_it_leads(url: str, said: str) -> None:
    read = settings.read({"ALERTVEIL_DATABASE_URL": url, "ALERTVEIL_INSECURE_TRANSPORT": "on"})
    told = dict(settings.hops(read))
    assert told["to the database"] == said
    assert told["refusal of unencrypted hops"].startswith("SWITCHED OFF")
    assert "clinic.test" not in str(told)
