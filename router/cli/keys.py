"""`alertveil keys`: the keys that everything sealed hangs on, who wraps them, and new ones under traffic."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli import reach, say
from router.cli.failure import Refused
from router.cli.reach import As, Json

if TYPE_CHECKING:
    from uuid import UUID

    from router.flow.keys import Rotated
    from router.runtime import Runtime

app = typer.Typer(
    help="The keys that seal what every tenant has, and the one that wraps them.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def init(*, as_json: Json = False) -> None:
    """Make the keystore file with one fresh key, unless there is one."""
    from router import settings
    from router.keys import init_file, is_file, open_keystore

    config = settings.read()
    if not is_file(config.keystore):
        raise Refused("ALERTVEIL_KEYSTORE names no file: make the key where it is kept.", 2)
    made = init_file(Path(config.keystore))
    current = open_keystore(config.keystore).current
    if as_json:
        say.line({"id": current, "made": made})
    elif made:
        say.text(f"Made {config.keystore}. Back it up apart from the database: without it nothing can be opened again.")
    else:
        say.text(f"{config.keystore} is there already and was left as it is.")


@app.command()
def status(*, as_json: Json = False) -> None:
    """Say which key wraps, and what keys each tenant has, destroyed ones included."""
    from router.flow import keys as flow

    with reach.runtime() as runtime:
        found = flow.status(runtime)
    if as_json:
        say.line(asdict(found))
        return
    say.text(f"Tenant keys are wrapped by {found.current}.")
    if found.behind:
        say.text(f"{found.behind} of them by an older key: `alertveil keys rotate --wrapping` wraps them anew.")
    say.table(
        ("tenant", "key", "version", "month", "made (UTC)", "destroyed (UTC)", "wrapped by"),
        [
            (
                tenant.tenant,
                key.purpose,
                key.version,
                key.epoch.strftime("%Y-%m"),
                key.created_at,
                key.shredded_at,
                key.wrapped_by,
            )
            for tenant in found.tenants
            for key in tenant.keys
        ],
        nothing="No tenant has keys yet; they are made with its configuration.",
    )


@app.command()
def rotate(
    *,
    wrapping: Annotated[bool, typer.Option("--wrapping", help="The key that wraps all others (the default).")] = False,
    data: Annotated[bool, typer.Option("--data", help="The keys that seal values and credentials.")] = False,
    index: Annotated[bool, typer.Option("--index", help="The key of the blind indexes.")] = False,
    tenant: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Whose data or index key; every tenant's without.")
    ] = None,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Make new keys while traffic goes on; whatever was sealed before still opens, and tokens stay as they are."""
    from router.flow import keys as flow

    if wrapping + data + index > 1:
        raise Refused("One of --wrapping, --data and --index at a time.", 2)
    if tenant is not None and not (data or index):
        raise Refused("The wrapping key is the whole installation's: --tenant goes with --data or --index.", 2)
    with reach.runtime() as runtime:
        actor, auth = _who(runtime, tenant, as_)
        if not (data or index):
            done = flow.rotate_wrapping(runtime, actor, auth)
            _tell_wrapping(done, as_json=as_json)
            return
        what = "data" if data else "index"
        rotated = [
            (slug, tenant_id, flow.rotate(runtime, tenant_id, "data" if data else "index", actor, auth))
            for slug, tenant_id in _tenants(runtime, tenant)
        ]
    if as_json:
        tenants = [{"id": id_, "tenant": slug, "version": int(done.key)} for slug, id_, done in rotated]
        say.line({"id": tenants[0]["id"] if tenants else None, "purpose": what, "tenants": tenants})
        return
    for slug, _, done in rotated:
        say.text(f"{slug}: the {what} key is version {done.key} now.")


@app.command()
def forget(
    name: Annotated[str, typer.Argument(metavar="KEY", help="A wrapping key of the keystore file, not the current.")],
    *,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Destroy an old wrapping key: backups of the database from its time never open again."""
    from router.flow import keys as flow

    with reach.runtime() as runtime:
        actor, auth = _who(runtime, None, as_)
        flow.forget(runtime, name, actor, auth)
    if as_json:
        say.line({"id": name})
    else:
        say.text(f"{name} is destroyed. Backups of the keystore file that hold it must end too.")


def _tell_wrapping(done: Rotated, *, as_json: bool) -> None:
    if as_json:
        say.line({"id": done.key, "purpose": "wrapping", "made": done.made, "tenants": done.tenants, "keys": done.keys})
        return
    say.text(f"{done.keys} keys of {done.tenants} tenants and of the audit are wrapped by {done.key} now.")
    say.text("The old one still opens backups; `alertveil keys forget` destroys it.")


def _tenants(runtime: Runtime, slug: str | None) -> list[tuple[str, UUID]]:
    """The tenant named, or every one that has keys and was not off-boarded."""
    from router.flow import keys as flow

    if slug is not None:
        return [(slug, reach.tenant(runtime, slug))]
    return [(each.tenant, each.id) for each in flow.status(runtime).tenants if each.index_version]


def _who(runtime: Runtime, slug: str | None, email: str | None) -> tuple[str, str]:
    """Who acts, and through what. What concerns every tenant needs the role in every one."""
    from router.flow import manage

    if email is None:
        return reach.host(), ""
    concerned = [reach.tenant(runtime, slug)] if slug else [each.id for each in manage.tenants(runtime)]
    if not concerned:
        raise Refused("There is no tenant yet whose user this could be.")
    for tenant_id in concerned:
        reach.acting(runtime, tenant_id, email, "keys")
    return email.strip().lower(), reach.host()
