"""The migration lint sees what it is there to see."""

from __future__ import annotations

import pytest

from tools.lint_migrations import blocking, unprotected

TABLE = "CREATE TABLE notes (tenant_id uuid NOT NULL, body text NOT NULL);\n"
CLOSED = (
    "ALTER TABLE notes ENABLE ROW LEVEL SECURITY;\n"
    "ALTER TABLE notes FORCE ROW LEVEL SECURITY;\n"
    "CREATE POLICY tenant ON notes USING (tenant_id = '00000000-0000-0000-0000-000000000000');\n"
)


def test_a_table_that_brings_its_policy_passes() -> None:
    assert unprotected(TABLE + CLOSED) == []


@pytest.mark.parametrize("line", CLOSED.splitlines())
def test_each_missing_line_is_named(line: str) -> None:
    (problem,) = unprotected(TABLE + CLOSED.replace(line, ""))
    assert problem.startswith("table notes has no ")
    assert " and " not in problem


def test_a_policy_in_a_comment_does_not_count() -> None:
    (problem,) = unprotected(TABLE + CLOSED.replace("CREATE POLICY", "-- CREATE POLICY"))
    assert "CREATE POLICY" in problem


def test_another_schemas_table_of_the_same_name_is_another_table() -> None:
    (problem,) = unprotected("CREATE TABLE vault.notes (tenant_id uuid);\n" + TABLE + CLOSED)
    assert problem.startswith("table vault.notes ")


def test_a_statement_that_blocks_writers_is_found() -> None:
    assert "require-concurrent-index-creation" in blocking("CREATE INDEX body ON notes (body);", "plant.sql")
