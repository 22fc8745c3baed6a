"""Bytes of any size: packed in rows that stand alone, read back as a file; the same on both databases."""

from __future__ import annotations

import hashlib
import random
import tracemalloc
from pathlib import Path

import pytest

from gateway.ledger import Ledger
from gateway.ledger.content import PIECE, Packed, stored
from gateway.ledger.queries import receipts
from gateway.window import Content, Window, window

NOISE = random.Random(5).randbytes(3 * PIECE + 17)
TEXT = b"ISA*00*~" * (2 * PIECE // 8)  # ends with a row


async def keep(ledger: Ledger, owner: str, content: Content) -> None:
    with Packed(content) as packed:
        await ledger.write(lambda c: receipts.put_rows(c, {owner: packed.rows()}))


@pytest.mark.parametrize("data", [b"", b"ISA*", TEXT, NOISE], ids=["nothing", "little", "text", "noise"])
async def test_bytes_of_any_size_come_back(ledger: Ledger, data: bytes, tmp_path: Path) -> None:
    await keep(ledger, "r1", data)
    assert await ledger.read(lambda c: receipts.get_bytes(c, "r1")) == data
    assert stored(ledger, "r1", len(data)).stream().read() == data
    staging = tmp_path / "staging"
    staging.mkdir()
    file = tmp_path / "file"
    file.write_bytes(b"before" + data + b"behind")
    with file.open("rb") as opened, Packed(Window(opened, 6, 6 + len(data)), staging) as packed:
        assert (packed.size, packed.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        with Packed(data) as same:
            assert list(packed.rows()) == list(same.rows()) == list(same.rows())
    assert list(staging.iterdir()) == []


async def test_a_part_is_read_without_what_stands_before_it(ledger: Ledger) -> None:
    await keep(ledger, "r1", NOISE)
    await ledger.write(lambda c: c.exec_driver_sql("DELETE FROM chunk WHERE seq IN (0, 1)"))
    there = stored(ledger, "r1", len(NOISE))
    start = 3 * PIECE - 5
    assert there.at(start, 100) == NOISE[start : start + 22]
    assert there.part(start, start + 9).whole() == NOISE[start : start + 9]


async def test_what_is_not_there_is_told(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        await ledger.read(lambda c: receipts.get_bytes(c, "r3"))
    with pytest.raises(KeyError):
        stored(ledger, "r3", 5).whole()
    await keep(ledger, "r1", b"12345")
    with pytest.raises(EOFError):
        list(stored(ledger, "r1", 6).chunks())


def test_no_row_is_larger_than_a_mebibyte() -> None:
    with Packed(NOISE) as packed:
        rows = list(packed.rows())
        assert len(rows) == 4
        assert max(map(len, rows)) <= 1 << 20
    with Packed(TEXT) as packed:
        assert sum(map(len, packed.rows())) < len(TEXT) / 100


@pytest.mark.parametrize("data", [b"", b"ISA*", NOISE], ids=["nothing", "little", "noise"])
async def test_what_is_known_to_be_dense_is_not_compressed(ledger: Ledger, data: bytes, tmp_path: Path) -> None:
    with Packed(data, tmp_path, dense=True) as packed:
        assert packed.sha256 == hashlib.sha256(data).hexdigest()
        rows = list(packed.rows())
        assert data[:1000] in rows[0]
        assert max(map(len, rows)) <= 1 << 20
        await ledger.write(lambda c: receipts.put_rows(c, {"r1": packed.rows()}))
    assert await ledger.read(lambda c: receipts.get_bytes(c, "r1")) == data


async def test_a_large_file_is_never_whole_in_memory(ledger: Ledger, tmp_path: Path) -> None:
    size = 20 * PIECE
    file = tmp_path / "file"
    with file.open("wb") as out:
        for _ in range(20):
            out.write(NOISE[:PIECE])
    tracemalloc.start()
    with file.open("rb") as opened, Packed(Window.all_of(opened), tmp_path) as packed:
        await ledger.write(lambda c: receipts.put_rows(c, {"r1": packed.rows()}))
    assert sum(map(len, stored(ledger, "r1", size).chunks())) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * PIECE


def test_a_range_is_a_file_of_its_own() -> None:
    stream = window(b"0123456789").part(2, 7).stream()
    assert [stream.read(2), stream.read(2), stream.read(2), stream.read(2)] == [b"23", b"45", b"6", b""]
