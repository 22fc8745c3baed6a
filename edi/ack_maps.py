"""Which map and release an acknowledgement is read with and written in.

    997     groups before 005010: the map of 004010; from 005010 on: that of 005010. GS08 is the group's own release.
    999     exists from 005010 on: groups of an older release are answered in 005010, later ones in their own.
    824     written in 004010; read as 997s are, because TED changed in 005010.
    CONTRL  the syntax version of the interchange answered: D:3 for 1 to 3, 4:1 for 4.
    APERAK  D.96A for messages of the directories of the nineties, D.01B for later ones.

Not here: what they say (edi/acks.py), envelopes (edi/render.py).
"""

from __future__ import annotations

import re

from edi.documents.advice import ApplicationAdvice
from edi.documents.exchange import Acknowledgement

X12_004010, X12_005010 = "004010", "005010"


def release(version: str) -> str:
    """The release of a group from GS08 (`005010VICS` -> 005010); 004010 if GS08 cannot be read."""
    found = re.match("[0-9]{6}", version)
    return found[0] if found else X12_004010


def reading_map(type_: str, version: str) -> str:
    """The map of an acknowledgement that needs no agreement; empty for other documents."""
    if type_ in ("997", "824"):
        return f"x12/{X12_005010 if release(version) >= X12_005010 else X12_004010}/{type_}@1"
    if type_ == "APERAK":
        return f"edifact/{'d96a' if version.partition('.')[2].startswith('9') else 'd01b'}/aperak@1"
    if type_ == "CONTRL":  # it calls itself D:3 or 4:1 (ISO 9735-4)
        return f"edifact/service/{'v4' if version.startswith('4') else 'v3'}/contrl@1"
    return f"x12/{X12_005010}/999@1" if type_ == "999" else ""


def written_version(data: Acknowledgement | ApplicationAdvice) -> str:
    """GS08, or version and release in the UNH, of an acknowledgement of ours."""
    if isinstance(data, ApplicationAdvice):
        if data.kind == "824":
            return X12_004010
        answered = (data.documents[0].version if data.documents else None) or ""
        return "D.96A" if answered.partition(".")[2].startswith("9") else "D.01B"
    if data.kind == "CONTRL":
        about = data.interchange.version if data.interchange else None
        return "4.1" if (about or "").endswith(":4") else "D.3"
    group = release((data.group.version if data.group else None) or "")
    return max(group, X12_005010) if data.kind == "999" else group
