"""`gateway evidence`: AS2 messages with their receipts as bundles that others can check."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import clock, show
from gateway.cli.instance import DEFAULT, AsJson, Config, emit, fail, load, look, opened
from gateway.evidence import bundle, verify
from gateway.evidence.chain import Head
from gateway.evidence.sealing import Sealer, walked
from gateway.ledger.queries import evidence

app = typer.Typer(no_args_is_help=True, help="Bundles of evidence of AS2 messages and receipts.")


@app.command("list")
def list_(
    path: Config = DEFAULT,
    partner: Annotated[str, typer.Option(help="Only this partner.")] = "",
    limit: int = 30,
    as_json: AsJson = False,
) -> None:
    """The last AS2 messages, received and sent, and their places in the chain."""
    emit(look(path, lambda c: show.exchanges(c, limit, partner)), as_json, show.exchanges_text)


@app.command("chain")
def chain_(
    head: Annotated[str, typer.Option(help="A place of the chain from the gateway's log: NUMBER:DIGEST.")] = "",
    path: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain of this instance and say where it is broken. Exit 1 if it is."""
    configuration = load(path)
    try:
        place = Head.of(head) if head else None
    except ValueError as error:
        fail(str(error))
    with opened(configuration.database) as ledger:
        end, faults = asyncio.run(walked(ledger))
        row = asyncio.run(ledger.read(lambda c: evidence.link_at(c, place.number))) if place is not None else None
    if place is not None and (row is None or row.digest != place.digest):
        faults.append(f"link {place.number} is not the one the log had: {row.digest if row else 'there is none'}")
    if as_json:
        emit({"good": not faults, "head": str(end), "faults": faults}, as_json, str)
    else:
        for fault in faults:
            typer.echo(f"WRONG  {fault}")
        typer.echo(f"the chain ends with {end}" + ("; it holds from its beginning" if not faults else ""))
    raise typer.Exit(1 if faults else 0)


@app.command("export")
def export(
    which: Annotated[str, typer.Argument(metavar="ID", help="A Message-ID, or a number of `gateway evidence list`.")],
    to: Annotated[Path | None, typer.Option("--to", help="The zip to write; default: evidence-NUMBER.zip.")] = None,
    path: Config = DEFAULT,
) -> None:
    """Write one exchange as a zip: raw bytes, certificates, receipt, chain, and how to check them."""
    now = clock.now()

    def made(c: Any) -> tuple[int, dict[str, bytes]]:
        rows = evidence.found(c, which)
        if not rows:
            raise bundle.NoBundle(f"there is no AS2 message {which}; `gateway evidence list` shows the last ones")
        if len(rows) > 1:
            numbers = ", ".join(f"{row.id} ({row.state}, {row.at[:19]})" for row in rows)
            raise bundle.NoBundle(f"there are several of {which}: {numbers}; name one by its number")
        return rows[0].id, bundle.bundle(c, rows[0], now)

    configuration = load(path)
    with opened(configuration.database) as ledger:
        try:
            asyncio.run(Sealer(ledger).seal())
            number, files = asyncio.run(ledger.read(made))
            target = to or Path(f"evidence-{number}.zip")
            bundle.write(target, files)
        except (bundle.NoBundle, OSError) as error:
            fail(str(error))
    typer.echo(
        f"{target}: exchange {number}, {len(files)} files; `gateway evidence verify {target}` checks it anywhere"
    )


@app.command("verify")
def verify_(
    zip_: Annotated[Path, typer.Argument(metavar="ZIP", help="A bundle that `gateway evidence export` made.")],
    head: Annotated[str, typer.Option(help="A place of the chain from the gateway's log: NUMBER:DIGEST.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check a bundle: signatures, MIC, certificates, chain. Needs no configuration. Exit 1 if anything fails."""
    try:
        checks = verify.judge(zip_, Head.of(head) if head else None)
    except (verify.NotABundle, ValueError, OSError) as error:
        fail(str(error))
    good = all(check.good for check in checks)
    if as_json:
        emit({"good": good, "checks": [{"good": c.good, "sentence": c.sentence} for c in checks]}, as_json, str)
    else:
        for check in checks:
            typer.echo(f"{'good ' if check.good else 'WRONG'}  {check.sentence}")
        typer.echo(f"{zip_}: " + ("everything holds" if good else "this is no proof: see what is WRONG above"))
    raise typer.Exit(0 if good else 1)
