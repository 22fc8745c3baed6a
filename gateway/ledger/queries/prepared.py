"""The few statements that every arriving message needs, taken to words once.

SQLAlchemy executes on PostgreSQL, where the way to the server counts. On SQLite it takes 20 to 30 µs for a statement
that takes 2 to 6: the same statement goes to the driver there, in the words SQLAlchemy has for it, with values as its
types convert them. Rule protected: what goes wrong is the error SQLAlchemy would raise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Values = Mapping[str, Any]
_Take = Callable[[Values], Any]  # one parameter out of the values handed in


class Prepared:
    """An insert, update or select whose values are bound by name. What it returns are numbers and texts."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._words: dict[tuple[str, ...], tuple[str, list[_Take]]] = {}  # for SQLite, by the names of the values

    def run(self, c: sa.Connection, values: Values) -> Sequence[Sequence[Any]]:
        """The rows it returns, if it returns any."""
        if c.dialect.name != "sqlite":
            result = c.execute(self._statement, values)
            return result.all() if result.returns_rows else ()
        words, takes = self._on_sqlite(c, values)
        with _driver(c, words) as cursor:
            cursor.execute(words, [take(values) for take in takes])
            return cursor.fetchall()

    def run_all(self, c: sa.Connection, several: Sequence[Values]) -> None:
        """Once for each of the values, which all have the same names."""
        if c.dialect.name != "sqlite":
            c.execute(self._statement, several)
            return
        words, takes = self._on_sqlite(c, several[0])
        with _driver(c, words) as cursor:
            cursor.executemany(words, [[take(values) for take in takes] for values in several])

    def _on_sqlite(self, c: sa.Connection, values: Values) -> tuple[str, list[_Take]]:
        names = tuple(values)
        if names not in self._words:
            statement = cast(ClauseElement, self._statement)
            compiled = cast(SQLCompiler, statement.compile(dialect=c.dialect, column_keys=list(names)))
            order = compiled.positiontup or []
            self._words[names] = compiled.string, [_take(compiled, name, name in values) for name in order]
        return self._words[names]


def _take(compiled: SQLCompiler, name: str, given: bool) -> _Take:
    """`given`: a value of every call; else one that stands in the statement."""
    convert = compiled.binds[name].type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)
    if not given:
        constant = compiled.params[name] if convert is None else convert(compiled.params[name])
        return lambda values: constant
    if convert is None:
        return lambda values: values[name]
    return lambda values: convert(values[name])


@contextmanager
def _driver(c: sa.Connection, words: str) -> Iterator[DBAPICursor]:
    """A cursor in the transaction of a connection."""
    cursor = c.connection.cursor()
    try:
        yield cursor
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(words, None, error, sqlite3.Error, hide_parameters=True) from error
    finally:
        cursor.close()
