"""HTTP as our AS2 listener speaks it: h11, which joins folded headers as old senders write them, with a limit for the
time in which the headers of a request must be there.

Rule protected: a connection on which nothing comes, or half a header, is closed and costs no slot.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


def protocol(header_time: float) -> type[H11Protocol]:
    """The protocol that closes a connection whose headers are not complete within so many seconds."""

    class Patient(H11Protocol):
        _headers_due: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            if self._idle() and self._headers_due is None:
                self._wait()
            super().data_received(data)
            if not self._idle():
                self._stop_waiting()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _wait(self) -> None:
            self._headers_due = self.loop.call_later(header_time, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._headers_due is not None:
                self._headers_due.cancel()
                self._headers_due = None

    return Patient
