"""Business systems: one module or package per kind, found by the `kind:` of the configuration; no transport here."""
