"""What a ship notice says of one order: pieces of goods with their package and lot, and the order line each is of.

Pure. Not here: writing them to a receipt (shipment.py). Rule protected: quantities that a notice does not divide among
packages or lots are not divided by guessing; what could not be kept is said in a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from edi.documents import ShipmentDispatched
from edi.documents.packages import Package, ShippedItem
from gateway.items import other_item, same_item
from gateway.line_matching import OrderLineFacts


@dataclass(frozen=True, slots=True)
class Piece:
    """Goods of one item in one package and of one lot or serial number, and their order line, if there is one.

    `uom` empty: not said, the ordered one.
    """

    item: ShippedItem
    line: OrderLineFacts | None
    quantity: Decimal
    uom: str = ""
    sscc: str = ""
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """The pieces of one order, and what of the notice they do not show."""

    pieces: tuple[Piece, ...]
    remarks: tuple[str, ...] = ()


def goods_of(notice: ShipmentDispatched, order: str, lines: Sequence[OrderLineFacts]) -> Goods:
    """What the notice says of an order, by its number."""
    pieces: list[Piece] = []
    remarks: list[str] = []
    for item, ssccs in _placed(notice):
        about = item.order or notice.order
        if about is None or about.number.strip() != order or item.shipped is None or item.shipped.value <= 0:
            continue
        found, remark = _pieces(item, _line_of(item, lines), item.shipped.value, ssccs)
        pieces += found
        remarks += [remark] if remark else []
    return Goods(tuple(pieces), tuple(dict.fromkeys(remarks)))


def _line_of(item: ShippedItem, lines: Sequence[OrderLineFacts]) -> OrderLineFacts | None:
    """The order line an item is of: by our number where the notice repeats it, else by the item.

    Of several lines with the item, the one whose number the supplier uses, else the first. None when there is none, or
    when the line of this number is of another item.
    """
    if item.order is not None and item.order.line_number:
        named = _numbered(item.order.line_number, lines)
        if named is not None:
            return None if other_item(named.ids, item.item) else named
    fitting = [line for line in lines if same_item(line.ids, item.item)]
    if len(fitting) > 1 and item.line_number:
        return _numbered(item.line_number, fitting) or fitting[0]
    if not fitting and item.item is None and item.line_number:
        return _numbered(item.line_number, lines)
    return fitting[0] if fitting else None


def _numbered(number: str, lines: Iterable[OrderLineFacts]) -> OrderLineFacts | None:
    plain = number.strip().lstrip("0")
    return next((line for line in lines if line.number.lstrip("0") == plain), None)


def _placed(notice: ShipmentDispatched) -> Iterator[tuple[ShippedItem, tuple[str, ...]]]:
    """Every item with the SSCCs of the innermost package that has any."""
    named: dict[str, tuple[str, ...]] = {}
    yield from _inside(notice.packages, (), named)
    for item in notice.items:
        yield item, _named(item, named)


def _inside(
    packages: Iterable[Package], around: tuple[str, ...], named: dict[str, tuple[str, ...]]
) -> Iterator[tuple[ShippedItem, tuple[str, ...]]]:
    for package in packages:
        own = package.ssccs or around
        if package.id:
            named[package.id] = own
        for item in package.items:
            yield item, _named(item, named) or own
        yield from _inside(package.packages, own, named)


def _named(item: ShippedItem, named: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sscc for name in item.package_ids for sscc in named.get(name, ()))


def _pieces(
    item: ShippedItem, line: OrderLineFacts | None, quantity: Decimal, ssccs: tuple[str, ...]
) -> tuple[list[Piece], str]:
    """An item as pieces; equal packages share it equally, serial numbers are one each."""
    uom = item.shipped.uom.value if item.shipped and item.shipped.uom else ""
    whole = Piece(item, line, quantity, uom)
    remark = ""
    packages = [replace(whole, sscc=ssccs[0])] if ssccs else [whole]
    if len(ssccs) > 1:
        if quantity % len(ssccs) == 0:
            packages = [replace(whole, quantity=quantity / len(ssccs), sscc=sscc) for sscc in ssccs]
        else:
            packages = [whole]
            remark = f"{len(ssccs)} packages hold an item together; the notice does not say how many each."
    if item.serials and len(item.serials) == quantity:
        serials = iter(item.serials)
        return [
            replace(package, quantity=Decimal(1), lot=next(serials))
            for package in packages
            for _ in range(int(package.quantity))
        ], remark
    if len(item.lots) == 1:
        return [replace(package, lot=item.lots[0]) for package in packages], remark
    if len(item.lots) > 1:
        remark = f"An item is of {len(item.lots)} lots; the notice does not say how many of each."
    return packages, remark
