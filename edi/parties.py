"""Is an interchange from this partner, to us, for this environment, and new?

Not here: whether its envelope is well formed (edi/syntax), which numbers were seen (the caller knows). Rule protected:
nothing inside an interchange that is not meant for us is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi import syntax
from edi.faults import Fault, fault
from edi.model import Identity, Interchange, Location
from edi.profile import Profile

_ISA = {"sender": 6, "receiver": 8, "control": 13, "test": 15}
_UNB = {"sender": 2, "receiver": 3, "control": 5, "test": 11}


def party_faults(interchange: Interchange, profile: Profile) -> Iterator[Fault]:
    """The first of these that is not so; an open profile takes everybody."""
    if profile.open:
        return
    pair = profile.identities(interchange.syntax)
    sender = shown(interchange.sender)
    if pair is None:
        other = profile.x12 or profile.edifact
        expected = shown(Identity(other.partner.id, other.partner.qualifier)) if other else "an agreed identity"
        yield fault("interchange.sender-unknown", _header(interchange, "sender"), found=sender, expected=expected)
        return
    known = (pair.partner, *pair.also)
    if not any((side.id, side.qualifier) == (interchange.sender.id, interchange.sender.qualifier) for side in known):
        expected = " or ".join(shown(Identity(side.id, side.qualifier)) for side in known)
        yield fault("interchange.sender-unknown", _header(interchange, "sender"), found=sender, expected=expected)
    elif (pair.own.id, pair.own.qualifier) != (interchange.receiver.id, interchange.receiver.qualifier):
        expected = shown(Identity(pair.own.id, pair.own.qualifier))
        place = _header(interchange, "receiver")
        yield fault("interchange.receiver-unknown", place, found=shown(interchange.receiver), expected=expected)
    elif interchange.test != (profile.environment == "test"):
        expected = "test" if profile.environment == "test" else "production"
        found = "test" if interchange.test else "production"
        place = _header(interchange, "test")
        yield fault("interchange.test-flag", place, found=found, expected=expected, severity="reject")


def seen_before(interchange: Interchange) -> Fault:
    """The caller knows this control number."""
    return fault("interchange.duplicate", _header(interchange, "control"), found=interchange.control)


def shown(identity: Identity) -> str:
    return f"{identity.qualifier}:{identity.id}" if identity.qualifier else identity.id


def _header(interchange: Interchange, what: str) -> Location:
    x12 = interchange.syntax == "x12"
    tag, element = ("ISA", _ISA[what]) if x12 else ("UNB", _UNB[what])
    return Location(
        path=f"{tag}[{interchange.number}]/{tag}{element:02d}",
        interchange=interchange.control,
        tag=tag,
        element=element,
        offset=syntax.header_offset(interchange, element),
    )
