"""Values on their way into the store and out of it: types are checked as Odoo checks them, its error texts kept."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from html.parser import HTMLParser
from typing import Any

from gateway.sandbox.odoo.errors import InvalidType, InvalidValue
from gateway.sandbox.odoo.fields import Field


def stored(model: str, name: str, field: Field, value: Any, digits: int | None) -> Any:
    """The value as the store keeps it. `digits` rounds a number. Raises InvalidValue or InvalidType."""
    if field.type == "boolean":
        return bool(value)
    if field.type in ("float", "monetary", "integer"):
        return _number(field, value, digits)
    if value is None or value is False:
        return False
    if field.type in ("date", "datetime"):
        return _moment(field, value)
    if field.type == "many2one":
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidValue(f"Wrong value for {model}.{name}: {value!r}")
        return value
    if field.type == "selection":
        if value not in {key for key, _ in field.choices}:
            raise InvalidValue(f"Wrong value for {model}.{name}: {value!r}")
        return value
    if field.type == "html":
        return clean_html(str(value))
    return str(value)


def shown(field: Field, value: Any) -> Any:
    """The value as `read` answers it; the many2one's name is the caller's work."""
    if field.type == "datetime" and value:
        # The wire has whole seconds; the database keeps microseconds.
        return value[:19]
    if field.many:
        return list(value)
    if field.type == "float" or field.type == "monetary":
        return float(value)
    return value


def rounded(value: float, digits: int) -> float:
    """Half up on the decimal text, as Odoo's float_round does for amounts."""
    return float(Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _number(field: Field, value: Any, digits: int | None) -> int | float:
    if value is None or value is False:
        value = 0
    try:
        if field.type == "integer":
            return int(value)
        return rounded(float(value), digits) if digits is not None else float(value)
    except ValueError as error:
        raise InvalidValue(str(error)) from None
    except TypeError as error:
        raise InvalidType(str(error)) from None


def _moment(field: Field, value: Any) -> str:
    text = str(value)
    try:
        if field.type == "date":
            return dt.date.fromisoformat(text[:10]).isoformat()
        if len(text) == 10:
            text += " 00:00:00"
        # Odoo's own format only: no T, no zone, no fraction needed; the server time is UTC.
        dt.datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        return text[:19]
    except ValueError as error:
        raise InvalidValue(str(error)) from None


class _Cleaner(HTMLParser):
    """Keeps tags and texts; drops what could run or load: scripts, frames, objects, event attributes, links to code."""

    DROPPED_WITH_CONTENT = frozenset({"script", "style", "iframe", "object", "embed", "applet", "form", "noscript"})
    DROPPED = frozenset({"html", "head", "body", "meta", "link", "base", "input", "button"})
    VOID = frozenset({"br", "hr", "img", "col", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.DROPPED_WITH_CONTENT:
            if tag != "embed":
                self._inside.append(tag)
            return
        if self._inside or tag in self.DROPPED:
            return
        kept = "".join(
            f' {name}="{escape(value or "")}"'
            for name, value in attrs
            if not name.startswith("on") and not (value or "").strip().lower().startswith(("javascript:", "vbscript:"))
        )
        self.parts.append(f"<{tag}{kept}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.DROPPED_WITH_CONTENT:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside:
            if tag == self._inside[-1]:
                self._inside.pop()
        elif tag not in self.DROPPED and tag not in self.VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(escape(data, quote=False))


def clean_html(source: str) -> str:
    """Sanitised HTML. A text without a tag becomes one paragraph."""
    cleaner = _Cleaner()
    cleaner.feed(source)
    cleaner.close()
    cleaned = "".join(cleaner.parts)
    return cleaned if cleaned.lstrip().startswith("<") or not cleaned else f"<p>{cleaned}</p>"
