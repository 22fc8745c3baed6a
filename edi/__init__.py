"""X12 and EDIFACT for procurement: bytes in, values out.

    translation = edi.translate(data, edi.load_profile("partners/example"))
    translation.events, translation.faults, translation.acks

Pure: no socket, disk write, database, clock, thread. These names are stable; everything else in the package may change.
"""

from edi.documents import TYPES, Event, content_hash, event_schema, stable_id
from edi.errors import EdiError, EventError, MapError, ProfileError, RenderError, SelfCheckError
from edi.faults import Fault
from edi.model import Location
from edi.profile import Agreement, Numbers, Profile

__all__ = [
    "TYPES",
    "Agreement",
    "EdiError",
    "Event",
    "EventError",
    "Fault",
    "Location",
    "MapError",
    "Numbers",
    "Profile",
    "ProfileError",
    "RenderError",
    "SelfCheckError",
    "content_hash",
    "event_schema",
    "stable_id",
]
