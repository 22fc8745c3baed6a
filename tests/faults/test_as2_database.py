"""Fault 51 of AS2: PostgreSQL cuts the connection in the middle of what must be one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import Ledger
from gateway.ledger.queries import exchanges
from tests.transports.as2.company import DOCUMENT, company, message, receipt, replying


@pytest.mark.parametrize("ledger", ["postgresql"], indirect=True)
async def test_fault_51_the_database_goes_away_while_it_stores(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is cut within the transaction; it is as if it had not begun."""
    add = exchanges.add

    def cut(c: Any, *arguments: Any) -> int:
        number = add(c, *arguments)
        c.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return number

    async with company(ledger, replying(), {}, tmp_path) as we:
        with monkeypatch.context() as away:
            away.setattr(exchanges, "add", cut)
            answer = await we.post(*message(DOCUMENT))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert await we.rows("exchange") == []
        assert await we.rows("receipt") == []
        assert receipt(await we.post(*message(DOCUMENT))).accepted
        assert len(await we.rows("receipt")) == 1
