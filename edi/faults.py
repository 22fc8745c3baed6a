"""A partner's bad data as a value, and the closed catalogue of everything that can be wrong.

Not here: exceptions (edi/errors.py), how faults become an acknowledgement (edi/acks.py). Rule protected: the sentence and
the acknowledgement codes come from the catalogue, never from the place that found the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.model import Location

Severity: TypeAlias = Literal["warning", "exception", "error", "reject"]
Level: TypeAlias = Literal["input", "interchange", "group", "message", "segment", "element", "event"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue.

    `sentence` may use {found}, {expected} and {place}. `x997` and `x999` are the value of the element that belongs to the level:
    AK304/IK304, AK403/IK403, AK502/IK502 or AK905; `contrl` is 0085 under syntax 4, `contrl3` under syntax 1 to 3.
    Empty text = this layer has no code for it. `help` says what the partner should do.
    """

    level: Level
    severity: Severity
    sentence: str
    help: str
    x997: str = ""
    x999: str = ""
    ta1: str = ""
    contrl: str = ""
    contrl3: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, what was found and what was expected.

    Severity: `warning` noted, nothing sent; `exception` accepted, a person decides; `error` accepted with errors;
    `reject` the level of the code is rejected. `guide` is true when only the partner's own rules are broken.
    `ref` is the data element number of the dictionary, for AK402.
    """

    code: str
    location: Location
    severity: Severity
    found: str = ""
    expected: str = ""
    ref: str = ""
    guide: bool = False

    @property
    def entry(self) -> Entry:
        return CATALOGUE[self.code]

    @property
    def message(self) -> str:
        """The sentence for the supplier: place, found, expected, what to do."""
        raise NotImplementedError


CATALOGUE: dict[str, Entry] = {}
