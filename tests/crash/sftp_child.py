"""The daemon's work with a partner's SFTP server, in a process of its own that kills itself at a named step.

    python -m tests.crash.sftp_child FOLDER SETTINGS [STEP before|after NUMBER]

STEP is a request to the partner's server (scan, stat, fetch, remove, rename, put) or a commit point of the ledger.
SETTINGS is the channel as JSON. One order goes out, and the partner's files come in.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from gateway import clock
from gateway.ledger import migrate
from gateway.ports import Submission
from gateway.secrets import Secrets
from gateway.transports.sftp import PolledMailbox, SftpPoller, SftpSession, SftpSink
from tests.crash.child import Dying
from tests.flow.world import World, order_released

REQUESTS = ("scan", "stat", "fetch", "remove", "rename", "put")


def doom(step: str, when: str, number: int) -> None:
    """Let the process end at one request of its sessions."""
    original, seen = getattr(SftpSession, step), 0

    def due(now: str) -> None:
        if now == when and seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    async def request(*arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        due("before")
        result = await original(*arguments)
        due("after")
        return result

    async def listing(*arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        due("before")
        async for entry in original(*arguments):
            yield entry
        due("after")

    setattr(SftpSession, step, listing if step == "scan" else request)


async def work(folder: Path, settings: PolledMailbox, rest: list[str]) -> None:
    ledger = Dying(f"sqlite:///{folder / 'ledger.db'}", exclusive=True)
    migrate.upgrade(ledger)
    if rest and rest[0] in REQUESTS:
        doom(rest[0], rest[1], int(rest[2]))
    elif rest:
        ledger.doom = (rest[0], rest[1], int(rest[2]))
    world = World.make(ledger)
    world.time = clock.now()
    world.flow.sinks = {**world.flow.sinks, "acme/inbox": SftpSink(settings, Secrets(folder))}
    if not await world.flow.recall("odoo-main"):
        order = Submission(order_released("P1"), "acme", "odoo-main", "purchase.order,1")
        await world.flow.submit("odoo-main", [order], {"cursor": "1"})
    await world.settle()
    await SftpPoller("acme/inbox", settings, Secrets(folder)).poll(world.flow)
    ledger.close()


def main() -> None:
    folder, settings, *rest = sys.argv[1:]
    asyncio.run(work(Path(folder), PolledMailbox.model_validate(json.loads(settings)), rest))


if __name__ == "__main__":
    main()
