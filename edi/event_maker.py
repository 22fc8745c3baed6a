"""Events for the law PutGet: made from the model of an event, from which its JSON Schema is made.

Never from the map under test: what the map reads wrongly would not be in them. The fields a document has no place for
are told beforehand, as writing refuses them all; what else it has room for is learnt from its refusals, and from its
schema where a refusal names an element: lengths, digits, codes. The same seed gives the same events.

Not here: writing them and reading them back (edi/map_laws.py). The tests have a second maker on hypothesis
(tests/edi/mapping/events.py) that is told beforehand which fields a document has no place for, so that a field lost is
a failure there; here it is only listed.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, TypeAlias, get_args, get_origin

from edi.documents.types import Data, DateWindow
from edi.event_fields import SCHEMES, Field, fields, is_moment
from edi.functions import check_digit_ok

Key: TypeAlias = tuple[tuple[str, ...], bool]  # the names of a path; whether it is in a later item of its list
DEPTH = 3  # packages in packages
MOST_REFUSED = 8  # values of one field, after which it counts as without a place
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789 -./,"
_SHORT = {"region": 2, "country": 2, "currency": 3, "language": 2, "basis": 2, "scac": 4, "iban": 22}
# Values by the name of their field, where the event leaves them open and trade does not.
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "uom": ("EA", "C62", "DZN", "KGM", "MTR", "HUR"),
    "currency": ("EUR", "USD", "GBP"),
    "country": ("DE", "US", "FR"),
    "country_of_origin": ("DE", "US", "FR"),
    "outcome": ("accepted", "accepted_with_errors", "partially_accepted", "rejected", "received"),
    "reference_kind": ("order", "order_answer", "invoice", "shipment", "document"),
    "incoterm": ("EXW", "FCA", "CIF", "DDP"),
    "language": ("en", "de"),
}
_SOME_CODE = ("normal", "special", "pallet", "goods_or_services", "freight", "vat", "standard")


@dataclass(slots=True)
class Learnt:
    """What a document has taught about the fields of its events. Without a place: `absent`."""

    absent: set[Key] = field(default_factory=set)
    always: set[Key] = field(default_factory=set)
    longest: dict[Key, int] = field(default_factory=dict)
    shortest: dict[Key, int] = field(default_factory=dict)
    most: dict[Key, int] = field(default_factory=dict)
    places: dict[Key, int] = field(default_factory=dict)
    digits: set[Key] = field(default_factory=set)
    choices: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    refused: dict[Key, set[str]] = field(default_factory=dict)


class EventMaker:
    """Makes the data of events. `fixed` are fields that the kind of document fixes."""

    def __init__(self, model: type[Data], fixed: Mapping[str, str], seed: int = 20261124) -> None:
        self.model, self.fixed, self.seed = model, fixed, seed
        self.learnt = Learnt()

    def make(self, number: int, attempt: int = 0) -> Data | None:
        """The event of this number; another attempt gives another event under the same number. None if the document
        has no place for a field that every event has."""
        made = _Making(Random(f"{self.seed}/{number}/{attempt}"), self.learnt)  # noqa: S311 - no secret is made
        data = made.instance(self.model, (), False, ())
        return None if data is None else self.model.model_validate({**data, **self.fixed})

    def values(self, key: Key) -> tuple[str, ...] | None:
        """What a field may still be, where that is a list."""
        holder = self.model
        for step in key[0][:-1]:
            holder = fields(holder)[step].model or holder
        return left(holder, key, self.learnt)


@dataclass(slots=True)
class _Making:
    """One event in the making."""

    random: Random
    learnt: Learnt

    def instance(
        self, model: type[Data], path: tuple[str, ...], later: bool, above: tuple[Any, ...]
    ) -> dict[str, Any] | None:
        """An object, None if it cannot be: something it needs has no place."""
        made: dict[str, Any] = {}
        for name, known in fields(model).items():
            here = (*path, name)
            key = (here, later)
            wanted = known.required or key in self.learnt.always or self.random.random() < 0.5
            if name == "raw" or not wanted:
                continue
            if key in self.learnt.absent:
                if known.required and not known.many:
                    return None
                continue
            if known.model is not None and above.count(known.model) >= DEPTH:
                continue
            if known.many:
                value: Any = self._many(model, name, here, known, later, above)
            else:
                value = self._one(model, name, here, known, later, (*above, model))
            if value is None and known.required:
                return None
            if value not in (None, {}, []) or known.required:
                made[name] = value
        return made

    def _many(
        self, model: type[Data], name: str, here: tuple[str, ...], known: Field, later: bool, above: tuple[Any, ...]
    ) -> list[Any]:
        if known.kind == "id":
            return self._ids(here, later)
        most = min(self.learnt.most.get((here, later), 3), 1 if model in above else 3)
        least = int(known.required or (here, later) in self.learnt.always)
        count = max(min(self.random.randint(least, 3), most), 0)
        made: list[Any] = []
        for _ in range(count):
            inner = bool(made) if known.kind == "object" else later
            value = self._one(model, name, here, known, inner, (*above, model))
            if value not in (None, {}) or (value == {} and known.required and not made):
                made.append(value)
        return made

    def _one(
        self, model: type[Data], name: str, here: tuple[str, ...], known: Field, later: bool, above: tuple[Any, ...]
    ) -> Any:
        key, random = (here, later), self.random
        if known.kind == "object" and known.model is not None:
            made = self.instance(known.model, here, later, above)
            if made is not None and known.model is DateWindow and set(made) == {"earliest", "latest"}:
                made["earliest"], made["latest"] = sorted(made.values())
            return made
        values = left(model, key, self.learnt)
        if values is not None:
            return (
                ({"value": random.choice(values)} if known.kind == "code" else random.choice(values))
                if values
                else None
            )
        if known.kind == "decimal":
            return self._decimal(key)
        if known.kind == "integer":
            return random.randint(0, 10 ** min(self.learnt.longest.get(key, 3), 3) - 1)
        if known.kind == "boolean":
            return random.random() < 0.5
        if known.kind == "date":
            return self._day()
        if is_moment(model, name):
            return self._day() + random.choice(("", "T00:00", "T10:30", "T23:59"))
        if name == "ssccs":
            return with_check_digit("".join(random.choices("0123456789", k=17)))
        return self._text(key, name)

    def _ids(self, here: tuple[str, ...], later: bool) -> list[dict[str, str]]:
        made = []
        for scheme in SCHEMES:
            key = ((*here, scheme), later)
            if key in self.learnt.absent or (key not in self.learnt.always and self.random.random() < 0.6):
                continue
            if scheme in ("gtin", "gln", "sscc"):
                size = {"gtin": 14, "gln": 13, "sscc": 18}[scheme]
                most = min(self.learnt.longest.get(key, size), size)
                least = 12 if scheme == "gtin" else size
                digits = self.random.randint(min(least, most), most)
                value = with_check_digit("".join(self.random.choices("123456789", k=digits - 1))).rjust(size, "0")
            else:
                value = self._text(key, scheme)
            made.append({"scheme": scheme, "value": value})
        return made

    def _decimal(self, key: Key) -> str:
        places = self.random.randint(0, self.learnt.places.get(key, 4))
        whole = max(1, min(5, self.learnt.longest.get(key, 9) - places))
        number = str(self.random.randint(0, 10**whole - 1))
        return f"{number}.{self.random.randint(1, 10**places - 1):0{places}d}" if places else number

    def _day(self) -> str:
        return (dt.date(1990, 1, 1) + dt.timedelta(days=self.random.randrange(60 * 365))).isoformat()

    def _text(self, key: Key, name: str) -> str:
        """Now and then as long as the element allows."""
        longest = self.learnt.longest.get(key, _SHORT.get(name, 35))
        least = min(longest, max(self.learnt.shortest.get(key, 1), min(_SHORT.get(name, 1), longest)))
        size = longest if self.random.random() < 0.1 else self.random.randint(least, max(least, min(longest, 12)))
        if key in self.learnt.digits:
            return "".join(self.random.choices("123456789", k=size))
        inner = "".join(self.random.choices(_LETTERS, k=size))
        return inner if inner == inner.strip(" ") else inner.replace(" ", "A")


def left(model: type[Data], key: Key, learnt: Learnt) -> tuple[str, ...] | None:
    """What a field of a model may be, where that is a list, less what was refused; None where any text will do."""
    values = learnt.choices.get(key) or _listed(model, key[0][-1])
    if values is None:
        return None
    return tuple(value for value in values if value not in learnt.refused.get(key, ()))


@functools.cache
def _listed(model: type[Data], name: str) -> tuple[str, ...] | None:
    """The values the model of an event has for a field, or that trade has; None where any text will do."""
    info = model.model_fields[name]
    literal = [v for part in (info.annotation, *get_args(info.annotation)) if get_origin(part) is Literal
               for v in get_args(part)]  # fmt: skip
    extra = info.json_schema_extra
    values = literal or (extra.get("x-values") if isinstance(extra, dict) else None) or _KNOWN.get(name)
    if values is None and fields(model)[name].kind == "code":
        values = _SOME_CODE
    return tuple(map(str, values)) if isinstance(values, (list, tuple)) else None


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if check_digit_ok(digits + last))
