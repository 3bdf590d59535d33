"""Reads every migration as the SQL that Postgres will get: squawk for what blocks traffic, and our rule for tenants.

A table without forced row-level security and a policy shows one tenant's rows to another, and nobody notices. So a
migration that makes a table brings all three in the same file (design §5), or the table is listed here with its reason.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from alembic import command

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "alembic"

NO_TENANT = {
    "instance": "one row of the whole installation: switches and heartbeats, no tenant's data",
    "measures": "counts and times for /metrics: names, kinds and numbers, nobody's data",
    "challenges": "hashes of questions that were asked before anybody knows who answers",
    "throttle": "hashes of what was guessed at, before anybody knows whose it is",
}

SQUAWK_EXCLUDED = {
    "prefer-bigint-over-int": "revisions, positions and key versions count to thousands",
    "prefer-robust-stmts": "each migration is one transaction: it happens whole or not at all",
    "require-timeout-settings": "router.store.migrate sets lock_timeout for every migration",
}

NAME = r'(?:IF\s+NOT\s+EXISTS\s+|IF\s+EXISTS\s+)?(?:ONLY\s+)?("?\w+"?(?:\."?\w+"?)?)'
CREATED = re.compile(rf"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+{NAME}", re.IGNORECASE)
ENABLED = re.compile(rf"\bALTER\s+TABLE\s+{NAME}\s+ENABLE\s+ROW\s+LEVEL\s+SECURITY", re.IGNORECASE)
FORCED = re.compile(rf"\bALTER\s+TABLE\s+{NAME}\s+FORCE\s+ROW\s+LEVEL\s+SECURITY", re.IGNORECASE)
POLICY = re.compile(r'\bCREATE\s+POLICY\s+"?\w+"?\s+ON\s+("?\w+"?(?:\."?\w+"?)?)', re.IGNORECASE)
ALEMBICS_OWN = re.compile(r"CREATE TABLE alembic_version \(.*?\);", re.DOTALL)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def unprotected(statements: str) -> list[str]:
    """For each table that this SQL makes and does not close off by tenant, one sentence that says what is missing."""
    text = COMMENT.sub("", statements)

    def names(pattern: re.Pattern[str]) -> set[str]:
        return {found.replace('"', "").lower().removeprefix("public.") for found in pattern.findall(text)}

    wanted = {"ENABLE ROW LEVEL SECURITY": ENABLED, "FORCE ROW LEVEL SECURITY": FORCED, "CREATE POLICY": POLICY}
    problems = []
    for table in sorted(names(CREATED) - NO_TENANT.keys()):
        missing = [words for words, pattern in wanted.items() if table not in names(pattern)]
        if missing:
            problems.append(f"table {table} has no {' and no '.join(missing)}: one tenant could see another's rows")
    return problems


def offline_sql(revision: Script) -> str:
    """What this one migration sends to Postgres."""
    out = io.StringIO()
    config = Config(output_buffer=out)
    config.set_main_option("script_location", str(SCRIPTS))
    command.upgrade(config, f"{revision.down_revision or 'base'}:{revision.revision}", sql=True)
    return ALEMBICS_OWN.sub("", out.getvalue())


def blocking(statements: str, name: str) -> str:
    """What squawk finds that would block traffic or break a running release; empty when it finds nothing."""
    program = str(Path(sys.executable).parent / "squawk")
    options = [f"--exclude={','.join(SQUAWK_EXCLUDED)}", "--pg-version=15", f"--stdin-filepath={name}"]
    done = subprocess.run([program, *options], input=statements, text=True, check=False, capture_output=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main() -> int:
    """0 when every migration is in order."""
    fine = True
    revisions = list(ScriptDirectory(str(SCRIPTS)).walk_revisions())
    for revision in reversed(revisions):
        statements = offline_sql(revision)
        name = Path(revision.path).name
        found = [f"{name}: {problem}" for problem in unprotected(statements)]
        if words := blocking(statements, f"{name}.sql"):
            found.append(words)
        for line in found:
            print(line)
        fine = fine and not found
    print(f"{len(revisions)} migration{'' if len(revisions) == 1 else 's'} read")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
