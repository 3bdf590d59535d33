"""`alertveil reveal`: a named person sees what stands behind tokens of one incident, for a reason that is kept."""

from __future__ import annotations

from typing import Annotated

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json, Slug


def add(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command("reveal")(reveal)


def reveal(
    *,
    incident: Annotated[str, typer.Option(metavar="ID", help="The incident that the tokens came with.")],
    token: Annotated[list[str], typer.Option(metavar="TOKEN", help="May be given several times; one grant for all.")],
    reason: Annotated[
        str,
        typer.Option(
            metavar="R",
            help="triage, treatment, patient-request, privacy-investigation, legal or other, or a text, or both as "
            "'triage: text'. Never a patient's data.",
        ),
    ],
    tenant: Slug = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Show what stands behind tokens. Every attempt is recorded, the refused ones too."""
    from router import settings
    from router.core.reveal import Proof
    from router.flow import reveal as flow
    from router.flow.snapshot import Snapshots

    if as_ is None:
        raise Refused("A reveal is a person's: say whose with --as EMAIL.", 2)
    config = settings.read()
    with reach.runtime() as runtime:
        tenant_id = reach.tenant(runtime, tenant)
        with runtime.database.tenant(tenant_id) as session:
            incident_id = reach.incident(session, incident)
        proof = Proof("host", reach.host(), host_allowed=config.host_may_stand_in)
        ask = flow.Ask(tenant_id, incident_id, token, reason, as_, proof)
        try:
            shown = flow.reveal(runtime, Snapshots(), runtime.broker.ring, ask)
        except (flow.NotAToken, flow.NoReason) as error:
            raise Refused(str(error), 2) from None
    if as_json:
        say.line(
            {
                "id": shown.grant_id,
                "values": [{"token": each.token, "type": each.kind, "value": each.value} for each in shown.opened],
                "gone": list(shown.gone),
            }
        )
        return
    say.table(
        ("token", "type", "value"),
        [(each.token, each.kind, each.value) for each in shown.opened],
        nothing="Nothing is left to show.",
    )
    for each in shown.gone:
        say.text(f"{each}: its value was removed when its retention ended.")
    say.text(f"Recorded as grant {shown.grant_id}.")
