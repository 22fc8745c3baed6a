"""What an agreement makes of a fault: errors of the standard, of the partner's guide and of the envelope may be
accepted.

Not here: the verdict on a whole document (edi/acks.py). Rule protected: whoever judges a document judges it as
`translate` does.
"""

from __future__ import annotations

import dataclasses

from edi.faults import Fault
from edi.profile import Agreement


def by_policy(found: Fault, agreement: Agreement | None) -> Fault:
    """A fault with the severity the agreement gives it; without an agreement as it is. A set without its trailer is
    never accepted: it is cut off."""
    if agreement is None or found.severity != "reject":
        return found
    if found.entry.level == "message" and not found.guide:
        counted = found.code in ("message.count", "message.control-mismatch")
        accepted = counted and agreement.on_envelope_error == "accept"
        return dataclasses.replace(found, severity="error") if accepted else found
    policy = agreement.on_guide_error if found.guide else agreement.on_standard_error
    if policy == "reject":
        return found
    return dataclasses.replace(found, severity="error" if policy == "accept_with_errors" else "exception")
