"""The ledger: the only truth. Tables, named queries and the store that runs them; SQLAlchemy lives nowhere else."""

from gateway.ledger.store import Fenced, Ledger, LedgerError, LedgerUnavailable

__all__ = ["Fenced", "Ledger", "LedgerError", "LedgerUnavailable"]
