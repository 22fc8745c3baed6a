"""Orders as X12 sets: segments without ST and SE, as edi.syntax.write takes them.

Not here: envelopes and delimiters (benchmarks/generator.py). Rule protected: counts, totals and the tree of an 856 are
those of the order; no value holds a separator of any delimiter set in benchmarks/shapes.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count

from benchmarks.trade import Line, Order, Party, check_digit
from edi.model import Segment


def day(date: dt.date) -> str:
    return f"{date:%Y%m%d}"


def number(value: Decimal | int) -> str:
    """X12 numbers: no trailing zeros, no exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cents(value: Decimal) -> str:
    return str(int(value * 100))


def purchase_order(order: Order) -> list[Segment]:
    """850."""
    body = [["BEG", "00", "SA", order.number, "", day(order.date)], ["CUR", "BY", order.currency]]
    body += [["REF", "DP", f"{order.serial % 900 + 100}"], ["PER", "BD", "Purchasing", "TE", order.buyer.phone]]
    body += [["ITD", "01", "3", "", "", "", "", "30"], ["DTM", "002", day(order.due)]]
    body += [*address("BY", order.buyer), *address("SE", order.seller), *address("ST", order.ship_to)]
    for line in order.lines:
        body.append(["PO1", str(line.number), *priced(line), *products(line)])
        body += described(line)
        if len(line.schedule) > 1:
            unit = line.units[0]
            body += [["SCH", str(part), unit, "", "", "002", day(date)] for part, date in line.schedule]
    return [*body, ["CTT", str(len(order.lines))], ["AMT", "TT", number(order.total)]]


def acknowledgement(order: Order) -> list[Segment]:
    """855."""
    overall = "AD" if all(line.confirmed == line.quantity for line in order.lines) else "AC"
    body = [["BAK", "00", overall, order.number, day(order.date), "", "", "", f"SO{order.serial}", day(order.due)]]
    body += [["CUR", "SE", order.currency], ["REF", "VN", f"SO{order.serial}"], *address("SE", order.seller)]
    for line in order.lines:
        body.append(["PO1", str(line.number), *priced(line), *products(line)])
        body += described(line)
        body += answers(line)
    return [*body, ["CTT", str(len(order.lines))]]


