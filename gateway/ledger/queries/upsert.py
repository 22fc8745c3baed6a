"""Insert a row unless it is there already; the one statement whose words differ between the databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(c: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """True if the row was inserted; False if one with the same unique key was there, also
    by a transaction just committed."""
    dialect = postgresql if c.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return c.execute(statement.returning(*table.primary_key.columns)).first() is not None
