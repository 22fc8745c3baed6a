"""What commands share: their common options, the instance they work on, and how they end.

Not here: any command. Rule protected: whatever is wrong with an instance is one sentence and exit code 1.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

import edi
from gateway import config, show
from gateway.ledger import Ledger, LedgerError, migrate

T = TypeVar("T")

Config = Annotated[Path, typer.Option("--config", "-c", envvar="GATEWAY_CONFIG", help="The instance's gateway.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT = Path("gateway.yaml")


def load(path: Path, *, secrets: bool = False) -> config.Configuration:
    """The checked configuration, with `secrets` also what it refers to; else the command ends with the complaints."""
    try:
        configuration = config.load(path)
        if secrets:
            config.check_secrets(configuration)
    except (edi.EdiError, OSError) as error:
        fail(str(error))
    return configuration


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """The ledger of an instance, whether the daemon runs or not; else the command ends with a sentence."""
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        fail(f"there is no ledger yet ({url}); the daemon makes it when it first runs")
    with closing(Ledger(url)) as ledger:
        try:
            migrate.require(ledger)
        except LedgerError as error:
            fail(str(error))
        yield ledger


def look(path: Path, query: Callable[[Any], T]) -> T:
    """Run a read-only query on the instance's ledger."""
    try:
        file, _ = config.read_file(path)
    except (edi.EdiError, OSError) as error:
        fail(str(error))
    with opened(config.database_url(file.database, path.parent)) as ledger:
        return asyncio.run(ledger.read(query))


def emit(value: T, as_json: bool, text: Callable[[T], Any]) -> None:
    if as_json:
        typer.echo(json.dumps(value, indent=2, default=str))
    else:
        show.console().print(text(value))


def fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
