"""`load`: create or overwrite records by external id, from rows of text.

The rules kept: a known external id overwrites what people edited; a line without one is added again on every load; an
error is a message beside `ids: false`, never an exception, and then nothing was written.
"""

from __future__ import annotations

from typing import Any

from gateway.sandbox.odoo.base import ExternalIds, external_ids
from gateway.sandbox.odoo.errors import InvalidValue, OdooError
from gateway.sandbox.odoo.fields import Field, Values
from gateway.sandbox.odoo.records import Records, model_method


class Loading(Records):
    @model_method
    def load(self, fields: list[str], data: list[list[str]]) -> Values:
        try:
            with self.store.savepoint():
                ids = [self._upsert(self, record) for record in self._records(fields, data)]
        except OdooError as error:
            row = {"rows": {"from": 0, "to": max(len(data) - 1, 0)}, "record": 0}
            return {"ids": False, "messages": [{"type": "error", "message": error.message, **row}], "nextrow": 0}
        return {"ids": ids, "messages": [], "nextrow": 0}

    def _records(self, fields: list[str], data: list[list[str]]) -> list[Values]:
        """Rows joined to records: a row whose own columns are all empty adds lines to the record above."""
        own = [index for index, path in enumerate(fields) if path.split("/")[0] not in self._child_fields(fields)]
        records: list[Values] = []
        for row in data:
            if not records or any(row[index] for index in own):
                records.append({fields[index]: row[index] for index in own})
            for name in self._child_fields(fields):
                cells = {
                    path.removeprefix(f"{name}/"): row[index]
                    for index, path in enumerate(fields)
                    if path.startswith(f"{name}/")
                }
                if any(cells.values()):
                    records[-1].setdefault(name, []).append(cells)
        return records

    def _child_fields(self, fields: list[str]) -> list[str]:
        heads = dict.fromkeys(path.split("/")[0] for path in fields if "/" in path)
        return [head for head in heads if self.field(head).type == "one2many"]

    def _upsert(self, target: Records, cells: Values, parent: Values | None = None) -> int:
        known = external_ids(self.session)
        xml_id = cells.get("id", "")
        values: Values = dict(parent or {})
        lines: dict[str, list[Values]] = {}
        for path, cell in cells.items():
            name, _, how = path.partition("/")
            if name == "id":
                continue
            field = target.field(name)
            if field.type == "one2many":
                lines[name] = cell
            elif cell or how:
                # An empty reference is meant (no tax on a charge); an empty plain cell leaves the default.
                values[name] = self._cell(known, field, name, how, cell)
        existing = known.reference(xml_id) if xml_id else None
        if existing:
            record = existing[1]
            target.write([record], values)
        else:
            record = target.create_one(values)
            if xml_id:
                known.remember(xml_id, target.name, record)
        for name, children in lines.items():
            field = target.field(name)
            if existing:
                # The parent is asked first: a posted bill refuses new or changed lines.
                target.write([record], {name: []})
            for child in children:
                self._upsert(self.session[field.relation], child, {field.inverse: record})
        return record

    def _cell(self, known: ExternalIds, field: Field, name: str, how: str, cell: str) -> Any:
        if field.relation:
            ids = [self._reference(known, field, name, how, part.strip()) for part in cell.split(",") if part.strip()]
            return [(6, 0, ids)] if field.many else (ids[0] if ids else False)
        if field.type == "selection":
            keys = [key for key, label in field.choices if cell in (label, key)]
            if not keys:
                raise InvalidValue(f"Value '{cell}' not found in selection field '{field.label or name}'")
            return keys[0]
        return cell

    def _reference(self, known: ExternalIds, field: Field, name: str, how: str, cell: str) -> int:
        """`/.id` is a database id, `/id` an external id, neither a name."""
        rows = self.store.rows(field.relation)
        found: int | None
        if how == ".id":
            found = int(cell) if cell.isdigit() and int(cell) in rows else None
        elif how == "id":
            target = known.reference(cell)
            found = target[1] if target and target[0] == field.relation else None
        else:
            found = next((record for record in rows if self.session.display_name(field.relation, record) == cell), None)
        if found is None:
            kind = {".id": "database id", "id": "external id"}.get(how, "name")
            raise InvalidValue(f"No matching record found for {kind} '{cell}' in field '{field.label or name}'")
        return found
