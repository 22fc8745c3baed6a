"""The `edi` command: the library on files and pipes.

`-` is standard input, `--json` prints for machines. Exit codes: 0 fine, 1 the document or map has faults, 2 wrong
usage.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn

import typer

import edi
from edi.mapping import load_map

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="X12 and EDIFACT.")
maps = typer.Typer(no_args_is_help=True, help="Maps: lint, show, test.")
app.add_typer(maps, name="map")

File = Annotated[str, typer.Argument(help="A file, or - for standard input.")]
Partner = Annotated[Path | None, typer.Option("--partner", help="The partner's folder.")]
Test = Annotated[bool, typer.Option("--test", help="As the test environment: test documents are expected.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def inspect(file: File, as_json: AsJson = False) -> None:
    """What is in a file: one line per interchange, group and message. Exit 1 if an envelope is wrong."""
    with opened(file) as source:
        overview = edi.inspect(source)
    typer.echo(as_line(overview.to_json()) if as_json else str(overview))
    faults = [*overview.faults, *(fault for one in overview.interchanges for fault in one.faults)]
    raise typer.Exit(1 if any(fault.severity in ("reject", "error") for fault in faults) else 0)


@app.command()
def validate(file: File, partner: Partner = None, test: Test = False, as_json: AsJson = False) -> None:
    """Check every set: one fault a line, then the verdicts. Exit 1 if any set is rejected."""
    verdicts, refused = [], False
    with opened(file) as source:
        for result in edi.translate_each(source, profile(partner, test)):
            for fault in (*result.faults, *result.outside):
                refused = refused or fault.severity == "reject"
                typer.echo(as_line(fault.to_json()) if as_json else f"{fault.severity}: {fault.message}")
            if result.message is not None:
                message = result.message
                verdicts.append({"type": message.type, "control": message.control, "verdict": result.verdict})
    if as_json:
        typer.echo(as_line({"messages": verdicts}))
    else:
        for verdict in verdicts:
            typer.echo(f"{verdict['type']} {verdict['control']}: {verdict['verdict'].replace('_', ' ')}")
    refused = refused or any(verdict["verdict"] == "rejected" for verdict in verdicts)
    raise typer.Exit(1 if refused or not verdicts else 0)


@app.command()
def read(file: File, partner: Partner = None, test: Test = False) -> None:
    """Canonical events, one CloudEvents JSON object a line; faults go to standard error."""
    refused = False
    with opened(file) as source:
        for result in edi.translate_each(source, profile(partner, test)):
            for fault in (*result.faults, *result.outside):
                refused = refused or fault.severity == "reject"
                typer.echo(f"{fault.severity}: {fault.message}", err=True)
            if result.event is not None:
                typer.echo(as_line(result.event.to_json()))
    raise typer.Exit(1 if refused else 0)


@app.command()
def write(
    file: File,
    partner: Annotated[Path, typer.Option("--partner", help="The partner's folder.")],
    control: Annotated[int, typer.Option(help="The control number to use.")] = 1,
    test: Test = False,
    at: Annotated[str, typer.Option(help="Date and time of the envelope, ISO 8601; default now.")] = "",
) -> None:
    """Write an event (JSON) as the partner's interchange, on standard output."""
    try:
        with opened(file) as source:
            event = edi.event_from_json(json.loads(source.read()))
        moment = dt.datetime.fromisoformat(at) if at else dt.datetime.now(dt.UTC)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        data = edi.render(event, profile(partner, test), edi.Numbers(control, control), moment)
    except (edi.RenderError, edi.EventError) as error:
        fail(str(error))
    except ValueError as error:
        fail(f"{file}: {error}", 2)
    write_bytes(data)


@app.command()
def ack(file: File, partner: Partner = None, test: Test = False) -> None:
    """The functional acknowledgement(s) of a file, on standard output. Exit 1 if they refuse anything."""
    with opened(file) as source:
        translation = edi.translate(source, profile(partner, test))
    for data in translation.acks:
        write_bytes(data)
    if not translation.acks:
        typer.echo("nothing in this file is acknowledged", err=True)
    raise typer.Exit(1 if any(fault.severity == "reject" for fault in translation.faults) else 0)


@app.command()
def explain(file: File, partner: Partner = None) -> None:
    """The document with every segment, element and code in words."""
    with opened(file) as source:
        typer.echo(edi.explain(source.read(), profile(partner) if partner else None), nl=False)


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


def profile(partner: Path | None, test: bool = False) -> edi.Profile:
    if partner is None:
        return edi.default_profile()
    return edi.load_profile(partner, "test" if test else "prod")


def as_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115  (what the caller does with it has errors of its own)
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    with source:
        yield source


def write_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def fail(sentence: str, code: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Run the command. A profile, map or folder that cannot be used is wrong usage: a sentence and exit code 2."""
    try:
        app()
    except edi.EdiError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
