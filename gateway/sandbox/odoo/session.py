"""A session: who calls, in which context, since when; and the way to values along dotted paths.

It writes nothing. The rule kept: everything done in one session carries the moment it started.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.sandbox.odoo.fields import Field
from gateway.sandbox.odoo.store import STAMP, Store

if TYPE_CHECKING:
    from gateway.sandbox.odoo.records import Records


@dataclass(frozen=True, slots=True)
class Recordset:
    """A method's result that is records. What a client gets of it differs by version."""

    model: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """One call: `started` is the start of its transaction, naive UTC."""

    store: Store
    uid: int
    started: dt.datetime
    context: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, model: str) -> Records:
        definition = self.store.model(model)
        return definition.behaviour(self, definition)

    @property
    def stamp(self) -> str:
        return self.started.strftime(STAMP)

    @property
    def seconds(self) -> str:
        """The start cut to whole seconds, as a datetime field holds it."""
        return self.stamp[:19]

    def value(self, model: str, record: int, path: str) -> Any:
        """The kept, computed or related value at a dotted path; False once a step of the way is empty."""
        name, _, rest = path.partition(".")
        if name == "id":
            return record
        definition = self.store.model(model).fields[name]
        if definition.related:
            found = self.value(model, record, definition.related)
        elif definition.compute is not None:
            found = definition.compute(self, record)
        elif definition.type == "one2many":
            found = self._children(definition, record)
        else:
            row = self.store.rows(model).get(record, {})
            found = row.get(name, [] if definition.many else definition.default)
        if not rest:
            return found
        return self.value(definition.relation, found, rest) if found else False

    def display_name(self, model: str, record: int) -> str:
        return self[model].display_name(record)

    def _children(self, definition: Field, record: int) -> list[int]:
        target = self.store.model(definition.relation)
        rows = self.store.rows(definition.relation)
        below = self.store.children(definition.relation, definition.inverse, record)
        found = [child for child in below if rows[child].get("active", True)]
        return self[target.name].sort(found, target.order)
