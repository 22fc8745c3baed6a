"""The `gateway` command. Each function is one command: it reads its arguments, calls one thing and prints.

Exit codes: 0 fine, 1 something is wrong that the text names, 2 wrong usage. `--json` prints for machines.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer

import edi
from gateway import log, scaffold, show
from gateway.cli import cert as of_cert
from gateway.cli import evidence as of_evidence
from gateway.cli import partner as of_partner
from gateway.cli.instance import DEFAULT, AsJson, Config, emit, fail, load, look, opened
from gateway.ledger import LedgerError
from gateway.secrets import SecretError

LEAST_PASSWORD = 12

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The supplier gateway."
)
exceptions = typer.Typer(no_args_is_help=True, help="What waits for a person.")
app.add_typer(exceptions, name="exceptions")
app.add_typer(of_cert.app, name="cert")
app.add_typer(of_partner.app, name="partner")
app.add_typer(of_evidence.app, name="evidence")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    partners: Annotated[Path | None, typer.Option(help="Copy partners from this folder.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the SFTP server; 0: a free one.")] = 2222,
) -> None:
    """Make a working instance in a new folder."""
    try:
        scaffold.init(folder, port=port, partners=partners)
    except OSError as error:
        fail(str(error))
    typer.echo(f"A new instance is in {folder}: gateway.yaml, partners/, keys/.")
    typer.echo(f"Next: gateway check --config {folder}/gateway.yaml, then gateway run --config {folder}/gateway.yaml")


@app.command()
def check(path: Config = DEFAULT) -> None:
    """Check configuration, partners, maps and secrets, with the code that `run` uses."""
    configuration = load(path, secrets=True)
    for partner in configuration.book:
        agreed = ", ".join(f"{a.document} ({a.direction})" for a in partner.file.agreements)
        typer.echo(f"partner {partner.id}: {partner.file.status}; {agreed or 'nothing agreed'}")
    typer.echo(
        f"{path}: fine; {len(configuration.book.partners)} partner(s), {len(configuration.destinations)} destination(s)"
    )


@app.command()
def run(
    path: Config = DEFAULT,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the ports here once everything is up.", hidden=True)
    ] = None,
) -> None:
    """Run the daemon. SIGTERM drains and ends it, SIGHUP reads partners and maps again."""
    from gateway import daemon

    log.configure()
    configuration = load(path, secrets=True)

    def up(running: daemon.Daemon) -> None:
        ports = {name: server.port for name, server in running.servers.items()}
        where = "; ".join(f"{name.upper()} on port {port}" for name, port in ports.items())
        typer.echo(f"gateway is up; {where}; stop it with Ctrl-C" if ports else "gateway is up")
        if ready_file is not None:
            partial = ready_file.with_suffix(".part")
            partial.write_text(json.dumps({"pid": os.getpid(), **ports}), encoding="utf-8")
            partial.replace(ready_file)

    try:
        asyncio.run(daemon.run(configuration, ready=up))
    except (LedgerError, daemon.DaemonError, edi.EdiError, SecretError, OSError) as error:
        fail(str(error))


@app.command()
def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep the instance in this new folder.")] = None,
    partners: Annotated[Path, typer.Option(help="The folder with the demo partners.")] = Path("partners"),
    scenario: Annotated[Path, typer.Option(help="What the demo does.")] = Path("samples/demo"),
) -> None:
    """Run the whole round trip on loopback with the sandbox, print what happened, and end."""
    from gateway.sandbox import demo as story

    raise typer.Exit(story.run(partners, scenario, keep))


@app.command()
def status(path: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Queues, what fails and why, overdue answers, what waits for a person."""
    emit(look(path, show.status), as_json, show.status_text)


@app.command()
def messages(
    number: Annotated[int | None, typer.Argument(help="A receipt's number.")] = None,
    path: Config = DEFAULT,
    partner: Annotated[str, typer.Option(help="Only this partner.")] = "",
    limit: int = 30,
    as_json: AsJson = False,
) -> None:
    """What came and what became of it; with a number, everything about one file."""
    if number is None:
        emit(look(path, lambda c: show.receipts(c, limit, partner)), as_json, show.receipts_text)
        return
    found = look(path, lambda c: show.receipt(c, number))
    if found is None:
        fail(f"there is no receipt {number}")
    emit(found, as_json, show.receipt_text)


@app.command()
def order(number: str, path: Config = DEFAULT, as_json: AsJson = False) -> None:
    """The timeline of a purchase order."""
    found = look(path, lambda c: show.order(c, number))
    if not found["milestones"]:
        fail(f"nothing is known of order {number}")
    emit(found, as_json, show.order_text)


@app.command()
def replay(number: Annotated[int, typer.Argument(help="A receipt's number.")], path: Config = DEFAULT) -> None:
    """Translate a received file once more, from its stored bytes. What was delivered is not delivered again."""
    from gateway import replay as again

    configuration = load(path)
    with opened(configuration.database) as ledger:
        made = asyncio.run(again.replay(ledger, number))
    if made is None:
        fail(f"there is no receipt {number}")
    typer.echo(f"receipt {number} is translated again as receipt {made}; the daemon takes it within seconds")


@app.command()
def password() -> None:
    """Ask for a password and print its hash, for `passwords` in a partner's file."""
    from gateway.transports import sftp

    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(typed) < LEAST_PASSWORD:
        fail(f"a password has at least {LEAST_PASSWORD} characters")
    typer.echo(sftp.hashed(typed))


@exceptions.command("list")
def exceptions_list(path: Config = DEFAULT, as_json: AsJson = False) -> None:
    """What waits for a person, oldest first."""
    emit(look(path, show.open_cases), as_json, show.cases_text)


@app.command()
def sandbox(
    seed: Annotated[Path, typer.Argument(help="A YAML file with the records to start with.")],
    port: int = 8069,
    version: Annotated[int, typer.Option(help="18 or 19")] = 18,
) -> None:
    """Run the sandbox Odoo alone, on loopback."""
    from gateway.sandbox import odoo

    odoo.main(["--port", str(port), "--version", str(version), "--seed", str(seed)])


def main() -> None:
    app()
