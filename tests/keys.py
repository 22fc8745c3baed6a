"""Keys of the demo's partners for the instances that tests make; those of AS2 are made once a run."""

from __future__ import annotations

from pathlib import Path

from gateway.transports.sftp import generate_key
from tests.transports.as2.company import pem


def as2_keys(folder: Path, name: str, others: Path) -> None:
    """What an instance has of its AS2 partner: our certificate with its key, the partner's; its own go to `others`."""
    for owner, place in (("as2", folder / "keys"), (name, others)):
        for ending, kind in (("pem", "certificate"), ("key", "key")):
            (place / f"{owner}.{ending}").write_text(pem(owner)[kind], encoding="utf-8")
    (folder / "keys" / f"{name}.pem").write_text(pem(name)["certificate"], encoding="utf-8")


def demo_keys(folder: Path) -> None:
    """Everything the partner files of the repository refer to."""
    for name in ("acme", "bolt"):
        (folder / "keys" / f"{name}.pub").write_text(generate_key(name)[1], encoding="utf-8")
    as2_keys(folder, "nordwerk", folder / "keys")
