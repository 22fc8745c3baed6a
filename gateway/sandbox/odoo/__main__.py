"""`python -m gateway.sandbox.odoo`."""

from gateway.sandbox.odoo.command import main

raise SystemExit(main())
