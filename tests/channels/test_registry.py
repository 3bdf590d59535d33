"""The one list of ways out, and that nobody on it has skipped the exam."""

from __future__ import annotations

import importlib

import pytest

from channels.registry import CHANNELS
from tests.channels import exam


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_channel_sits_the_exam(kind: str) -> None:
    module = importlib.import_module(f"tests.channels.test_{kind}")
    assert issubclass(module.TestExam, exam.Exam)
    assert module.TestExam.table.spec is CHANNELS[kind]


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_channel_names_its_settings_for_people(kind: str) -> None:
    fields = {field for struct in [CHANNELS[kind].config] for field in struct.__struct_fields__}
    assert fields.isdisjoint(CHANNELS[kind].secrets)
    assert CHANNELS[kind].title
