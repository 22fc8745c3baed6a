"""Invented orders: parties, articles, prices, dates. What the documents of the generator are about.

Not here: segments (benchmarks/x12_sets.py, benchmarks/edifact_messages.py). Rule protected: the same random source
gives the same order. Prices and quantities spread as in real catalogues: most are small, a few are large.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from random import Random

THINGS = ("Hinge", "Bracket", "Hex bolt", "Cable tie", "Filter", "Gasket", "Valve", "Clamp", "Sensor", "Bearing",
          "Hose", "Washer", "Relay", "Fuse holder", "Drill bit", "Sealing ring", "Terminal block",
          "Grease cartridge")  # fmt: skip
KINDS = ("steel", "brass", "galvanised", "stainless A2", "black", "nylon", "left hand", "heavy duty", "DIN 933",
         "M8 x 40", "1/2 in", "24 V DC", "IP67", "100 pcs", "type B", "self-locking")  # fmt: skip
NAMES = ("Harbour Supplies", "Northern Tool Works", "Delta Industrial", "Miller and Sons", "Lindgren Technik",
         "Coastal Distribution", "Weber Handel", "Prairie Parts", "Atlas Components",
         "Riverside Wholesale")  # fmt: skip
FORMS = ("Inc", "Ltd", "GmbH", "BV", "LLC", "SA")
STREETS = ("Mill Lane", "Dock Street", "Industrial Way", "Station Road", "Harbour Drive", "Ringstrasse", "Elm Avenue")
PLACES = (("Chicago", "IL", "60601", "US"), ("Portland", "OR", "97201", "US"), ("Bremen", "HB", "28195", "DE"),
          ("Antwerpen", "VAN", "2000", "BE"), ("Leeds", "WYK", "LS1 4AP", "GB"),
          ("Dallas", "TX", "75201", "US"))  # fmt: skip
UNITS = (("EA", "PCE"), ("EA", "PCE"), ("EA", "PCE"), ("BX", "BX"), ("KG", "KGM"), ("DZ", "DZN"))
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    gln: str
    street: str
    city: str
    region: str
    postal: str
    country: str
    phone: str


@dataclass(frozen=True, slots=True)
class Line:
    """`units` is the unit of X12 and of EDIFACT. `confirmed` is what the seller can deliver at once."""

    number: int
    sku: str
    gtin: str
    description: str
    quantity: int
    confirmed: int
    units: tuple[str, str]
    price: Decimal
    due: dt.date
    schedule: tuple[tuple[int, dt.date], ...]
    described: bool

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(CENT)


@dataclass(frozen=True, slots=True)
class Order:
    number: str
    date: dt.date
    due: dt.date
    currency: str
    buyer: Party
    seller: Party
    ship_to: Party
    lines: tuple[Line, ...]
    serial: int  # numbers of shipment, invoice and packages follow from it

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


def order(random: Random, serial: int, lines: int) -> Order:
    """Order number `serial` with so many lines."""
    date = dt.date(2026, 1, 5) + dt.timedelta(days=random.randrange(300))
    due = date + dt.timedelta(days=random.randrange(5, 40))
    return Order(
        number=f"PO{4500000000 + serial}",
        date=date,
        due=due,
        currency=random.choice(("USD", "EUR", "EUR", "GBP")),
        buyer=party(random),
        seller=party(random),
        ship_to=party(random),
        lines=tuple(line(random, number, due) for number in range(1, lines + 1)),
        serial=serial,
    )


def party(random: Random) -> Party:
    place = random.choice(PLACES)
    return Party(
        f"{random.choice(NAMES)} {random.choice(FORMS)}",
        check_digit(f"40{random.randrange(10**10):010d}"),
        f"{random.randrange(1, 400)} {random.choice(STREETS)}",
        *place,
        f"+1 555 {random.randrange(10**7):07d}",
    )


def line(random: Random, number: int, due: dt.date) -> Line:
    quantity = min(int(random.paretovariate(0.9) * 4), 20_000)
    confirmed = quantity if random.random() < 0.85 else random.randrange(quantity)
    first = random.randrange(1, quantity) if quantity > 1 and random.random() < 0.25 else quantity
    schedule = [(first, due), (quantity - first, due + dt.timedelta(days=random.randrange(7, 21)))]
    return Line(
        number=number,
        sku=f"{random.choice('ABCDEFGH')}{random.randrange(100, 999)}-{random.randrange(10000):04d}",
        gtin=check_digit(f"40{random.randrange(10**10):010d}"),
        description=f"{random.choice(THINGS)} {', '.join(random.sample(KINDS, 3))}",
        quantity=quantity,
        confirmed=confirmed,
        units=random.choice(UNITS),
        price=min(Decimal(int(random.lognormvariate(2.2, 1.3) * 100) + 1) / 100, Decimal(25000)),
        due=due,
        schedule=tuple((part, day) for part, day in schedule if part),
        described=random.random() < 0.8,
    )


def check_digit(digits: str) -> str:
    """A GS1 number with its check digit: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)
