"""Our side of AS2 with a partner, for each test."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import Ledger
from tests.transports.as2.company import (
    Company,
    Open,
    Reply,
    company,
    replying,
)


@pytest.fixture
def our(ledger: Ledger, tmp_path: Path) -> Open:
    def make(reply: Reply | None = None, **settings: Any) -> AbstractAsyncContextManager[Company]:
        return company(ledger, reply or replying(), settings, tmp_path)

    return make
