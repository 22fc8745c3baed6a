"""What a model has: its fields, its order, its name field. Tables of these stand beside the behaviour of each model.

A field keeps a plain value in the store: a many2one an id or False, a many2many a list of ids, date and time a text
in UTC. A one2many, a computed and a related field keep nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from gateway.sandbox.odoo.records import Records
    from gateway.sandbox.odoo.session import Session

Values: TypeAlias = dict[str, Any]
Compute: TypeAlias = "Callable[[Session, int], Any]"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `digits` names a decimal.precision or is a number; `default` fills a create that leaves it out."""

    type: str
    label: str = ""
    relation: str = ""
    inverse: str = ""
    required: bool = False
    default: Any = False
    digits: str | int = ""
    choices: tuple[tuple[str, str], ...] = ()
    related: str = ""
    compute: Compute | None = None

    @property
    def stored(self) -> bool:
        return self.type != "one2many" and not self.related and self.compute is None

    @property
    def many(self) -> bool:
        return self.type in ("one2many", "many2many")


@dataclass(frozen=True, slots=True)
class Model:
    """One model: `description` is the words Odoo uses for it in errors."""

    name: str
    description: str
    fields: Mapping[str, Field]
    behaviour: type[Records]
    order: str = "id"
    name_field: str = "name"


class Names(NamedTuple):
    """Field names that differ between versions."""

    line_uom: str
    line_taxes: str
    supplier_uom: str
    terms: str
    user_groups: str
    quantity_digits: str


def names(version: int) -> Names:
    """The names of one major version."""
    if version >= 19:
        return Names("product_uom_id", "tax_ids", "product_uom_id", "note", "group_ids", "Product Unit")
    return Names("product_uom", "taxes_id", "product_uom", "notes", "groups_id", "Product Unit of Measure")


def char(label: str = "", **more: Any) -> Field:
    return Field("char", label, **more)


def text(label: str = "", **more: Any) -> Field:
    return Field("text", label, **more)


def html(label: str = "", **more: Any) -> Field:
    return Field("html", label, **more)


def integer(label: str = "", default: int = 0, **more: Any) -> Field:
    return Field("integer", label, default=default, **more)


def number(label: str = "", default: float = 0.0, digits: str | int = "", **more: Any) -> Field:
    return Field("float", label, default=default, digits=digits, **more)


def money(label: str = "", **more: Any) -> Field:
    return Field("monetary", label, default=0.0, digits=2, **more)


def flag(label: str = "", default: bool = False, **more: Any) -> Field:
    return Field("boolean", label, default=default, **more)


def date(label: str = "", **more: Any) -> Field:
    return Field("date", label, **more)


def moment(label: str = "", **more: Any) -> Field:
    return Field("datetime", label, **more)


def binary(label: str = "", **more: Any) -> Field:
    return Field("binary", label, **more)


def choice(label: str, *values: str, **more: Any) -> Field:
    """A selection. Each value is `key` or `key=Label`; without a label the key in title case."""
    pairs = [value.partition("=") for value in values]
    choices = tuple((key, shown or key.replace("_", " ").title()) for key, _, shown in pairs)
    return Field("selection", label, choices=choices, **more)


def one(relation: str, label: str = "", **more: Any) -> Field:
    return Field("many2one", label, relation, **more)


def children(relation: str, inverse: str, label: str = "", **more: Any) -> Field:
    return Field("one2many", label, relation, inverse, **more)


def many(relation: str, label: str = "", **more: Any) -> Field:
    return Field("many2many", label, relation, **more)