def ship_notice(order: Order) -> list[Segment]:
    """856: shipment, order, pallet, item; every second one with tares (pallets) and packs (cartons)."""
    tares = order.serial % 2 == 1
    body: list[Segment] = [["BSN", "00", f"SH{order.serial}", day(order.due), "1015", "0001"]]
    body.append(["DTM", "011", day(order.due)])
    body += [
        ["HL", "1", "", "S", "1"],
        ["TD1", "PLT94", str(-(-len(order.lines) // 5)), "", "", "", "G", "812.5", "LB"],
    ]
    body += [["TD5", "B", "2", "ABFS", "M", "ABF Freight"], ["REF", "BM", f"BL{order.serial}"]]
    body += [*address("SF", order.seller), *address("ST", order.ship_to)]
    body += [["HL", "2", "1", "O", "1"], ["PRF", order.number, "", "", day(order.date)]]
    node = count(3)
    last = 2
    for first in range(0, len(order.lines), 5):
        pallet = parent = next(node)
        body += [["HL", str(pallet), "2", "T" if tares else "P", "1"], mark(order, pallet)]
        for line in order.lines[first : first + 5]:
            if tares and (line.number - 1) % 5 in (0, 3):
                parent = next(node)
                body += [["HL", str(parent), str(pallet), "P", "1"], mark(order, parent)]
            last = next(node)
            body += [["HL", str(last), str(parent), "I", "0"], ["LIN", str(line.number), *products(line)]]
            body.append(["SN1", str(line.number), str(line.quantity), line.units[0]])
            body += described(line)
    return [*body, ["CTT", str(last)]]


def mark(order: Order, package: int) -> Segment:
    return ["MAN", "GM", sscc(order, package)]


def sscc(order: Order, package: int) -> str:
    return check_digit(f"04012345{order.serial % 10**5:05d}{package % 10**4:04d}")


def invoice(order: Order) -> list[Segment]:
    """810."""
    body = [["BIG", day(order.due), f"INV{order.serial}", day(order.date), order.number, "", "", "DI"]]
    body += [["CUR", "SE", order.currency], ["REF", "BM", f"BL{order.serial}"]]
    body += [*address("RE", order.seller), *address("ST", order.ship_to), *address("BT", order.buyer)]
    body += [["ITD", "08", "3", "2", "", "10", "", "30"], ["DTM", "011", day(order.due)]]
    for line in order.lines:
        body.append(["IT1", str(line.number), *priced(line), *products(line)])
        body += described(line)
    freight = (order.total / 100).quantize(Decimal("0.01")) + 5
    body.append(["TDS", cents(order.total + freight), cents(order.total)])
    body.append(["SAC", "C", "D240", "", "", cents(freight)])
    return [*body, ["CTT", str(len(order.lines))]]


def change(order: Order) -> list[Segment]:
    """860."""
    body = [["BCH", "04", "SA", order.number, "", "1", day(order.date), *[""] * 4, day(order.due)]]
    body += [["CUR", "BY", order.currency], ["DTM", "002", day(order.due)], *address("ST", order.ship_to)]
    for line in order.lines:
        body.append(["POC", str(line.number), *changed(line), *products(line)])
        body += described(line)
    return [*body, ["CTT", str(len(order.lines))]]


def change_acknowledgement(order: Order) -> list[Segment]:
    """865."""
    body = [["BCA", "00", "AC", order.number, "", "1", day(order.date), *[""] * 2, f"SO{order.serial}", day(order.due)]]
    body += [["CUR", "SE", order.currency], *address("SE", order.seller)]
    for line in order.lines:
        body.append(["POC", str(line.number), *changed(line), *products(line)])
        body += described(line)
        body += answers(line)
    return [*body, ["CTT", str(len(order.lines))]]


def functional_acknowledgement(order: Order) -> list[Segment]:
    """997: one set answered for each line; about one in seven is rejected."""
    return _answers(order, "AK3", ["AK4", "2", "330", "6", "TEN"], "AK5", "5")


def implementation_acknowledgement(order: Order) -> list[Segment]:
    """999, the same in its own segments."""
    return _answers(order, "IK3", ["IK4", "2", "380", "6", "TEN"], "IK5", "5")


def _answers(order: Order, segment: str, element: Segment, verdict: str, code: str) -> list[Segment]:
    body: list[Segment] = [["AK1", "PO", str(order.serial % 10**9)]]
    accepted = 0
    for line in order.lines:
        body.append(["AK2", "850", f"{line.number:04d}"])
        if line.confirmed == line.quantity:
            body.append([verdict, "A"])
            accepted += 1
        else:
            body += [[segment, "PO1", str(line.number + 7), "PO1", "8"], element, [verdict, "R", code]]
    sets = len(order.lines)
    outcome = "A" if accepted == sets else "P" if accepted else "R"
    return [*body, ["AK9", outcome, str(sets), str(sets), str(accepted)]]


def address(role: str, party: Party) -> list[Segment]:
    region = party.region[:2]
    return [
        ["N1", role, party.name, "UL", party.gln],
        ["N3", party.street],
        ["N4", party.city, region, party.postal.replace(" ", ""), party.country],
    ]


def priced(line: Line) -> list[str]:
    return [str(line.quantity), line.units[0], number(line.price), ""]


def changed(line: Line) -> list[str]:
    kind = "QD" if line.confirmed < line.quantity else "PC"
    return [kind, str(line.quantity), str(line.confirmed), line.units[0], number(line.price), ""]


def products(line: Line) -> list[str]:
    return ["BP", line.sku, "EN", line.gtin] if line.number % 4 else ["BP", line.sku]


def described(line: Line) -> list[Segment]:
    return [["PID", "F", "", "", "", line.description]] if line.described else []


def answers(line: Line) -> list[Segment]:
    unit, due = line.units[0], ["067", day(line.due)]
    if line.confirmed == line.quantity:
        return [["ACK", "IA", str(line.quantity), unit, *due]]
    rest = ["ACK", "IB", str(line.quantity - line.confirmed), unit, *due]
    return [["ACK", "IQ", str(line.confirmed), unit, *due], rest] if line.confirmed else [rest]


X12_SETS: dict[str, Callable[[Order], Sequence[Segment]]] = {
    "850": purchase_order,
    "855": acknowledgement,
    "856": ship_notice,
    "810": invoice,
    "860": change,
    "865": change_acknowledgement,
    "997": functional_acknowledgement,
    "999": implementation_acknowledgement,
}
