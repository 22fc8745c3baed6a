"""The command line of the sandbox: `python -m gateway.sandbox.odoo`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.sandbox.odoo.catalogue import VERSIONS
from gateway.sandbox.odoo.seed import SeedError
from gateway.sandbox.odoo.server import Settings, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped. Exit code 2: a seed file that cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m gateway.sandbox.odoo", description="A small server that answers as Odoo does."
    )
    parser.add_argument("--version", type=int, choices=VERSIONS, default=18, help="major version to answer as")
    parser.add_argument("--db", default="odoo", help="name of the database")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--port-file", type=Path, help="written once the socket listens")
    parser.add_argument("--seed", type=Path, help="YAML file of partners, products, users and orders")
    parser.add_argument("--state", type=Path, help="JSON file that keeps the records over a restart")
    chosen = parser.parse_args(arguments)
    try:
        asyncio.run(serve(Settings(**vars(chosen))))
    except SeedError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 0
    return 0
