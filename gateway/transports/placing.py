"""The way out to a mailbox of ours: a file is placed, and the partner fetches it.

Rule protected: what is placed is in the ledger already; the shelf `out` of a mailbox lists the ledger's own rows.
"""

from __future__ import annotations

from gateway.ports import Done, Outcome, Parcel


class HostedSink:
    """A hosted mailbox as a destination: placing a file needs no work."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Placed. Raises ValueError for a parcel without bytes, which is our own mistake."""
        payload_of(parcel)
        return Done(effect="placed")


def payload_of(parcel: Parcel) -> bytes:
    """What is to be placed or written. Raises ValueError for a parcel without bytes."""
    if parcel.payload is None:
        raise ValueError(f"delivery {parcel.id} has no bytes to place in a mailbox")
    return parcel.payload
