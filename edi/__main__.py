"""The `edi` command: the library on files and pipes of any size.

`-` is standard input, `--json` prints for machines. Exit codes: 0 fine, 1 the document or map has faults, 2 wrong
usage. Reading, writing and the progress line: edi/terminal.py.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

import edi
from edi import inspection, schema_words, syntax, verdicts
from edi.explain import explain_each
from edi.map_command import Partner, maps
from edi.model import Item, Message
from edi.render import answer
from edi.schema import load_schema
from edi.terminal import Input, as_line, fail, opened

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="X12 and EDIFACT.")
app.add_typer(maps, name="map")

File = Annotated[str, typer.Argument(help="A file, or - for standard input.")]
Schemas = Annotated[
    list[Path] | None, typer.Option("--schemas", help="A folder of further schema files. May be given several times.")
]
Test = Annotated[bool, typer.Option("--test", help="As the test environment: test documents are expected.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def inspect(file: File, as_json: AsJson = False) -> None:
    """What is in a file: one line per interchange, group and message. Exit 1 if an envelope is wrong."""
    with opened(file) as source:
        items = _items(source)
        if as_json:
            source.say_pieces(inspection.json_pieces(items))
        else:
            for line in inspection.lines(items):
                source.say(line)
    raise typer.Exit(1 if source.severities & {"reject", "error"} else 0)


@app.command()
def validate(
    file: File, partner: Partner = None, schemas: Schemas = None, test: Test = False, as_json: AsJson = False
) -> None:
    """Check every document: what is wrong, one fault a line, and the verdicts. Exit 1 if anything is rejected."""
    used = profile(partner, test, schemas)
    with opened(file) as source:
        results = _results(source, used, verdicts_only=True)
        if as_json:
            source.say_pieces(verdicts.json_pieces(results))
        else:
            for line in verdicts.lines(results, used):
                source.say(line)
    raise typer.Exit(1 if "reject" in source.severities or not source.messages else 0)


@app.command()
def read(file: File, partner: Partner = None, schemas: Schemas = None, test: Test = False) -> None:
    """Canonical events, one CloudEvents JSON object a line; faults go to standard error."""
    with opened(file) as source:
        for result in _results(source, profile(partner, test, schemas)):
            for fault in (*result.faults, *result.outside):
                source.say(f"{fault.severity}: {fault.message}", err=True)
            if result.event is not None:
                source.say(as_line(result.event.to_json()))
    raise typer.Exit(1 if "reject" in source.severities else 0)


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
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


@app.command()
def ack(file: File, partner: Partner = None, schemas: Schemas = None, test: Test = False) -> None:
    """The functional acknowledgement(s) of a file, on standard output. Exit 1 if they refuse anything."""
    used = profile(partner, test, schemas)
    answered = False
    with opened(file) as source:
        for result in _results(source, used):
            for due in result.acks:
                answered = True
                source.say_bytes(answer(due, used))
    if not answered:
        typer.echo("nothing in this file is acknowledged", err=True)
    raise typer.Exit(1 if "reject" in source.severities else 0)


@app.command()
def explain(file: File, partner: Partner = None, schemas: Schemas = None) -> None:
    """The document with every segment, element and code in words."""
    used = profile(partner, schemas=schemas)
    with opened(file) as source:
        for line in explain_each(source.stream, used):
            source.say(line)


@app.command()
def schema(
    what: Annotated[str, typer.Argument(help="A document such as x12/004010/855, an event type, or: check")] = "",
    names: Annotated[
        list[str] | None, typer.Argument(help="A segment or element such as PO1 or PO103; after check: files, folders.")
    ] = None,
    schemas: Schemas = None,
    every: Annotated[bool, typer.Option("--list", help="All documents that have a schema.")] = False,
) -> None:
    """What a document may hold, as a tree; one segment or element of it; the JSON Schema of an event's data.

    `edi schema check FILE...` says what is wrong with schema files of your own, with file, line and column.
    """
    folders, names = profile(None, schemas=schemas).schemas, names or []
    if every:
        _print(schema_words.documents(folders))
    elif what == "check" and names:
        bad = False
        for good, sentence in schema_words.check([Path(name) for name in names], folders):
            bad = bad or not good
            typer.echo(sentence, err=not good)
        raise typer.Exit(1 if bad else 0)
    elif what in edi.TYPES and not names:
        typer.echo(json.dumps(edi.event_schema(what), indent=2))
    elif "/" in what:
        try:
            found = load_schema(what, folders)
            for name in names:
                _print(schema_words.place(found, name))
            if not names:
                _print(schema_words.layout(found))
        except edi.MapError as error:
            fail(str(error), 2)
    elif not what:
        fail("name a document such as x12/004010/855, an event type, or --list", 2)
    else:
        fail(f"{what!r} is no event type, and no document such as x12/004010/855; edi schema --list shows those", 2)


def profile(partner: Path | None, test: bool = False, schemas: list[Path] | None = None) -> edi.Profile:
    for folder in schemas or ():
        if not folder.is_dir():
            fail(f"{folder}: there is no such folder", 2)
    found = edi.load_profile(partner, "test" if test else "prod") if partner is not None else edi.default_profile()
    return dataclasses.replace(found, schemas=tuple(schemas or ()))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _items(source: Input) -> Iterator[Item]:
    """What the reader finds, counted."""
    for item in syntax.read(source.stream):
        source.count(item.faults, messages=isinstance(item, Message))
        yield item


def _results(source: Input, used: edi.Profile, *, verdicts_only: bool = False) -> Iterator[edi.Result]:
    """What becomes of the documents, counted."""
    for result in edi.translate_each(source.stream, used, verdicts_only=verdicts_only):
        source.count((*result.faults, *result.outside), messages=result.message is not None)
        yield result


def main() -> None:
    """Run the command. A profile, map or folder that cannot be used is wrong usage: a sentence and exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that has no such character is no reason to end
    try:
        app()
    except edi.EdiError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
