"""Every SQL statement of the gateway, named, each with a sentence. Modules by subject; all
take an open connection first."""

from gateway.ledger.queries import answers, deliveries, lanes, receipts, views

__all__ = ["answers", "deliveries", "lanes", "receipts", "views"]
