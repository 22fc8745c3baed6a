"""`python -m gateway.cli` is the `gateway` command."""

from gateway.cli import main

main()
