"""The contenders of the AS2 measurement do what they are measured for."""

from __future__ import annotations

from pathlib import Path

from benchmarks import as2
from gateway.ledger import Ledger
from gateway.ledger.queries import receipts, views


def test_what_is_stored_is_all_of_a_message(tmp_path: Path) -> None:
    with as2.storing(tmp_path) as store:
        store()
        ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
        rows = ledger.look(lambda c: views.receipts(c, 1000, ""))
        assert len(rows) == as2.AT_ONCE
        assert {row.size for row in rows} == {as2.SIZE}
        assert not any(row.duplicate_of for row in rows)
        for owner in ("r1", "xq1", "xh1", "xt1", "xa1"):
            assert ledger.look(lambda c, owner=owner: receipts.get_bytes(c, owner))
        ledger.close()
