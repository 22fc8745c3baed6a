"""`gateway cert`: certificates of AS2, ours and our partners', and everything else that ends."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import calendar, certificate_files, certificates, clock, rollover
from gateway.certificate_files import FileRefused
from gateway.cli.instance import DEFAULT, AsJson, Config, fail, load
from gateway.config import Configuration
from gateway.secrets import SecretError
from gateway.transports.as2.cms_read import fingerprint

app = typer.Typer(no_args_is_help=True, help="Certificates of AS2, and everything else that ends.")

Partner = Annotated[str, typer.Argument(help="The partner's id: the name of its folder.")]
Channel = Annotated[str, typer.Option(help="The AS2 channel; needed only if there are several.")]
KEYS = Path("keys")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name for the files and in the certificate.")],
    folder: Annotated[Path, typer.Option(help="Where the two files go.")] = KEYS,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 1095,
) -> None:
    """Make a key and a certificate of our own; send the certificate to the partner."""
    try:
        certificate, key = certificates.new(name, folder, days, clock.now())
    except (OSError, ValueError) as error:
        fail(str(error))
    typer.echo(f"{certificate}: the certificate, for the partner")
    typer.echo(f"{key}: its private key; it stays here")


@app.command("list")
def list_(path: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Certificates, host keys, login keys: whose, until when, fingerprint. Exit 1 if one has ended or soon will."""
    try:
        found = list(calendar.entries(load(path), clock.now()))
    except (SecretError, ValueError) as error:
        fail(str(error))
    for entry in found:
        what = entry.what
        if as_json:
            values = {"channel": entry.place, **dataclasses.asdict(what), "days": entry.days, "advice": entry.advice}
            typer.echo(json.dumps(values, default=dt.datetime.isoformat))
            continue
        until = f"{what.until:%Y-%m-%d}" if what.until else "no end"
        head = f"{entry.place}  {what.kind:15}  {what.whose:6}  {until:10}"
        used = f"(since {what.use})" if what.use else ""
        typer.echo("  ".join(text for text in (head, what.subject, what.fingerprint, used) if text))
        if entry.advice:
            typer.echo(f"  {entry.advice}")
    raise typer.Exit(1 if any(entry.advice for entry in found) else 0)


@app.command("import")
def import_(
    partner: Partner,
    file: Annotated[Path, typer.Argument(help="What the partner sent: PEM, DER, PKCS#7 (.p7b) or PKCS#12 (.p12).")],
    since: Annotated[
        str, typer.Option(help="From which day we encrypt for it, or `signed`: when the partner first signs with it.")
    ] = "",
    password: Annotated[str, typer.Option(help="Of a PKCS#12 file, by reference: env:NAME or file:PATH.")] = "",
    channel: Channel = "",
    path: Config = DEFAULT,
) -> None:
    """Check and keep a partner's certificate, and print the lines for its file."""
    configuration = load(path)
    place = _place(configuration, partner, channel)
    if password and not password.startswith(("env:", "file:")):
        fail("--password is a reference: env:NAME or file:PATH")
    try:
        day = rollover.day(since, signed=True)
        secret = configuration.secrets(password) if password else None
        taken = rollover.take(configuration, place, file.read_bytes(), secret, clock.now())
    except (FileRefused, SecretError, OSError, ValueError) as error:
        fail(f"{file}: {error}")
    typer.echo(f"kept as {taken.path}")
    _tell(taken.certificate)
    for note in taken.notes:
        typer.echo(f"  note: {note}")
    typer.echo("Compare the fingerprint with the partner by another way than the one the file came.")
    _print_lines(configuration, [place], "partner.certificates", rollover.line(configuration, taken.path, since=day))


@app.command("rotate")
def rotate(
    partner: Partner,
    since: Annotated[str, typer.Option(help="The day from which we sign with the new one, as agreed: 2027-02-01.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the new one is good.")] = 1095,
    channel: Channel = "",
    path: Config = DEFAULT,
) -> None:
    """Make our next key and certificate beside the present one, and say what to send to whom."""
    configuration = load(path)
    place = _place(configuration, partner, channel)
    now = clock.now()
    try:
        day = rollover.day(since)
        if not isinstance(day, dt.date) or day <= now.date():
            fail(f"--since {since}: partners need time for the change; name a day that comes")
        turn = rollover.turn(configuration, place, day, days, now)
    except (OSError, ValueError, SecretError) as error:
        fail(str(error))
    typer.echo(f"{turn.certificate}: the new certificate; {turn.key}: its private key, which stays here")
    _tell(turn.made)
    if turn.present_ends is not None and turn.present_ends.date() <= day:
        typer.echo(f"  note: the present one ends on {turn.present_ends:%Y-%m-%d}, before {day}: name an earlier day")
    names = ", ".join(sorted({each.partner.file.name or each.partner.id for each in turn.places}))
    typer.echo(f"1. Send {turn.certificate} to {names}. Ask them, from now on, to accept our signatures by both,")
    typer.echo(f"   and to encrypt for the new one from {day}; they may begin earlier.")
    typer.echo("2. Put it beside the present one now: we decrypt with both, and sign with the new one from that day.")
    _print_lines(
        configuration,
        turn.places,
        "us.keys",
        rollover.line(configuration, turn.certificate, key=turn.key, since=day),
    )
    typer.echo("3. gateway check, then send the daemon SIGHUP.")
    typer.echo("4. Take the old one out when no partner encrypts for it any more.")


@app.command("export")
def export(
    partner: Partner,
    form: Annotated[str, typer.Option("--form", help="pem, der or p7b.")] = "pem",
    to: Annotated[Path, typer.Option("--to", help="The folder to write to.")] = Path(),
    channel: Channel = "",
    path: Config = DEFAULT,
) -> None:
    """Write our certificates, present and next, for a partner. No private key leaves."""
    if form not in ("pem", "der", "p7b"):
        raise typer.BadParameter(f"{form!r} is none of pem, der, p7b", param_hint="--form")
    configuration = load(path)
    place = _place(configuration, partner, channel)
    now = clock.now()
    try:
        ours = [one for one in rollover.ours(configuration, place) if one.not_valid_after_utc > now]
        if not ours:
            fail(f"{place.mailbox}: none of our certificates is in force; `gateway cert rotate {partner}` makes one")
        for name, group in rollover.exported(place, ours, form):
            target = to / name
            with target.open("xb") as out:
                out.write(certificate_files.written(group, form))  # type: ignore[arg-type]  # checked above
            typer.echo(f"{target}: for {place.partner.file.name or partner}")
            for one in group:
                _tell(one)
    except (OSError, ValueError, SecretError) as error:
        fail(str(error))


def _place(configuration: Configuration, partner: str, channel: str) -> rollover.Place:
    try:
        return rollover.find(configuration, partner, channel)
    except ValueError as error:
        fail(str(error))


def _tell(certificate: Any) -> None:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    typer.echo(f"  {certificate.subject.rfc4514_string()}")
    typer.echo(f"  SHA-256 {fingerprint(certificate)}")
    typer.echo(f"  good from {since:%Y-%m-%d} to {until:%Y-%m-%d}")


def _print_lines(configuration: Configuration, places: list[rollover.Place], key: str, line: str) -> None:
    """Where a line goes; files are left to their owners, with their comments."""
    for place in places:
        where = place.partner.folder / "partner.yaml"
        typer.echo(f"Add to {where}, channel {place.channel}, as one more entry of {key}:")
        typer.echo(f"      - {line}")
        typer.echo(f"   (in a list that is written in brackets: [..., {line}])")
