"""The methods every model has.

Each model's own behaviour is a subclass of Records beside its fields. Methods marked `model_method` or
`record_method` can be called from outside; anything else cannot. The rule kept: arguments have the names Odoo gives
them, since they are part of its interface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gateway.sandbox.odoo.domains import compile_domain, mentions
from gateway.sandbox.odoo.errors import InvalidValue, MissingError, ValidationError
from gateway.sandbox.odoo.fields import Field, Model, Values
from gateway.sandbox.odoo.session import Recordset, Session
from gateway.sandbox.odoo.values import shown, stored

Function = TypeVar("Function", bound=Callable[..., Any])
MAGIC = ("id", "display_name", "create_date", "create_uid", "write_date", "write_uid")


def magic(model: str) -> dict[str, Field]:
    """The fields every model has; nobody writes them."""
    return {
        "id": Field("integer", "ID", compute=lambda session, record: record),
        "display_name": Field(
            "char", "Display Name", compute=lambda session, record: session.display_name(model, record)
        ),
        "create_date": Field("datetime", "Created on"),
        "create_uid": Field("many2one", "Created by", "res.users"),
        "write_date": Field("datetime", "Last Updated on"),
        "write_uid": Field("many2one", "Last Updated by", "res.users"),
    }


def model_method(function: Function) -> Function:
    """Callable from outside, without ids."""
    function.__dict__["rpc"] = "model"
    return function


def record_method(function: Function) -> Function:
    """Callable from outside, on ids."""
    function.__dict__["rpc"] = "record"
    return function


class Records:
    """The methods of every model."""

    def __init__(self, session: Session, definition: Model) -> None:
        self.session = session
        self.store = session.store
        self.definition = definition
        self.name = definition.name

    # -- called from outside

    @model_method
    def search(
        self, domain: list[Any], offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> list[int]:
        test = compile_domain(self.session, self.name, domain)
        rows = self.store.rows(self.name)
        hide = "active" in self.definition.fields and not mentions(domain, "active")
        if hide and self.session.context.get("active_test", True):
            found = [record for record, row in rows.items() if row.get("active", True) and test(record)]
        else:
            found = [record for record in rows if test(record)]
        ordered = self.sort(found, order or self.definition.order)
        return ordered[offset : offset + limit if limit else None]

    @model_method
    def search_count(self, domain: list[Any], limit: int | None = None) -> int:
        return len(self.search(domain, limit=limit))

    @model_method
    def search_read(
        self,
        domain: list[Any] | None = None,
        fields: list[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Values]:
        return self.read(self.search(domain or [], offset, limit, order), fields)

    @model_method
    def web_search_read(
        self,
        domain: list[Any],
        specification: Mapping[str, Any],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        """The web client's nested read: records are objects wherever the specification asks for their fields."""
        found = self.search(domain, offset, limit, order)
        return {"length": self.search_count(domain), "records": self.nested(found, specification)}

    @record_method
    def read(self, ids: list[int], fields: list[str] | None = None, load: str = "_classic_read") -> list[Values]:
        names = list(dict.fromkeys(fields)) if fields else sorted(self.definition.fields)
        for name in names:
            self.field(name)
        rows = self.store.rows(self.name)
        return [
            {
                "id": record,
                **{name: self.shown(record, name, load == "_classic_read") for name in names if name != "id"},
            }
            for record in ids
            if record in rows
        ]

    @model_method
    def fields_get(
        self, allfields: list[str] | None = None, attributes: list[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        described: dict[str, dict[str, Any]] = {}
        for name in self.definition.fields:
            if allfields and name not in allfields:
                continue
            known = self.field(name)
            facts: dict[str, Any] = {
                "type": known.type,
                "string": known.label or name.replace("_", " ").title(),
                "required": known.required,
                "readonly": not known.stored and known.type != "one2many",
                "store": known.stored,
                "name": name,
            }
            if known.relation:
                facts["relation"] = known.relation
            if known.inverse:
                facts["relation_field"] = known.inverse
            if known.choices:
                facts["selection"] = [list(pair) for pair in known.choices]
            described[name] = {key: fact for key, fact in facts.items() if not attributes or key in attributes}
        return described

    @model_method
    def create(self, vals_list: Values | list[Values]) -> int | list[int]:
        if isinstance(vals_list, Mapping):
            return self.create_one(dict(vals_list))
        return [self.create_one(dict(values)) for values in vals_list]

    @record_method
    def write(self, ids: list[int], vals: Values) -> bool:
        for name in vals:
            self.field(name)
        self.require(ids)
        vals = {name: value for name, value in vals.items() if name not in MAGIC}
        plain = {name: self.stored(name, value) for name, value in vals.items() if self.field(name).stored}
        for record in ids:
            self.store.update(self.name, record, {**plain, **self._trace()})
            for name, value in vals.items():
                known = self.field(name)
                if known.related:
                    parent, _, there = known.related.partition(".")
                    target = self.session[self.field(parent).relation]
                    target.write([self.get(record, parent)], {there: value})
                elif known.many:
                    self.command(record, name, value)
        return True

    @record_method
    def unlink(self, ids: list[int]) -> bool:
        self.require(ids)
        for record in ids:
            self.store.delete(self.name, record)
        return True

    @record_method
    def exists(self, ids: list[int]) -> Recordset:
        rows = self.store.rows(self.name)
        return Recordset(self.name, tuple(record for record in ids if record in rows))

    # -- for the models' own behaviour

    def create_one(self, values: Values, record: int | None = None) -> int:
        """Insert one record with its children; `record` is an id chosen by seed data."""
        for name in values:
            self.field(name)
        values = {name: value for name, value in values.items() if name not in MAGIC}
        row: Values = {}
        for name, known in self.definition.fields.items():
            if known.stored:
                row[name] = self.stored(name, values[name]) if name in values and not known.many else self.default(name)
                if known.required and row[name] is False:
                    raise ValidationError(self._required(name, known))
        trace = self._trace()
        row.update(trace, create_date=trace["write_date"], create_uid=trace["write_uid"])
        record = self.store.insert(self.name, row, record)
        for name, value in values.items():
            if self.field(name).many:
                self.command(record, name, value)
        return record

    def default(self, name: str) -> Any:
        known = self.definition.fields[name]
        return [] if known.many else known.default

    def display_name(self, record: int) -> str:
        row = self.store.rows(self.name).get(record, {})
        return str(row.get(self.definition.name_field) or f"{self.name},{record}")

    def field(self, name: str) -> Field:
        """The field, or Odoo's error for an unknown one."""
        if name in self.definition.fields:
            return self.definition.fields[name]
        word = "in" if self.store.version >= 19 else "on model"
        raise InvalidValue(f"Invalid field {name!r} {word} {self.name!r}")

    def require(self, ids: list[int]) -> None:
        """Raises MissingError for the first id that is not there."""
        rows = self.store.rows(self.name)
        for record in ids:
            if record not in rows:
                raise MissingError(
                    "Record does not exist or has been deleted.\n"
                    f"(Record: {self.name}({record},), User: {self.session.uid})"
                )

    def get(self, record: int, path: str) -> Any:
        return self.session.value(self.name, record, path)

    def set(self, record: int, **values: Any) -> None:
        """Change kept values and move write_date, past the rules of `write`."""
        self.store.update(self.name, record, {**values, **self._trace()})

    def stored(self, name: str, value: Any) -> Any:
        """The value as the store keeps it. Raises Odoo's error for a value that does not fit the field."""
        known = self.field(name)
        kept = stored(self.name, name, known, value, self._digits(known))
        if known.type == "many2one" and kept:
            self.session[known.relation].require([kept])
        return kept

    def shown(self, record: int, name: str, named: bool) -> Any:
        """The value as `read` answers it: a many2one with its name if `named`, a datetime in whole seconds."""
        known, value = self.field(name), self.get(record, name)
        if known.type == "many2one" and value and named:
            return [value, self.session.display_name(known.relation, value)]
        return shown(known, value)

    def nested(self, ids: list[int], specification: Mapping[str, Any]) -> list[Values]:
        answer = []
        for record in ids:
            values: Values = {"id": record}
            for name, wanted in specification.items():
                known, value = self.field(name), self.shown(record, name, named=False)
                inner = (wanted or {}).get("fields")
                if inner is not None and value and known.relation:
                    below = self.session[known.relation].nested(value if known.many else [value], inner)
                    value = below if known.many else below[0]
                values[name] = value
            answer.append(values)
        return answer

    def sort(self, ids: list[int], order: str) -> list[int]:
        """Ids in the order of an `order` text; the last key is applied first, sorting being stable."""
        ordered = sorted(ids)
        for part in reversed(order.split(",")):
            name, _, direction = part.strip().partition(" ")
            if name != "id":
                self.field(name)

            def key(record: int, name: str = name) -> tuple[bool, Any]:
                if name == "id":
                    return (False, record)
                value = self.get(record, name)
                # PostgreSQL puts empty values last; a false flag is a value like any other.
                return (value is False and self.field(name).type != "boolean", value)

            ordered.sort(key=key, reverse=direction.strip().lower().startswith("desc"))
        return ordered

    def command(self, record: int, name: str, commands: Any) -> None:
        """Apply a list of x2many commands (0 create, 1 update, 2 delete, 3 unlink, 4 link, 5 clear, 6 set)."""
        known = self.field(name)
        target = self.session[known.relation]
        for command in commands or []:
            if isinstance(command, int):
                command = (4, command)
            code, child = command[0], command[1] if len(command) > 1 else 0
            if code == 0:
                values = dict(command[2])
                if known.inverse:
                    target.create_one({**values, known.inverse: record})
                else:
                    self._members(record, name, lambda now, new: [*now, new], target.create_one(values))
            elif code == 1:
                target.write([child], command[2])
            elif code == 2:
                target.unlink([child])
            elif known.inverse:
                self._adopt(target, known.inverse, record, code, command)
            elif code == 6:
                target.require(command[2])
                self.store.update(self.name, record, {name: sorted(set(command[2]))})
            elif code == 5:
                self.store.update(self.name, record, {name: []})
            elif code == 4:
                target.require([child])
                self._members(record, name, lambda now, new: sorted({*now, new}), child)
            elif code == 3:
                self._members(record, name, lambda now, gone: [member for member in now if member != gone], child)
            else:
                raise InvalidValue(f"Wrong value for {self.name}.{name}: {commands!r}")

    # -- inside

    def _members(self, record: int, name: str, change: Callable[[list[int], int], list[int]], member: int) -> None:
        now = self.store.rows(self.name)[record].get(name, [])
        self.store.update(self.name, record, {name: change(now, member)})

    def _adopt(self, target: Records, inverse: str, record: int, code: int, command: Any) -> None:
        """Link and unlink on a one2many change the children's reference to their parent."""
        now = [child for child, row in self.store.rows(target.name).items() if row.get(inverse) == record]
        wanted = {
            3: [c for c in now if c != command[1]],
            4: [*now, command[1]],
            5: [],
            6: command[2] if code == 6 else [],
        }
        if code not in wanted:
            raise InvalidValue(f"Wrong value for {target.name}.{inverse}: {command!r}")
        for child in {*now} - {*wanted[code]}:
            target.write([child], {inverse: False})
        for child in {*wanted[code]} - {*now}:
            target.write([child], {inverse: record})

    def _trace(self) -> Values:
        return {"write_date": self.session.stamp, "write_uid": self.session.uid}

    def _digits(self, known: Field) -> int | None:
        if isinstance(known.digits, int):
            return known.digits
        if not known.digits:
            return None
        for row in self.store.rows("decimal.precision").values():
            if row["name"] == known.digits:
                return int(row["digits"])
        return 2

    def _required(self, name: str, known: Field) -> str:
        words = self.definition.description
        if self.store.version >= 19:
            return (
                f"The operation cannot be completed: Missing required value for the field '{known.label}' ({name}).\n"
                f"Model: '{words}' ({self.name})\n"
                "- create/update: a mandatory field is not set\n"
                "- delete: another model requires the record being deleted, you can archive it instead\n"
            )
        return (
            "The operation cannot be completed:\n"
            "- Create/update: a mandatory field is not set.\n"
            "- Delete: another model requires the record being deleted. If possible, archive it instead.\n\n"
            f"Model: {words} ({self.name})\nField: {known.label} ({name})\n"
        )
