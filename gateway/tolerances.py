"""How far a partner's figures may differ from ours: `tolerances:` of a partner.yaml.

Not here: what is compared with what (gateway/matching.py). Rule protected: zero unless somebody wrote something else,
and a value at the limit is within.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


@dataclass(frozen=True, slots=True)
class Limit:
    """A distance: a share of the reference in percent, or an absolute value."""

    value: Decimal
    percent: bool = False

    def of(self, reference: Decimal) -> Decimal:
        """The distance for this reference value."""
        return abs(reference) * self.value / 100 if self.percent else self.value


def limit(value: Any) -> Limit:
    """`5%`, `"2.50"` or 3. Raises ValueError with the forms that are understood."""
    if isinstance(value, Limit):
        return value
    text = str(value).strip()
    percent = text.endswith("%")
    try:
        number = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise ValueError(f"{value!r} is no tolerance; write 5% or a number that is not negative")
    return Limit(number, percent)


Distance: TypeAlias = Annotated[Limit, BeforeValidator(limit)]
_NONE = Limit(Decimal(0))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class PriceTolerance(_Part):
    """Both limits must hold; one that is not given does not count. A plain `2%` or `"0.05"` stands for one limit."""

    percent: Distance | None = None
    absolute: Distance | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
            return {"percent" if limit(value).percent else "absolute": value}
        return value

    @model_validator(mode="after")
    def _units(self) -> PriceTolerance:
        if self.percent is not None and not self.percent.percent:
            object.__setattr__(self, "percent", Limit(self.percent.value, percent=True))  # `percent: 2` is 2 %
        if self.absolute is not None and self.absolute.percent:
            raise ValueError("absolute: write an amount, not a percentage")
        return self

    def holds(self, expected: Decimal, actual: Decimal) -> bool:
        """Whether the difference is within every limit given; without a limit only equal values are."""
        limits = [each.of(expected) for each in (self.percent, self.absolute) if each is not None]
        return abs(actual - expected) <= (min(limits) if limits else 0)


class Tolerances(_Part):
    """All keys of `tolerances:`. Prices are per ordered unit, days are calendar days."""

    quantity_over: Distance = _NONE
    quantity_under: Distance = _NONE
    price: PriceTolerance = PriceTolerance()
    date_early_days: int = Field(default=0, ge=0)
    date_late_days: int = Field(default=0, ge=0)
    invoice_total: PriceTolerance = PriceTolerance()

    def quantity_holds(self, ordered: Decimal, confirmed: Decimal) -> bool:
        side = self.quantity_over if confirmed > ordered else self.quantity_under
        return abs(confirmed - ordered) <= side.of(ordered)

    def date_holds(self, requested: dt.date, promised: dt.date) -> bool:
        late = (promised - requested).days
        return -self.date_early_days <= late <= self.date_late_days

    def last_day(self, requested: dt.date) -> dt.date:
        """The latest delivery that is within tolerance."""
        return requested + dt.timedelta(days=self.date_late_days)
