"""What pyx12 4.0.0 and pydifact 0.2.3 make of the inputs beside this file: why neither is the reading path.

The table documents their behaviour, release by release; a line that fails after an update may have become better.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pytest
from pydifact.exceptions import EDISyntaxError
from pydifact.segmentcollection import Interchange
from pyx12.errors import X12Error
from pyx12.x12file import X12Reader

from tests.regression.test_second_reader_inputs import PYDIFACT, PYX12, X12

SEGMENTS = 7  # of the plain interchange, ISA to IEA
# Number of segments with codes of complaints, or what is raised.
PYX12_MAKES: dict[str, tuple[int, list[str]] | type[Exception]] = {
    "byte order mark": UnicodeDecodeError,
    "leading line break": X12Error,
    "unpadded ISA06": X12Error,
    "latin-1 byte": UnicodeDecodeError,
    "empty segment": (3, ["023", "3", "2"]),  # stops there
    "blank line": (3, ["023", "3", "2"]),
    "second ISA with other separators": (7, []),  # the second one is dropped without a word
    "no last terminator": (6, ["023"]),
    "stray SE before ST": IndexError,
    "IEA twice": IndexError,
    "terminator inside BIN": (9, ["1", "4"]),  # split in the data
    "repetition in 00501": (7, []),  # not split, see below
    "element 105": (7, []),  # cannot be fetched, see below
}
# Messages, or what is raised.
PYDIFACT_MAKES: dict[str, int | type[Exception]] = {
    "repetition of a composite in syntax 4": 1,  # one composite of three, see below
    "two interchanges, each with UNA": EDISyntaxError,
    "UNG and UNE": EDISyntaxError,
    "byte order mark": EDISyntaxError,
    "lower-case tag": ValueError,
    "trailing control-Z": EDISyntaxError,
    "cut off": EDISyntaxError,
    "cut off in a segment": EDISyntaxError,
    "indentation": 1,
    "line break inside a tag": EDISyntaxError,
    "release and line break": EDISyntaxError,
    "UNT missing": EDISyntaxError,
    "trailing empty components": 1,  # trimmed
    "unknown directory": 1,  # and no validation
}


def pyx12_reads(data: bytes, folder: Path) -> tuple[int, list[str]]:
    path = folder / "input"
    path.write_bytes(data)
    with path.open(encoding="ascii", newline="") as file, X12Reader(file) as reader:  # as it opens files itself
        count = sum(1 for _ in reader)
        reader.cleanup()
        return count, [error[1] for error in reader.pop_errors()]


def messages(text: str) -> list[list[tuple[str, list[object]]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its wheel has no directories, and says so for each segment
        found = list(Interchange.from_str(text).get_messages())
    return [[(segment.tag, list(segment.elements)) for segment in message.segments] for message in found]


def test_pyx12_reads_the_plain_interchange(tmp_path: Path) -> None:
    assert pyx12_reads(X12.encode(), tmp_path) == (SEGMENTS, [])


@pytest.mark.parametrize("name", PYX12)
def test_pyx12(name: str, tmp_path: Path) -> None:
    data = PYX12[name][0]
    raw = data.encode() if isinstance(data, str) else data
    makes = PYX12_MAKES.get(name, X12Error)  # every ISA12 it does not know
    if isinstance(makes, type):
        with pytest.raises(makes):
            pyx12_reads(raw, tmp_path)
    else:
        assert pyx12_reads(raw, tmp_path) == makes


@pytest.mark.parametrize(("name", "makes"), PYDIFACT_MAKES.items())
def test_pydifact(name: str, makes: int | type[Exception]) -> None:
    data = PYDIFACT[name][0]
    assert isinstance(data, str)
    if isinstance(makes, type):
        with pytest.raises(makes):
            messages(data)
    else:
        assert len(messages(data)) == makes


def test_pyx12_neither_splits_a_repetition_nor_counts_beyond_99() -> None:
    found = []
    for name in ("repetition in 00501", "element 105"):
        with X12Reader(io.StringIO(str(PYX12[name][0]))) as reader:
            found.append(next(segment for segment in reader if segment.get_seg_id() == "BEG"))
    assert found[0].get_value("03") == "P1^P2"
    with pytest.raises(IndexError):
        found[1].get_value("105")


def test_pydifact_misreads_the_repetition_of_a_composite() -> None:
    ((segment,),) = messages(str(PYDIFACT["repetition of a composite in syntax 4"][0]))
    assert segment == ("RFF", [["A", "1*B", "2"]])


def test_pydifact_is_told_nothing_of_wrong_counts() -> None:
    plain = str(PYDIFACT["unknown directory"][0])
    for wrong in (
        plain.replace("UNT+3+1", "UNT+9+1"),
        plain.replace("UNT+3+1", "UNT+3+8"),
        plain.replace("UNZ+1", "UNZ+7"),
    ):
        assert messages(wrong) == messages(plain)
