"""The real daemon, which kills itself at a named point. No hook for this is in the product.

    python -m tests.faults.launcher POINT WHEN NUMBER run --config ...

POINT is the name of a commit of the ledger (`tx1.as2`, `as2.ready`, `tx3`, ...), `answer` (a listener answers 200) or
`post` (a request to a partner); WHEN is `before`, `after`, or `half` of an answer; NUMBER counts from 1.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from typing import Any

from starlette.responses import Response

from gateway import cli
from gateway.ledger import Ledger
from gateway.transports.as2.sink import As2Sink


class Doom:
    """Where and when the process dies."""

    def __init__(self, point: str, when: str, number: str) -> None:
        self.point, self.when, self.number = point, when, int(number)
        self.seen: Counter[str] = Counter()

    def near(self, point: str) -> bool:
        """Is this the time? Dies if it is before it."""
        self.seen[point] += 1
        hit = (point, self.seen[point]) == (self.point, self.number)
        if hit and self.when == "before":
            self.now()
        return hit

    def now(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def plant(doom: Doom) -> None:
    write, request, respond = Ledger.write, As2Sink._request, Response.__call__

    async def dying_write(self: Ledger, work: Any, point: str = "") -> Any:
        hit = doom.near(point)
        result = await write(self, work, point)
        if hit:
            doom.now()
        return result

    async def dying_request(self: As2Sink, *arguments: Any) -> Any:
        hit = doom.near("post")
        answer = await request(self, *arguments)
        if hit:
            doom.now()
        return answer

    async def dying_respond(self: Response, scope: Any, receive: Any, send: Any) -> None:
        hit = self.status_code == 200 and doom.near("answer")

        async def sending(message: Any) -> None:
            if hit and message["type"] == "http.response.body":
                if doom.when == "half":
                    await send({**message, "body": message["body"][: len(message["body"]) // 2], "more_body": True})
                else:
                    await send(message)
                await asyncio.sleep(0.1)  # the bytes are with the kernel
                doom.now()
            await send(message)

        await respond(self, scope, receive, sending)

    Ledger.write, As2Sink._request, Response.__call__ = dying_write, dying_request, dying_respond  # type: ignore[method-assign, assignment]


def main() -> None:
    point, when, number, *arguments = sys.argv[1:]
    plant(Doom(point, when, number))
    sys.argv = ["gateway", *arguments]
    cli.main()


if __name__ == "__main__":
    main()
