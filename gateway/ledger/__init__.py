"""The ledger: the only truth. Tables, named queries and the store that runs them; SQLAlchemy lives nowhere else."""

from gateway.ledger.store import Fenced, Ledger, LedgerError

__all__ = ["Fenced", "Ledger", "LedgerError"]
