"""A small Odoo: one database in memory behind JSON-RPC (answering as 18) or JSON-2 and JSON-RPC (as 19).

It imitates what the gateway's connector depends on, checked against recordings of real servers, and nothing more.
Control endpoints under /sandbox make orders, inject faults and show what the database holds.
"""

from gateway.sandbox.odoo.app import Sandbox
from gateway.sandbox.odoo.command import main
from gateway.sandbox.odoo.database import Database
from gateway.sandbox.odoo.seed import SeedError
from gateway.sandbox.odoo.server import Settings, build, running, serve

__all__ = ["Database", "Sandbox", "SeedError", "Settings", "build", "main", "running", "serve"]
