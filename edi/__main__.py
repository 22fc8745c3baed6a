"""The `edi` command: the library on files and pipes.

`-` is standard input, `--json` prints for machines. Exit codes: 0 fine, 1 the document or map has faults, 2 wrong
usage.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import edi
from edi.mapping import load_map

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="X12 and EDIFACT.")
maps = typer.Typer(no_args_is_help=True, help="Maps: lint, show, test.")
app.add_typer(maps, name="map")

File = Annotated[str, typer.Argument(help="A file, or - for standard input.")]
Partner = Annotated[Path | None, typer.Option("--partner", help="The partner's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def inspect(file: File, as_json: AsJson = False) -> None:
    """What is in a file: one line per interchange, group and message."""
    overview = edi.inspect(read_bytes(file))
    typer.echo(json.dumps(overview.to_json(), ensure_ascii=False) if as_json else str(overview))
    raise typer.Exit(1 if overview.to_json()["faults"] else 0)


@app.command()
def validate(file: File, partner: Partner = None, as_json: AsJson = False) -> None:
    """Check every set: one fault a line, then the verdicts. Exit 1 if any set is rejected."""
    translation = edi.translate(read_bytes(file), profile(partner))
    faults = [f for r in translation.results for f in (*r.faults, *r.outside)]
    for fault in faults:
        if as_json:
            typer.echo(json.dumps(fault.to_json(), ensure_ascii=False))
        else:
            typer.echo(f"{fault.severity}: {fault.message}")
    verdicts = [
        {"type": r.message.type, "control": r.message.control, "verdict": r.verdict}
        for r in translation.results
        if r.message is not None
    ]
    if as_json:
        typer.echo(json.dumps({"messages": verdicts}))
    else:
        for verdict in verdicts:
            typer.echo(f"{verdict['type']} {verdict['control']}: {verdict['verdict'].replace('_', ' ')}")
    refused = any(v["verdict"] == "rejected" for v in verdicts) or any(f.severity == "reject" for f in faults)
    raise typer.Exit(1 if refused or not verdicts else 0)


@app.command()
def read(file: File, partner: Partner = None) -> None:
    """Canonical events, one CloudEvents JSON object a line; faults go to standard error."""
    translation = edi.translate(read_bytes(file), profile(partner))
    for event in translation.events:
        typer.echo(json.dumps(event.to_json(), ensure_ascii=False))
    for fault in translation.faults:
        typer.echo(f"{fault.severity}: {fault.message}", err=True)
    raise typer.Exit(1 if any(r.verdict == "rejected" for r in translation.results) else 0)


@app.command()
def write(
    file: File,
    partner: Annotated[Path, typer.Option("--partner", help="The partner's folder.")],
    control: Annotated[int, typer.Option(help="The control number to use.")] = 1,
    at: Annotated[str, typer.Option(help="Date and time of the envelope, ISO 8601; default now.")] = "",
) -> None:
    """Write an event (JSON) as the partner's interchange, on standard output."""
    try:
        event = edi.event_from_json(json.loads(read_bytes(file)))
        moment = dt.datetime.fromisoformat(at) if at else dt.datetime.now(dt.UTC)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        data = edi.render(event, profile(partner), edi.Numbers(control, control), moment)
    except (edi.RenderError, edi.EventError) as error:
        fail(str(error))
    except ValueError as error:
        fail(f"{file}: {error}", 2)
    write_bytes(data)


@app.command()
def ack(file: File, partner: Partner = None) -> None:
    """The functional acknowledgement(s) of a file, on standard output."""
    translation = edi.translate(read_bytes(file), profile(partner))
    for data in translation.acks:
        write_bytes(data)
    if not translation.acks:
        typer.echo("nothing in this file is acknowledged", err=True)
    raise typer.Exit(1 if any(r.verdict == "rejected" for r in translation.results) else 0)


@app.command()
def explain(file: File, partner: Partner = None) -> None:
    """The document with every segment, element and code in words."""
    typer.echo(edi.explain(read_bytes(file), profile(partner) if partner else None), nl=False)


@app.command()
def schema(event_type: Annotated[str, typer.Argument(help="Such as procurement.order.released.v1")]) -> None:
    """The JSON Schema of an event's data."""
    try:
        typer.echo(json.dumps(edi.event_schema(event_type), indent=2))
    except edi.EventError as error:
        fail(str(error), 2)


@maps.command()
def lint(references: list[str], partner: Partner = None) -> None:
    """Load maps with everything they extend; print what is wrong with file, line and column."""
    bad = 0
    for reference in references:
        try:
            found = load_map(reference, partner)
            typer.echo(f"{found.version}: fine")
        except edi.MapError as error:
            bad += 1
            typer.echo(str(error), err=True)
    raise typer.Exit(1 if bad else 0)


@maps.command()
def show(reference: str, partner: Partner = None) -> None:
    """The Python a map was compiled to."""
    try:
        typer.echo(load_map(reference, partner).source)
    except edi.MapError as error:
        fail(str(error))


def profile(partner: Path | None) -> edi.Profile:
    if partner is None:
        return edi.default_profile()
    try:
        return edi.load_profile(partner)
    except edi.EdiError as error:
        fail(str(error), 2)


def read_bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)


def write_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def fail(sentence: str, code: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
