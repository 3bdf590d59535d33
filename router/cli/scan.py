"""`alertveil scan`: where PHI is in log files, and where source code would write it. Prints no value that it finds."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal

import typer

from router.cli import far, say
from router.cli.failure import Refused
from router.cli.reach import Json

FailOn = Literal["low", "medium", "high", "critical", "never"]


def add(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command("scan")(far.anywhere(scan))


def scan(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Log files, source files, folders of them.")],
    *,
    fail_on: Annotated[FailOn, typer.Option(help="Exit 1 when a finding is at least this bad.")] = "high",
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Leave these out; may repeat.")] = None,
    sarif: Annotated[Path | None, typer.Option(metavar="FILE", help="Write SARIF 2.1.0 too, for code hosts.")] = None,
    as_json: Json = False,
) -> None:
    """Score log files and source code (Python, JavaScript, TypeScript, Java, Kotlin) by what they give away."""
    from router.flow import scan as flow
    from router.privacy.risks import sarif as form
    from router.privacy.risks.risk import RULES, SEVERITIES

    try:
        found = flow.scan(paths, exclude or ())
    except FileNotFoundError as error:
        raise Refused(f"{error} is not there.", 2) from None
    if sarif is not None:
        import orjson

        document = form.document(found.risks, metadata.version("alertveil"))
        try:
            sarif.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        except OSError as error:
            raise Refused(f"{sarif} cannot be written: {(error.strerror or 'unknown error').lower()}.", 2) from None
    counts = {each: sum(risk.severity == each for risk in found.risks) for each in SEVERITIES}
    if as_json:
        say.line(
            {
                "files": found.files,
                "counts": counts,
                "cut": found.cut,
                "unread": [{"path": path, "why": why} for path, why in found.unread],
                "findings": [
                    {
                        "path": each.path,
                        "line": each.line,
                        "column": each.column,
                        "severity": each.severity,
                        "score": each.score,
                        "rule": each.rule,
                        "type": each.kind or None,
                        "what": each.what,
                        "hipaa": each.hipaa,
                        "advice": RULES[each.rule][1],
                    }
                    for each in found.risks
                ],
            }
        )
    else:
        for path, why in found.unread:
            say.aside(f"{path}: not looked at, {why}")
        say.table(
            ("risk", "score", "where", "rule", "rule of HIPAA", "what"),
            [
                (each.severity, each.score, f"{each.path}:{each.line}:{each.column}", each.rule, each.hipaa, each.what)
                for each in found.risks
            ],
            nothing="Nothing was found.",
        )
        told = ", ".join(f"{count} {name}" for name, count in reversed(counts.items()) if count)
        say.text(f"{found.files} files; {told or 'no findings'}{'; there are more' if found.cut else ''}.")
        for name in dict.fromkeys(each.rule for each in found.risks):
            say.text(f"{name}: {RULES[name][0]}. {RULES[name][1]}")
    floor = SEVERITIES.index(fail_on) if fail_on != "never" else len(SEVERITIES)
    if any(SEVERITIES.index(each.severity) >= floor for each in found.risks):
        raise typer.Exit(1)
