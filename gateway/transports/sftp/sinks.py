"""Ways out over SFTP: placing a file in a hosted mailbox."""

from __future__ import annotations

from gateway.ports import Done, Outcome, Parcel


class HostedSink:
    """A hosted mailbox as a destination. /out lists the ledger's own rows, so placing a file needs no work here."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Placed. Raises ValueError for a parcel without bytes, which is our own mistake."""
        if parcel.payload is None:
            raise ValueError(f"delivery {parcel.id} has no bytes to place in a mailbox")
        return Done(effect="placed")
