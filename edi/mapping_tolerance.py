"""What one partner really sends against the standard, and everybody agreed to accept: `tolerate` of an overlay.

Not here: finding the faults. Rule protected: nothing is tolerated without a reason in the map, and it stays visible as
a warning.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edi.faults import CATALOGUE, Fault
from edi.yaml_source import Mapping_, as_text, check_keys, fail, required


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A fault code at one address (`N1/N102`), for values up to a length if `up_to` is not 0."""

    code: str
    at: str
    up_to: int


def tolerances_of(nodes: Sequence[Mapping_]) -> tuple[Tolerance, ...]:
    """The entries of `tolerate`. Raises MapError."""
    found = []
    for node in nodes:
        check_keys(node, ("fault", "at", "up_to", "reason"), "an entry of tolerate")
        code = as_text(required(node, "fault", "tolerate"), "fault")
        if code not in CATALOGUE:
            raise fail(code, "overlay.no_target", f"there is no fault {code!s}")
        as_text(required(node, "reason", "tolerate"), "reason")
        up_to = as_text(node["up_to"], "up_to") if "up_to" in node else "0"
        if not up_to.isdigit():
            raise fail(node["up_to"], "map.bad_number", f"up_to is a length, not {up_to!s}")
        found.append(Tolerance(str(code), str(as_text(required(node, "at", "tolerate"), "at")), int(up_to)))
    return tuple(found)


def tolerated(tolerances: tuple[Tolerance, ...], faults: Sequence[Fault]) -> list[Fault]:
    """The faults, those tolerated as warnings."""
    if not tolerances:
        return list(faults)
    return [
        dataclasses.replace(fault, severity="warning") if any(_covers(t, fault) for t in tolerances) else fault
        for fault in faults
    ]


def _covers(tolerance: Tolerance, fault: Fault) -> bool:
    _, _, place = fault.location.path.partition("/")
    bare = re.sub(r"\[[^\]]*\]", "", place)
    wanted = re.sub(r"\[[^\]]*\]", "", tolerance.at)
    return fault.code == tolerance.code and bare == wanted and (
        not tolerance.up_to or len(fault.found) <= tolerance.up_to
    )  # fmt: skip
