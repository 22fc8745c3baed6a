"""The rows of the sandbox and their transaction: all of a call's writes, or none.

It knows no model's behaviour and no access right. The rule kept: a row's `write_date` is the start of the
transaction, with microseconds, though the rows of a slow call are seen only at its end.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.sandbox.odoo.errors import UnknownModel
from gateway.sandbox.odoo.fields import Model, Names, Values, names

STAMP = "%Y-%m-%d %H:%M:%S.%f"


def utc_now() -> dt.datetime:
    """The wall clock, naive UTC, as Odoo keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Store:
    """Rows by model and id. Every change happens inside `transaction`; one at a time, whatever thread it comes from."""

    def __init__(
        self,
        version: int,
        models: Mapping[str, Model],
        clock: Callable[[], dt.datetime] = utc_now,
        path: Path | None = None,
    ) -> None:
        self.version = version
        self.names: Names = names(version)
        self.models = models
        self.skew = dt.timedelta()
        self._clock = clock
        self._path = path
        self._rows: dict[str, dict[int, Values]] = {name: {} for name in models}
        self._next: dict[str, int] = {}
        self._undo: list[tuple[str, int, Values | None]] | None = None
        self._below: dict[str, dict[str, dict[Any, list[int]]]] = {name: {} for name in models}
        self._lock = threading.RLock()

    def now(self) -> dt.datetime:
        """Naive UTC, moved by the injected clock skew."""
        return self._clock() + self.skew

    def model(self, name: str) -> Model:
        """Raises UnknownModel."""
        try:
            return self.models[name]
        except KeyError:
            raise UnknownModel(name) from None

    def rows(self, model: str) -> dict[int, Values]:
        """The live rows of a model. Callers read; they change rows through insert, update and delete only."""
        return self._rows[model]

    def children(self, model: str, field: str, parent: int) -> list[int]:
        """Records of a model whose many2one (or id) field holds `parent`, by id."""
        index = self._below[model].get(field)
        if index is None:
            index = {}
            for record, row in self._rows[model].items():
                index.setdefault(row.get(field), []).append(record)
            self._below[model][field] = index
        return list(index.get(parent, ()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes of the block, or none if it raises; then write the state file, if there is one."""
        with self._lock:
            if self._undo is not None:
                raise RuntimeError("a transaction inside a transaction; use savepoint")
            self._undo = []
            try:
                with self.savepoint():
                    yield
                if self._undo and self._path:
                    self._save(self._path)
            finally:
                self._undo = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: take back the changes of the block if it raises."""
        if self._undo is None:
            raise RuntimeError("a savepoint needs a transaction")
        start = len(self._undo)
        try:
            yield
        except BaseException:
            while len(self._undo) > start:
                model, record, before = self._undo.pop()
                self._below[model].clear()
                if before is None:
                    del self._rows[model][record]
                else:
                    self._rows[model][record] = before
            raise

    def insert(self, model: str, values: Values, record: int | None = None) -> int:
        """Add a row; `record` asks for an id of the caller's choice (seed data). Ids grow and are never given twice."""
        following = self._next.get(model, 1)
        if record is None:
            record = following
        elif record in self._rows[model]:
            raise ValueError(f"{model} has a record {record} already")
        self._next[model] = max(following, record + 1)
        self._note(model, record, None)
        self._rows[model][record] = values
        for field, index in self._below[model].items():
            index.setdefault(values.get(field), []).append(record)
        return record

    def update(self, model: str, record: int, values: Values) -> None:
        row = self._rows[model][record]
        self._note(model, record, dict(row))
        row.update(values)
        for field in values.keys() & self._below[model].keys():
            del self._below[model][field]

    def delete(self, model: str, record: int) -> None:
        self._note(model, record, self._rows[model].pop(record))
        self._below[model].clear()

    def number_from(self, model: str, following: int) -> None:
        """The next record of the model gets this id, unless a higher one is taken already."""
        self._next[model] = max(self._next.get(model, 1), following)

    def load(self) -> bool:
        """Read the state file back, if there is one. Returns whether there was."""
        if self._path is None or not self._path.exists():
            return False
        state = json.loads(self._path.read_text(encoding="utf-8"))
        for model in self.models:
            self._rows[model] = {int(record): row for record, row in state["rows"].get(model, {}).items()}
        self._next = state["next"]
        return True

    def _note(self, model: str, record: int, before: Values | None) -> None:
        if self._undo is None:
            raise RuntimeError(f"{model} {record} is changed outside a transaction")
        self._undo.append((model, record, before))

    def _save(self, path: Path) -> None:
        state: dict[str, Any] = {"rows": self._rows, "next": self._next}
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps(state), encoding="utf-8")
        os.replace(draft, path)
