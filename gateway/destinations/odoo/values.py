"""Odoo's values as ours: ids, texts, amounts, days, units, item and location numbers. Pure.

Rule protected: an empty Odoo value (False, blank) is absent; a datetime is UTC until a zone cuts it to a day; a number
has the decimals its field has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

# English unit names of a plain Odoo 17-19 -> UN/ECE Recommendation 20. Packages (box, carton, pallet) differ by
# installation and are
# configured.
UNITS: Mapping[str, str] = {
    "units": "EA", "unit": "EA", "dozens": "DZN", "dozen": "DZN", "pairs": "PR", "pair": "PR",
    "kg": "KGM", "g": "GRM", "t": "TNE", "lb": "LBR", "oz": "ONZ",
    "l": "LTR", "ml": "MLT", "m³": "MTQ", "in³": "INQ", "ft³": "FTQ",
    "gal (us)": "GLL", "qt (us)": "QTL", "fl oz (us)": "OZA",
    "m": "MTR", "mm": "MMT", "cm": "CMT", "km": "KMT", "in": "INH", "ft": "FOT", "yd": "YRD", "mi": "SMI",
    "m²": "MTK", "ft²": "FTK",
    "hours": "HUR", "hour": "HUR", "days": "DAY", "day": "DAY", "minutes": "MIN",
}  # fmt: skip


def ref(value: Any) -> int:
    """The id of a many2one (`[50, "Vendor"]`), 0 when empty."""
    return int(value[0]) if isinstance(value, list) and value else 0


def label(value: Any) -> str:
    """The name of a many2one, empty when empty."""
    return str(value[1]) if isinstance(value, list) and len(value) > 1 else ""


def text(value: Any) -> str:
    """A trimmed text; False, None and blanks are empty."""
    return str(value).strip() if isinstance(value, str) else ""


def amount(value: Any, digits: int) -> Decimal:
    """A float field, rounded half up to its decimals."""
    return Decimal(str(value or 0)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def net_price(row: Mapping[str, Any], digits: int) -> Decimal:
    """The price of one ordered unit after the line's discount."""
    price = Decimal(str(row["price_unit"] or 0))
    discount = Decimal(str(row.get("discount") or 0))
    return amount(price * (1 - discount / 100), digits)


def moment(value: Any) -> dt.datetime | None:
    """Odoo's naive UTC text as an aware datetime."""
    return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC) if isinstance(value, str) and value else None


def moment_text(value: dt.datetime) -> str:
    """An aware datetime as Odoo compares it: UTC, whole seconds."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def day(value: Any, zone: ZoneInfo) -> dt.date | None:
    """The calendar day of a datetime field in a zone."""
    at = moment(value)
    return at.astimezone(zone).date() if at else None


def noon(date: dt.date, zone: ZoneInfo) -> str:
    """A day as a planned date: noon UTC, or noon of the zone where noon UTC is another day."""
    at = dt.datetime.combine(date, dt.time(12), dt.UTC)
    if at.astimezone(zone).date() != date:
        at = dt.datetime.combine(date, dt.time(12), zone)
    return moment_text(at)


def unit(name: str, configured: Mapping[str, str]) -> str:
    """The Rec 20 code of an Odoo unit name, empty if not known. Configuration wins; capitals do not count."""
    own = {key.casefold(): code for key, code in configured.items()}
    folded = name.strip().casefold()
    return own.get(folded) or UNITS.get(folded, "")


def gtin(value: Any) -> str:
    """A barcode as a GTIN of 14 digits, empty unless it is a GTIN-8, -12, -13 or -14 with a right check digit."""
    digits = text(value)
    return digits.zfill(14) if len(digits) in (8, 12, 13, 14) and _checked(digits) else ""


def gln(value: Any) -> str:
    """A GLN: 13 digits with a right check digit, else empty."""
    digits = text(value)
    return digits if len(digits) == 13 and _checked(digits) else ""


def _checked(digits: str) -> bool:
    """GS1 check digit: weights 3 and 1 from the right, without the last digit."""
    if not (digits.isascii() and digits.isdecimal()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1])))
    return (10 - weighted % 10) % 10 == int(digits[-1])
