"""A partner's bad data as a value.

Not here: the list of what can be wrong (edi/catalogue.py), exceptions (edi/errors.py), how faults become an
acknowledgement (edi/acks.py). Rule protected: the sentence and the acknowledgement codes come from the catalogue,
never from the place that found the fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from edi.catalogue import CATALOGUE, Entry, Level, Severity
from edi.model import COMPONENT, REPEAT, Location

__all__ = [
    "CATALOGUE",
    "FOUND_LENGTH",
    "MOST_FAULTS",
    "Entry",
    "Fault",
    "Faults",
    "Level",
    "Severity",
    "fault",
    "visible",
]

FOUND_LENGTH = 80
MOST_FAULTS = 1_000  # of one message in one step of reading it
_BY_WEIGHT: list[Severity] = ["warning", "exception", "error", "reject"]
PLACE_LENGTH = 400

# Rows of the catalogue that stand for two TA105 values: which one follows from the ISA element at fault.
_TA1_BY_ELEMENT = {
    ("isa.separator", 16): "027",
    ("interchange.authorization", 1): "010",
    ("interchange.security", 3): "012",
}


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
    def place(self) -> str:
        """The full path, or the nearest envelope that is known; readable, whatever the tags and numbers hold."""
        where = self.location
        if where.path:
            return visible(where.path, PLACE_LENGTH)
        for name, control in (("message", where.message), ("group", where.group), ("interchange", where.interchange)):
            if control:
                return f"{name} {visible(control)}"
        return f"byte {where.offset}"

    @property
    def message(self) -> str:
        """The sentence for the supplier: place, found, expected, what to do."""
        entry = self.entry
        words = {"place": self.place, "found": visible(self.found), "expected": visible(self.expected)}
        sentence = entry.sentence.format(**words)
        if self.expected and "{expected}" not in entry.sentence:
            sentence += f" (expected {words['expected']})"
        return f"{words['place']}: {sentence}. {entry.help.format(**words)}."

    @property
    def x999(self) -> str:
        """IK304, IK403, IK502 or AK905 of a 999."""
        entry = self.entry
        return (self.guide and entry.x999_guide) or entry.x999

    @property
    def ta1(self) -> str:
        """TA105, or empty."""
        if self.code == "interchange.version" and self.severity != "reject":
            return "003"  # a version, but none we know: it is read as the nearest one
        return _TA1_BY_ELEMENT.get((self.code, self.location.element), self.entry.ta1)

    def x997(self, version: str = "004010") -> str:
        """AK304, AK403, AK502 or AK905 of a 997 for a group of this version."""
        entry = self.entry
        return (version >= "005010" and entry.x997_5010) or entry.x997

    def contrl(self, syntax_version: str = "4") -> str:
        """0085 of a CONTRL that answers an interchange of this syntax version."""
        entry = self.entry
        value = entry.contrl if syntax_version >= "4" else entry.contrl3
        return (self.guide and entry.contrl_guide) or value

    def to_json(self) -> dict[str, Any]:
        """The stable shape of a fault for machines; keys may be added, never renamed."""
        where = self.location
        return {
            "code": self.code,
            "severity": self.severity,
            "path": where.path,
            "segment": where.segment,
            "element": where.element_name,
            "offset": where.offset,
            "found": visible(self.found),
            "expected": visible(self.expected),
            "message": self.message,
            "ack": {"997": self.x997(), "999": self.x999, "CONTRL": self.contrl(), "TA1": self.ta1},
        }


def fault(
    code: str,
    location: Location,
    *,
    found: str = "",
    expected: str = "",
    ref: str = "",
    severity: Severity | None = None,
    guide: bool = False,
) -> Fault:
    """A fault with the severity of the catalogue unless another is given. `found` is kept readable and short.

    Raises KeyError for a code that is not in the catalogue.
    """
    return Fault(code, location, severity or CATALOGUE[code].severity, visible(found), expected, ref, guide)


class Faults(list[Fault]):
    """The faults of one message in document order: the first `most`, then one that says how many more there are, which
    weighs as much as the worst of them. So a message of any size gives a bounded list and the same verdict."""

    _most, _more = MOST_FAULTS, 0

    @classmethod
    def of(cls, faults: Iterable[Fault], most: int = MOST_FAULTS) -> Faults:
        """These faults, and no more than so many of them."""
        made = cls()
        made._most = most
        made.extend(faults)
        return made

    def append(self, one: Fault, /) -> None:
        if len(self) < self._most:
            super().append(one)
            return
        first = not self._more
        self._more += int(one.found) if one.code == "message.more-faults" else 1
        if first:
            where = replace(one.location, path=one.location.path.partition("/")[0], loop="", element=0, component=0)
            super().append(Fault("message.more-faults", where, one.severity, guide=one.guide))
        last = self[-1]
        heavier = _BY_WEIGHT.index(one.severity) > _BY_WEIGHT.index(last.severity)
        self[-1] = replace(
            last,
            found=str(self._more),
            severity=one.severity if heavier else last.severity,
            guide=one.guide if heavier else last.guide and (one.guide or one.severity != last.severity),
        )

    def extend(self, faults: Iterable[Fault], /) -> None:
        for one in faults:
            self.append(one)


def visible(text: str, longest: int = FOUND_LENGTH) -> str:
    """The text with control characters shown as symbols and at most `longest` characters; idempotent."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _symbol(character) for character in text)[:longest]


def _symbol(character: str) -> str:
    if character == COMPONENT:
        return ":"
    if character == REPEAT:
        return "^"
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode control pictures: CR is shown as the symbol CR
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
