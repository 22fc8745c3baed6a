"""X12 and EDIFACT for procurement: bytes in, values out.

    translation = edi.translate(data, edi.load_profile("partners/example"))
    translation.events, translation.faults, translation.acks

Pure: no socket, disk write, database, clock, thread. The names below are stable; everything else in the package may
change.
"""

from edi import documents
from edi.ack_results import AckResult
from edi.documents import TYPES, Event, content_hash, event_from_json, event_schema, stable_id
from edi.errors import EdiError, EventError, MapError, ProfileError, RenderError, SelfCheckError
from edi.explain import explain
from edi.faults import Fault, Faults
from edi.located import Tree, load_config, parse_config
from edi.model import Identity, Interchange, Location
from edi.overview import Overview, contents, ends_with_trailer, inspect, is_incomplete
from edi.partner_file import AgreementFile, PartnerFile, default_profile, load_profile, profile_of, read_partner_file
from edi.profile import Agreement, Numbers, Profile
from edi.render import Rendered, outgoing_agreement, render, render_checked, render_together
from edi.syntax import extract
from edi.translate import Result, Translation, check_agreement, translate, translate_each

__all__ = [
    "TYPES",
    "AckResult",
    "Agreement",
    "AgreementFile",
    "EdiError",
    "Event",
    "EventError",
    "Fault",
    "Faults",
    "Identity",
    "Interchange",
    "Location",
    "MapError",
    "Numbers",
    "Overview",
    "PartnerFile",
    "Profile",
    "ProfileError",
    "RenderError",
    "Rendered",
    "Result",
    "SelfCheckError",
    "Translation",
    "Tree",
    "check_agreement",
    "content_hash",
    "contents",
    "default_profile",
    "documents",
    "ends_with_trailer",
    "event_from_json",
    "event_schema",
    "explain",
    "extract",
    "inspect",
    "is_incomplete",
    "load_config",
    "load_profile",
    "outgoing_agreement",
    "parse_config",
    "profile_of",
    "read_partner_file",
    "render",
    "render_checked",
    "render_together",
    "stable_id",
    "translate",
    "translate_each",
]
