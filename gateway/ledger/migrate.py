"""Bring a database to the schema of this release (alembic), and refuse one of a newer release."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.ledger.store import Ledger, LedgerError, in_words
from gateway.ledger.tables import metadata

FOLDER = Path(__file__).parent / "migrations"


def upgrade(ledger: Ledger) -> str:
    """Apply what is missing; return the revision now in force. Raises LedgerError for a database of a newer release."""
    config = _config()
    script = ScriptDirectory.from_config(config)
    with in_words(ledger.url), ledger.engine.execution_options(writer=True).connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in {revision.revision for revision in script.walk_revisions()}:
            raise LedgerError(f"the ledger has schema {found}, which this release does not know; run a newer release")
        connection.rollback()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return _head(script)


def require(ledger: Ledger) -> None:
    """For commands that only look: raises LedgerError unless the database has exactly the schema of this release."""
    head = _head(ScriptDirectory.from_config(_config()))
    with in_words(ledger.url), ledger.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != head:
        raise LedgerError(
            f"the ledger has {f'schema {found}' if found else 'no schema yet'}, this release needs {head}; "
            "the daemon brings an older one up to date when it starts"
        )


def _head(script: ScriptDirectory) -> str:
    head = script.get_current_head()
    if head is None:
        raise LedgerError("the package holds no migrations")
    return head


def differences(connection: sa.Connection) -> list[object]:
    """What the tables in code have that the database does not, and the other way round. Empty when they agree."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config
