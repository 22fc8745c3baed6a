"""Orders as EDIFACT messages: segments without UNH and UNT, as edi.syntax.write takes them.

Not here: envelopes and service characters (benchmarks/generator.py). Rule protected: counts and totals are those of the
order, and what is written is allowed in D.96A and in D.01B. About one segment in thirty has a character that must be
released.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal

from benchmarks.trade import CENT, Line, Order, Party
from benchmarks.x12_sets import number, sscc
from edi.model import COMPONENT, Segment

RELEASED = ("3/4' thread", "set 2+1", "ratio 1:5", "size ?", "O'Neil fit")


def of(*parts: str) -> str:
    """A composite."""
    return COMPONENT.join(parts)


def date(kind: str, day: dt.date) -> Segment:
    return ["DTM", of(kind, f"{day:%Y%m%d}", "102")]


def orders(order: Order) -> list[Segment]:
    body = [["BGM", "220", order.number, "9"], date("137", order.date), date("2", order.due)]
    body += [["FTX", "AAI", "", "", "Deliver to gate 4 between 8 and 15"]]
    body += [party("BY", order.buyer), ["CTA", "OC", of("", "Purchasing")], ["COM", of(order.buyer.phone, "TE")]]
    body += [party("SU", order.seller), party("DP", order.ship_to), ["CUX", of("2", order.currency, "9")]]
    body += [["PAT", "1", "", of("5", "3", "D", "30")]]
    for line in order.lines:
        body += item(line)
        body += [quantity("21", line.quantity, line), price(line)]
        if len(line.schedule) > 1:
            body.append(["SCC", "1"])
            for part, day in line.schedule:
                body += [quantity("11", part, line), date("2", day)]
    return [*body, ["UNS", "S"], ["CNT", of("2", str(len(order.lines)))]]


def order_response(order: Order) -> list[Segment]:
    overall = "AP" if all(line.confirmed == line.quantity for line in order.lines) else "AC"
    body = [["BGM", "231", f"SO{order.serial}", "9", overall], date("137", order.due)]
    body += [["RFF", of("ON", order.number)], date("4", order.date)]
    body += [party("BY", order.buyer), party("SU", order.seller), ["CUX", of("2", order.currency, "9")]]
    for line in order.lines:
        body += item(line, "5" if line.confirmed == line.quantity else "3")
        body += [quantity("21", line.quantity, line), quantity("113", line.confirmed, line)]
        if line.confirmed < line.quantity:
            body.append(quantity("83", line.quantity - line.confirmed, line))
        body += [date("67", line.due), price(line)]
    return [*body, ["UNS", "S"], ["CNT", of("2", str(len(order.lines)))]]


def despatch_advice(order: Order) -> list[Segment]:
    """The shipment, pallets in it, and the lines on each; packages are counted and numbered."""
    body = [["BGM", "351", f"SH{order.serial}", "9"], date("137", order.due), date("11", order.due)]
    body += [["RFF", of("ON", order.number)], date("4", order.date)]
    body += [party("BY", order.buyer), party("SU", order.seller), party("DP", order.ship_to)]
    body += [["TDT", "20", f"BL{order.serial}", "30"]]
    pallets = range(0, len(order.lines), 5)
    body += [["CPS", "1"], ["PAC", str(len(pallets)), "", "201"]]
    for level, first in enumerate(pallets, 2):
        body += [["CPS", str(level), "1"], ["PAC", "1", "", "201"], ["PCI", "17"], ["GIN", "BJ", sscc(order, level)]]
        for line in order.lines[first : first + 5]:
            body += item(line)
            body.append(quantity("12", line.quantity, line))
            body.append(["RFF", of("ON", order.number, str(line.number))])
    return [*body, ["CNT", of("2", str(len(order.lines)))]]


def invoice(order: Order) -> list[Segment]:
    body = [["BGM", "380", f"INV{order.serial}", "9"], date("137", order.due), date("35", order.due)]
    body += [["RFF", of("ON", order.number)], date("4", order.date)]
    body += [party("BY", order.buyer), ["RFF", of("VA", f"DE{order.serial % 10**9:09d}")], party("SU", order.seller)]
    body += [["CUX", of("2", order.currency, "4")], ["PAT", "1", "", of("5", "3", "D", "30")]]
    for line in order.lines:
        body += item(line)
        body += [quantity("47", line.quantity, line), money("203", line.amount), price(line)]
        body.append(["TAX", "7", "VAT", "", "", of("", "", "", "20"), "S"])
    tax = (order.total / 5).quantize(CENT)
    body += [["UNS", "S"], ["CNT", of("2", str(len(order.lines)))]]
    body += [money("79", order.total), money("124", tax), money("77", order.total + tax)]
    return [*body, ["TAX", "7", "VAT", "", "", of("", "", "", "20"), "S"], money("124", tax)]


def order_change(order: Order) -> list[Segment]:
    body = [["BGM", "230", f"{order.number}-1", "4"], date("137", order.date), date("2", order.due)]
    body += [["RFF", of("ON", order.number)], date("4", order.date)]
    body += [party("BY", order.buyer), party("SU", order.seller), ["CUX", of("2", order.currency, "9")]]
    for line in order.lines:
        body += item(line, "3")
        body += [quantity("21", line.confirmed, line), price(line)]
    return [*body, ["UNS", "S"], ["CNT", of("2", str(len(order.lines)))]]


def syntax_report(order: Order) -> list[Segment]:
    """CONTRL: one message answered for each line; about one in seven is rejected."""
    body: list[Segment] = [["UCI", str(order.serial), of(order.buyer.gln, "14"), of(order.seller.gln, "14"), "7"]]
    for line in order.lines:
        name = of("ORDERS", "D", "96A", "UN")
        if line.confirmed == line.quantity:
            body.append(["UCM", str(line.number), name, "7"])
        else:
            body += [["UCM", str(line.number), name, "4", "12"], ["UCS", str(line.number + 9)]]
            body.append(["UCD", "12", of("1", "2")])
    return body


def application_error(order: Order) -> list[Segment]:
    """APERAK: one error for each line that cannot be delivered as ordered, with its reference."""
    body = [["BGM", "231", f"AE{order.serial}", "27"], date("137", order.date), ["RFF", of("ACW", order.number)]]
    body += [party("MS", order.seller), party("MR", order.buyer)]
    for line in order.lines[:999]:
        code = "12" if line.confirmed < line.quantity else "48"
        text = f"Line {line.number}, {line.confirmed} of {line.quantity} can be delivered"
        body += [["ERC", code], ["FTX", "AAO", "", "", text], ["RFF", of("ON", order.number, str(line.number))]]
    return body


def party(role: str, who: Party) -> Segment:
    return ["NAD", role, of(who.gln, "", "9"), "", who.name, who.street, who.city, who.region, who.postal, who.country]


def item(line: Line, action: str = "") -> list[Segment]:
    if line.number % 4:
        segments = [["LIN", str(line.number), action, of(line.gtin, "EN")], ["PIA", "1", of(line.sku, "SA")]]
    else:
        segments = [["LIN", str(line.number), *filter(None, [action])], ["PIA", "5", of(line.sku, "SA")]]
    if line.described:
        text = line.description.partition(",")[0][:22]
        if int(line.gtin) % 4 == 0:
            text += " " + RELEASED[line.number % len(RELEASED)]
        segments.append(["IMD", "F", "", of("", "", "", text)])
    return segments


def quantity(kind: str, value: int, line: Line) -> Segment:
    return ["QTY", of(kind, str(value), line.units[1])]


def price(line: Line) -> Segment:
    return ["PRI", of("AAA", number(line.price))]


def money(kind: str, value: Decimal) -> Segment:
    return ["MOA", of(kind, number(value))]


EDIFACT_MESSAGES: dict[str, Callable[[Order], Sequence[Segment]]] = {
    "ORDERS": orders,
    "ORDRSP": order_response,
    "DESADV": despatch_advice,
    "INVOIC": invoice,
    "ORDCHG": order_change,
    "CONTRL": syntax_report,
    "APERAK": application_error,
}
