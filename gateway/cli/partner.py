"""`gateway partner`: commands about one trading partner."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway import clock, examination, sheet
from gateway.cli.instance import DEFAULT, AsJson, Config, fail, load
from gateway.config import Configuration
from gateway.partners import Partner
from gateway.secrets import SecretError
from gateway.transports.trial import Step
from gateway.units import seconds

app = typer.Typer(no_args_is_help=True, help="A trading partner.")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The partner: the name of its folder.")],
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    send_test: Annotated[bool, typer.Option("--send-test", help="AS2: send a test message and judge its MDN.")] = False,
    timeout: Annotated[str, typer.Option(help="The longest wait for one step.")] = "10s",
    path: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Try each channel step by step, and say which step fails, why, and what to do. Exit 1 if one does."""
    configuration, found = _known(path, name)
    if (channel and channel not in found.channels) or not found.channels:
        fail(f"partner {name} has no channel {channel}".rstrip() + f"; it has {', '.join(found.channels) or 'none'}")
    try:
        patience = seconds(timeout)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--timeout") from None
    title = ""

    def tell(channel: str, step: Step) -> None:
        nonlocal title
        if as_json:
            typer.echo(
                json.dumps({"channel": f"{name}/{channel}", "ok": step.fine, **asdict(step)}, ensure_ascii=False)
            )
            return
        if channel != title:
            typer.echo(f"{name}/{channel} ({found.channels[channel].kind})")
            title = channel
        typer.echo("\n".join(lines(step)))

    fine = asyncio.run(
        examination.examine(configuration, found, tell, channel=channel, patience=patience, send_test=send_test)
    )
    raise typer.Exit(0 if fine else 1)


@app.command("sheet")
def sheet_(
    name: Annotated[str, typer.Argument(help="The partner: the name of its folder.")],
    html: Annotated[Path | None, typer.Option(help="Write one HTML page to this file instead.")] = None,
    host: Annotated[str, typer.Option(help="Our name as the partner reaches us; else as the listeners have it.")] = "",
    path: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Everything a partner needs to connect: names, addresses, certificates, host keys, algorithms, documents."""
    configuration, found = _known(path, name)
    now, title = clock.now(), found.file.name or found.id
    try:
        parts = sheet.parts(configuration, found, host)
        if html is not None:
            html.write_text(sheet.page(title, parts, now), encoding="utf-8")
            typer.echo(f"{html}: the sheet of {title}")
            return
    except (SecretError, ValueError, OSError) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps([asdict(part) for part in parts], ensure_ascii=False, indent=2))
    else:
        typer.echo(sheet.text(title, parts, now), nl=False)


@app.command("token")
def token() -> None:
    """Make a token for HTTPS upload: one line for the partner, one for `tokens` in its file."""
    from gateway.transports.https import tokens

    made, digest = tokens.new()
    typer.echo(f"token, for the partner: {made}")
    typer.echo(f"hash, for its file:     {digest}")


def _known(path: Path, name: str) -> tuple[Configuration, Partner]:
    """The configuration and a partner of it; else the command ends with a sentence."""
    configuration = load(path)
    try:
        return configuration, configuration.book.named(name)
    except ValueError as error:
        fail(str(error))


def lines(step: Step) -> list[str]:
    """A step for people: one line, and three more when it failed."""
    took = f"{step.seconds * 1000:.0f} ms"
    first = f"  {'✓' if step.fine else '✗'} {step.name:<22} {took:>8}  {step.note or step.problem}".rstrip()
    parts = {"found": step.found, "expected": step.expected, "what to do": step.advice}
    return [first, *(f"      {head + ':':<12}{text}" for head, text in parts.items() if text)]
