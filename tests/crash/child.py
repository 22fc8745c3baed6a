"""A daemon's work in a process of its own that kills itself at a named commit point. Started by test_crash.py.

    python -m tests.crash.child FOLDER FILES [POINT WHEN NUMBER]

FILES is `few`, or `many`: a file that is stored in several transactions. WHEN is `before` or `after` the NUMBERth
commit at POINT. The peers are honest: a client uploads a file again as long as it has no positive answer, the poller
submits again from its stored cursor, and the business system knows a delivery by its id.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from gateway import intake
from gateway.ledger import Ledger, migrate
from gateway.ports import Arrival, Done, Outcome, Parcel, Submission
from tests.flow.world import Remembering, World, groups, isa, order_released, set_855

FILES = {
    "few": {
        "good.edi": isa([set_855(order="P1")], control=1),
        "mixed.edi": isa([set_855(1, order="P2"), set_855(2, order="P3", date="20261345")], control=2, sets=2),
    },
    "many": {"many.edi": groups(3)},
}
intake.SETS_PER_TRANSACTION = 2


class Dying(Ledger):
    """A ledger that kills its process before or after one commit."""

    doom: tuple[str, str, int] | None = None
    seen = 0

    async def write(self, work: Any, point: str = "") -> Any:
        hit = False
        if self.doom is not None and point == self.doom[0]:
            self.seen += 1
            hit = self.seen == self.doom[2]
        if hit and self.doom is not None and self.doom[1] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await super().write(work, point)
        if hit:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


class Books(Remembering):
    """A business system that writes each delivery once, on disk, and can say that it has it already."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    async def send(self, parcel: Parcel) -> Outcome:
        known = self.file.read_text().splitlines() if self.file.exists() else []
        if f"{parcel.kind} {parcel.key} {parcel.id}" in known:
            return Done("already_there")
        with self.file.open("a") as out:
            out.write(f"{parcel.kind} {parcel.key} {parcel.id}\n")
            out.flush()
            os.fsync(out.fileno())
        return Done("applied")


async def work(folder: Path, files: dict[str, bytes], doom: tuple[str, str, int] | None) -> None:
    ledger = Dying(f"sqlite:///{folder / 'ledger.db'}", exclusive=True)
    migrate.upgrade(ledger)
    ledger.doom = doom
    world = World.make(ledger)
    world.flow.sinks = {**world.flow.sinks, "odoo-main": Books(folder / "books")}
    if not await world.flow.recall("odoo-main"):
        order = Submission(order_released("P1"), "acme", "odoo-main", "purchase.order,1")
        await world.flow.submit("odoo-main", [order], {"cursor": "1"})
    answered = folder / "answered"
    for name, data in files.items():
        if name not in (answered.read_text().splitlines() if answered.exists() else []):
            await world.flow.arrive(Arrival("acme/inbox", name, data))
            with answered.open("a") as out:
                out.write(f"{name}\n")
                out.flush()
                os.fsync(out.fileno())
    await world.settle()
    with (folder / "out").open("w") as out:
        for name, data in sorted((await world.out()).items()):
            out.write(f"{name} {data.hex()}\n")
    ledger.close()


def main() -> None:
    folder, files, *rest = sys.argv[1:]
    doom = (rest[0], rest[1], int(rest[2])) if rest else None
    asyncio.run(work(Path(folder), FILES[files], doom))


if __name__ == "__main__":
    main()
