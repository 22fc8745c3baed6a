"""How an input arrives makes no difference, and its size none to the memory that is needed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edi
from benchmarks.damage import damaged
from benchmarks.generator import Plan, generate
from benchmarks.shapes import SHAPES
from edi.model import Gap, Item
from edi.syntax import read
from tests.edi.interchanges import ACME, BAD_ACK, ROOT, group, s855, s997, x12

OPEN = edi.default_profile()


class Dribble(io.RawIOBase):
    """A binary file that gives as many bytes as it likes: at most `most`, or with `random` any number up to it."""

    def __init__(self, data: bytes, most: int, random: Random | None = None) -> None:
        self._data, self._at, self._most, self._random = data, 0, most, random

    def read(self, size: int = -1, /) -> bytes:
        count = min(size if size >= 0 else len(self._data), self._most)
        if self._random:
            count = self._random.randint(1, max(count, 1))
        found = self._data[self._at : self._at + count]
        self._at += len(found)
        return found

    def seekable(self) -> bool:
        return False


@cache
def inputs() -> list[bytes]:
    """Every shape, several of them behind each other with junk between, damaged ones, and answers."""
    kinds = [(shape, "ORDRSP" if shape.startswith("edifact") else "855") for shape in SHAPES]
    shaped = [generate(Plan(kind, documents=2, lines=2, shape=shape)) for shape, kind in kinds]
    narrow = [data for (shape, _), data in zip(kinds, shaped, strict=True) if "utf-16" not in shape]
    mixed = b"\r\n%%".join(narrow) + b"\x1a\x00"
    binary = x12(group(s855(extra="BIN*9*a~SE*3*1~~").replace("SE*7", "SE*8")))
    spoiled = [one.data for kind in ("855", "ORDRSP") for one in damaged(Plan(kind, documents=2, lines=2))]
    several = x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s997(), control="2", kind="FA"), isa14="1")
    return [*shaped, mixed, binary, several, several[:-30], *spoiled]


def items(source: bytes | Dribble) -> list[tuple[object, ...]]:
    """All but the gaps, whose borders depend on how the input arrives."""
    found: list[Item] = list(read(source))
    return [
        (type(item), item.raw, item.offset, getattr(item, "segments", None), item.faults)
        for item in found
        if not isinstance(item, Gap)
    ]


def results(source: bytes | Dribble, profile: edi.Profile) -> list[tuple[object, ...]]:
    return [
        (r.message and (r.message.raw, r.message.offset), r.verdict, r.faults, r.outside, r.event, r.acks, r.unmapped)
        for r in edi.translate_each(source, profile)
    ]


@pytest.mark.parametrize("most", [1, 7])
@pytest.mark.parametrize("number", range(len(inputs())))
def test_few_bytes_at_a_time(number: int, most: int) -> None:
    data = inputs()[number]
    assert items(Dribble(data, most)) == items(data)
    for profile in (OPEN, ACME):
        assert results(Dribble(data, most), profile) == results(data, profile)


@settings(max_examples=60, deadline=None)
@given(data=st.sampled_from(inputs()), seed=st.integers(0, 10_000), most=st.integers(1, 4_000))
def test_any_number_of_bytes_at_a_time(data: bytes, seed: int, most: int) -> None:
    assert items(Dribble(data, most, Random(seed))) == items(data)
    assert results(Dribble(data, most, Random(seed)), OPEN) == results(data, OPEN)


@pytest.mark.parametrize("number", range(len(inputs())))
def test_raw_slices_and_gaps_are_the_input(number: int) -> None:
    data = inputs()[number]
    for source in (data, io.BytesIO(data), Dribble(data, 5)):
        at = 0
        for item in read(source):
            assert item.offset == at
            assert data[at : at + len(item.raw)] == item.raw
            at += len(item.raw)
        assert at == len(data)


def test_a_pipe() -> None:
    data = b"".join(inputs()[:1] * 400)
    into, out = os.pipe()

    def fill() -> None:
        with os.fdopen(out, "wb") as pipe:
            pipe.write(data)

    writer = threading.Thread(target=fill)
    writer.start()
    with os.fdopen(into, "rb") as pipe:
        assert not pipe.seekable()
        found = sum(result.message is not None for result in edi.translate_each(pipe, OPEN))
    writer.join()
    assert found == 800


GROWTH = """
import io, resource, sys
import edi
from benchmarks.generator import Plan, chunks
from edi.syntax import read

class Stream(io.RawIOBase):
    def __init__(self, plan):
        self.rest, self.chunks, self.total = b"", chunks(plan), 0
    def read(self, size=-1):
        pieces = [self.rest]
        while sum(map(len, pieces)) < size and (more := next(self.chunks, b"")):
            pieces.append(more)
        data = b"".join(pieces)
        self.rest = data[size:]
        self.total += len(data[:size])
        return data[:size]

def work(kind, size):
    stream = Stream(Plan(kind, lines=20, size=size))
    if sys.argv[2] == "read":
        count = sum(1 for item in read(stream))
    else:
        count = sum(1 for result in edi.translate_each(stream, edi.default_profile()))
    assert stream.total >= size and count > size // 20_000, (stream.total, count)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = work(sys.argv[1], 2_000_000)
print(work(sys.argv[1], int(sys.argv[3])) - before)
"""


@pytest.mark.parametrize(
    ("kind", "way", "size"),
    [("ORDERS", "read", 40_000_000), ("855", "translate", 10_000_000)],
)
def test_a_large_interchange_needs_no_more_memory_than_a_small_one(kind: str, way: str, size: int) -> None:
    words = [sys.executable, "-c", GROWTH, kind, way, str(size)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 12, f"{done.stdout.strip()} MB more for {size} bytes"
