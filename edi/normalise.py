"""Steps a map may name under `normalise`: they bring several dialects of one fact into one form.

Not here: reading elements. Rules protected: the list is closed; a step changes only what its sentence here says; a
second run changes nothing. Data are plain dicts of canonical texts; shared values are replaced, never changed.

`partial_backorder`: 100 ordered, 80 now. BP 80; IB 20; IA 80 and IB 20; BP 80 and IB 20 all become
accepted 80 and backordered 20.

`amended_lines`: EDIFACT 1229 says only that a line is amended. What is amended is taken from what stands beside it; on
writing (`prepare`) the parts of a split answer are laid out for the wire: the first part in the line itself when it can
stand there, the others, or else all, in schedules behind it.

`changed_lines`: EDIFACT 1229 says only that a line of an order is changed; that its quantity, its price or all of it is
changed is told by the values that stand in the line.

`line_orders`: goods that name a line of an order and not the order (RFF+LI) are of the order of the whole shipment.

`unpacked`: a package of which nothing is said (CPS without PAC) is none; what lies in it lies one level up.

`original_order`: an order that does not say what it is for (BGM 1225 is optional) is a new one.

`numbered_lines`: a line of an order without a number (PO101 and LIN 1082 are optional) is known by its position, or by
the next number that no other line has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import count
from typing import Any, TypeAlias

from edi.documents.types import plain
from edi.mapping_runtime import Refused

Data: TypeAlias = dict[str, Any]
_SCHEDULED = frozenset({"status", "quantity", "date"})  # what a schedule can say of a part


def partial_backorder(data: Data) -> Data:
    """Partial backorders as two answers: accepted and backordered."""
    for line in data.get("lines", ()):
        line["responses"] = _split(line.get("responses", []), line.get("ordered"))
    return data


def _status(response: Mapping[str, Any]) -> str:
    status = response.get("status")
    return str(status["value"]) if status else ""


def _said(response: Mapping[str, Any]) -> set[str]:
    """The fields that say something; an empty list does not."""
    return {name for name, value in response.items() if value}


def _split(responses: list[Data], ordered: Data | None) -> list[Data]:
    waiting = [r for r in responses if _status(r) == "backordered"]
    if any(_status(r) == "partial_backorder" for r in responses):
        found = []
        for response in responses:
            if _status(response) != "partial_backorder":
                found.append(response)
                continue
            found.append({**response, "status": {"value": "accepted"}})
            if not waiting:
                rest = _left(ordered, responses)
                if rest is None:
                    found.append({"status": {"value": "backordered"}})
                elif rest:
                    found.append({"status": {"value": "backordered"}, "quantity": rest})
        return found
    if waiting and len(waiting) == len(responses):
        rest = _left(ordered, responses)
        if rest:
            return [{"status": {"value": "accepted"}, "quantity": rest}, *responses]
    return responses


def _left(ordered: Data | None, responses: list[Data]) -> Data | None:
    """What is ordered less what is answered, as a quantity; {} if nothing is left, None if it cannot be told."""
    if not ordered or "value" not in ordered:
        return None
    left = Decimal(ordered["value"])
    for response in responses:
        quantity = response.get("quantity")
        if not quantity or "value" not in quantity or _unit(quantity) not in ("", _unit(ordered)):
            return None
        left -= Decimal(quantity["value"])
    return {**ordered, "value": plain(left)} if left > 0 else {}


def _unit(quantity: Mapping[str, Any]) -> str:
    unit = quantity.get("uom")
    return str(unit["value"]) if unit else ""


def amended_lines(data: Data) -> Data:
    """What `amended` means, from the parts beside it."""
    for line in data.get("lines", ()):
        if line.get("responses"):
            line["responses"] = _amended(line["responses"], line.get("ordered"))
    return data


def _amended(responses: list[Data], ordered: Data | None) -> list[Data]:
    first, rest = responses[0], responses[1:]
    while True:
        status = _status(first)
        if not status:
            first = {**first, "status": {"value": "changed"}}
            status = "changed"
        if status in ("rejected", "deleted") and "quantity" not in first:
            for part in rest:
                if _status(part) == "rejected" and _said(part) == {"status", "quantity"}:
                    return [{**first, "quantity": part["quantity"]}, *(other for other in rest if other is not part)]
        if status != "changed":
            return [first, *rest]
        if first.get("substitute", {}).get("ids"):
            return [{**first, "status": {"value": "substituted"}}, *rest]
        if not rest:
            return [first]
        if "quantity" in first:
            return [{**first, "status": {"value": "accepted"}}, *rest]
        left = _left(ordered, rest)
        if left:
            return [{**first, "status": {"value": "accepted"}, "quantity": left}, *rest]
        # Nothing is left for the line itself: what it says belongs to its first part.
        extra = {name: value for name, value in first.items() if name != "status" and name not in rest[0]}
        first, rest = {**rest[0], **extra}, rest[1:]


def _lay_out(data: Data) -> Data:
    for number, line in enumerate(data.get("lines", ())):
        responses = line.get("responses", [])
        for part, response in enumerate(responses):
            if _status(response) == "substituted" and not response.get("substitute", {}).get("ids"):
                field = f"lines.{number}.responses.{part}.status"
                raise Refused("write.not-invertible", -1, "substituted", "an identifier of the substitute", field)
        first = _status(responses[0]) if responses else ""
        alone = len(responses) == 1
        if not responses or (alone and first != "backordered"):
            continue
        if not alone and first == "accepted" and "quantity" in responses[0]:
            line["responses"] = [{**responses[0], "status": {"value": "changed"}}, *responses[1:]]
        elif alone or not (_said(responses[0]) - _SCHEDULED):
            line["responses"] = [{}, *responses]
    return data


def header_answer(data: Data) -> Data:
    """An overall answer that stands in the purpose of the document (EDIFACT 1225 without 4343), or nowhere."""
    if "response" in data:
        return data
    said = {"confirmation": "accepted", "rejection": "rejected", "change": "accepted_with_changes"}
    purpose = data["purpose"]["value"] if "purpose" in data else ""
    return {**data, "response": {"value": said.get(purpose, "other")}}


def changed_lines(data: Data) -> Data:
    """A line with a new quantity, price or content is a changed line."""
    lines = [
        {**line, "action": {"value": "changed"}} if _action(line) in ("quantity", "price", "replaced") else line
        for line in data.get("lines", ())
    ]
    return {**data, "lines": lines} if lines else data


def _action(line: Mapping[str, Any]) -> str:
    action = line.get("action")
    return str(action["value"]) if action else ""


def line_orders(data: Data) -> Data:
    """The order of the shipment in goods that name only a line of it."""
    order: Data = data.get("order") or {}
    open_ = [data] if "number" in order else []
    while open_:
        holder = open_.pop()
        open_ += holder.get("packages", ())
        for item in holder.get("items", ()):
            if item.get("order") and "number" not in item["order"]:
                item["order"] = {**order, **item["order"]}
    return data


def unpacked(data: Data) -> Data:
    """Without packages of which nothing is said."""
    packages: list[Data] = []
    items = list(data.get("items", ()))
    for package in data.get("packages", ()):
        unpacked(package)
        if any(value for name, value in package.items() if name not in ("packages", "items")):
            packages.append(package)
        else:
            packages += package.get("packages", ())
            items += package.get("items", ())
    data["packages"], data["items"] = packages, items
    return data


def original_order(data: Data) -> Data:
    """An order without a purpose as an original one."""
    return data if data.get("purpose") else {**data, "purpose": {"value": "original"}}


def numbered_lines(data: Data) -> Data:
    """Lines without a number as lines numbered by their position."""
    lines = data.get("lines", ())
    taken = {line["line_number"] for line in lines if "line_number" in line}
    if len(taken) == len(lines):
        return data
    for position, line in enumerate(lines, 1):
        if "line_number" not in line:
            number = next(number for number in count(position) if str(number) not in taken)
            line["line_number"] = str(number)
            taken.add(str(number))
    return data


STEPS: Mapping[str, Callable[[Data], Data]] = {
    "header_answer": header_answer,
    "amended_lines": amended_lines,
    "partial_backorder": partial_backorder,
    "changed_lines": changed_lines,
    "line_orders": line_orders,
    "unpacked": unpacked,
    "original_order": original_order,
    "numbered_lines": numbered_lines,
}
BLIND = frozenset({"original_order", "numbered_lines"})  # steps that look at no code
PREPARE: Mapping[str, Callable[[Data], Data]] = {"amended_lines": _lay_out, "changed_lines": changed_lines}

_GIVEN: Mapping[str, tuple[str, ...]] = {
    "header_answer": ("response",),
    "amended_lines": ("lines", "responses", "status"),
    "original_order": ("purpose",),
    "numbered_lines": ("lines", "line_number"),
}


def given_by(steps: Iterable[str]) -> set[tuple[str, ...]]:
    """The fields that these steps give when the document does not."""
    return {_GIVEN[step] for step in steps if step in _GIVEN}
