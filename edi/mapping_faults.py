"""Where something of a map went wrong: notes of the reader, failed checks and missing fields become faults with places.

Not here: finding what is wrong. Rule protected: every fault names segment, element and byte; the slow walk that finds
them runs only when there is something to say.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from edi.carried import deepened
from edi.checked import Checked
from edi.claims import Claim, Claimed, Coverage, Unmapped, claims, coverage, unclaimed
from edi.documents.types import Data
from edi.event_fields import fields
from edi.faults import Fault, fault
from edi.mapping_checks import Failed
from edi.mapping_ignore import Ignored
from edi.mapping_nodes import Address, Node, SegmentNode, every, nested_lists
from edi.model import Location, Segment
from edi.structure import Schema, value_at
from edi.syntax import offset_of

_GUIDE = frozenset({"map.const", "map.required", "check.failed", "element.code"})


class Places:
    """The places of one map."""

    def __init__(self, layout: tuple[Node, ...], schema: Schema, ignored: tuple[Ignored, ...]) -> None:
        self.layout, self.schema = layout, schema
        self._covers: dict[tuple[int, int], Coverage] = {}
        self.ignored = ignored
        self._lists = nested_lists(layout)

    def fault(self, note: tuple[Any, ...], checked: Checked) -> Fault:
        """A note of the generated reader as a fault."""
        code, segment, element, component, found, expected, ref, severity = note
        missing = element if isinstance(element, str) else ""
        location = self.location(checked, segment, 0 if missing else element, component, missing)
        return fault(
            code,
            location,
            found=found,
            expected=expected,
            ref=ref,
            severity=severity,
            guide=code in _GUIDE and severity is None,
        )

    def location(
        self, checked: Checked, segment: Segment | None, element: int = 0, component: int = 0, missing: str = ""
    ) -> Location:
        """A place in the message, or the message itself; `missing` is the tag of a segment that is not there."""
        message = checked.message
        number, path = (1, message.name) if segment is None else checked.place(segment)
        tag = missing or (segment[0] if segment else message.segments[0][0])
        if missing:
            path += f"/{missing}"
        elif element:
            path += f"/{Address(tag, element, component)}"
        return Location(
            path=path,
            interchange=message.interchange.control,
            group=message.group.control if message.group else "",
            message=message.control,
            segment=number,
            tag=tag,
            element=element,
            component=component,
            offset=offset_of(message, number, element, component),
        )

    def failed(self, failure: Failed, checked: Checked, claimed: Claimed) -> Fault:
        """A check that does not hold as a fault at its item."""
        segment, at = claimed.find(failure.path, failure.check.at)
        if failure.error:
            return fault("check.error", self.location(checked, segment), found=failure.text)
        severity = failure.check.severity
        element, component = (at.element, at.component) if at is not None else (0, 0)
        location = self.location(checked, segment, element, component)
        found = fault("check.failed", location, found=failure.text, severity=severity, guide=severity == "reject")
        return found

    def claimed(self, checked: Checked, moved: Callable[[], Mapping[int, tuple[str | int, ...]]]) -> Claimed:
        """Where the values of a message came from; `moved` as in edi/claims.py."""
        return Claimed(self.layout, self.schema.layout, checked.tree, moved)

    def missing(self, claimed: Claimed, path: tuple[str | int, ...]) -> tuple[Any, ...]:
        """The note for a field the event requires and nothing filled."""
        names = tuple(name for name, _ in itertools.groupby(step for step in path if isinstance(step, str)))
        for scope, node in every(self.layout):
            if not isinstance(node, SegmentNode):
                continue
            for binding in node.bindings:
                if binding.kind != "field" or binding.target is None:
                    continue
                if (*(() if binding.target.root else scope), *binding.target.steps) != names[: len(names)]:
                    continue
                segment, at = claimed.find(path[: _scope_length(path)], binding.address)
                if segment is not None and segment[0] == node.tag:
                    at = at or binding.address
                    return ("map.required", segment, at.element, at.component, "", ".".join(names), "", None)
        segment, _ = claimed.find(path, None)
        return ("map.required", segment, 0, 0, "", ".".join(map(str, path)), "", None)

    def unmapped(self, checked: Checked) -> list[Unmapped]:
        """Everything in the message that nothing claims and nobody ignores."""
        found = []
        for claim in claims(self.layout, self.schema.layout, checked.tree):
            for loose in unclaimed(claim.segment, self.cover(claim)):
                if not any(ignored.covers(claim, loose) for ignored in self.ignored):
                    _, path = checked.place(claim.segment)
                    qualifier = loose.qualifier or value_at(claim.segment, 1, 1)
                    found.append(Unmapped(f"{path}/{loose.at}", loose.value, qualifier))
        return found

    def cover(self, claim: Claim) -> Coverage:
        """What of a segment its node claims."""
        key = (id(claim.node), id(claim.loop))
        return self._covers.get(key) or self._covers.setdefault(key, coverage(claim.node, claim.loop))

    def dropped(self, checked: Checked) -> set[tuple[int, int, int]]:
        """The places that hold something nobody wants: id of the segment, element, component (0: no composite)."""
        return {
            (id(claim.segment), loose.at.element, loose.at.component)
            for claim in claims(self.layout, self.schema.layout, checked.tree)
            for loose in unclaimed(claim.segment, self.cover(claim))
            if any(ignored.covers(claim, loose) for ignored in self.ignored)
        }

    def fitting_ids(self, meant: Any, found: Any, depth: int) -> Any:
        """`meant` with only those identifiers of a party that its one pair could hold.

        A pair at a fixed place (N103 and N104) holds one identifier. If one came back, the others had no room.
        `depth`: how deep lists lie in their own kind.
        """
        for scope, node in every(self.layout):
            if not isinstance(node, SegmentNode) or node.pairs is None or node.pairs.form != "fixed":
                continue
            target = node.pairs.pairs[0].target
            if target.scheme:
                path = (*(() if target.root else scope), *target.steps[:-1])
                for deeper in deepened({path}, self._lists, depth):
                    meant = _fit_ids(meant, found, deeper)
        return meant


def _scope_length(path: tuple[str | int, ...]) -> int:
    """How much of a path leads to the innermost list item."""
    return max((n + 1 for n, step in enumerate(path) if isinstance(step, int)), default=0)


def _fit_ids(meant: Any, found: Any, path: tuple[str, ...]) -> Any:
    if isinstance(meant, list):
        others = found if isinstance(found, list) else []
        pairs = itertools.zip_longest(meant, others[: len(meant)])
        return [_fit_ids(one, other, path) for one, other in pairs]
    if not isinstance(meant, dict) or not isinstance(found, dict) or path[0] not in meant:
        return meant
    if len(path) > 1:
        return {**meant, path[0]: _fit_ids(meant[path[0]], found.get(path[0]), path[1:])}
    ids, back = meant["ids"], found.get("ids", {})
    kept = {scheme: value for scheme, value in ids.items() if scheme in back}
    return {**meant, "ids": kept} if kept else meant


def complete(
    model: type[Data], raw: dict[str, Any], places: Places, claimed: Claimed, notes: list[tuple[Any, ...]]
) -> tuple[Data | None, dict[str, Any]]:
    """The model of the data. An optional part that lacks what it needs is left out with a note; if the event itself
    lacks something the result is None, with a note of what and where."""
    for _ in range(20):
        try:
            return model.model_validate(raw, extra="ignore"), raw
        except ValidationError as error:
            lost = False
            for entry in error.errors(include_url=False, include_input=False):
                note = places.missing(claimed, entry["loc"])
                part = _optional_part(model, entry["loc"])
                if part:
                    note = (*note[:-1], "exception")
                    _drop(raw, part)
                else:
                    lost = True
                notes.append(note)
            if lost:
                return None, raw
    return None, raw


def _optional_part(model: type[Data], path: Iterable[str | int]) -> tuple[str | int, ...]:
    """The innermost optional object on the way to a field, or nothing if a list item or the event itself lacks it."""
    here: type[Data] | None = model
    way: list[str | int] = []
    best: tuple[str | int, ...] = ()
    for step in path:
        way.append(step)
        if isinstance(step, int):
            best = ()
            continue
        if here is None or step not in fields(here):
            break
        field = fields(here)[step]
        if not field.required and not field.many and field.kind in ("object", "code"):
            best = tuple(way)
        here = field.model
    return best


def _drop(raw: Any, path: tuple[str | int, ...]) -> None:
    holder = raw
    for step in path[:-1]:
        holder = holder[step] if isinstance(step, int) else holder.get(step)
        if holder is None:
            return
    if isinstance(holder, dict):
        holder.pop(path[-1], None)
