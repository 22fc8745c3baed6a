"""A set stands by itself: by its offset and raw bytes in the input, and cut out as an interchange of its own."""

from __future__ import annotations

import io

import pytest

import edi
from benchmarks.generator import Plan, generate
from benchmarks.shapes import SHAPES
from edi.model import Group, Interchange, Message
from edi.syntax import extract, read
from tests.edi.interchanges import ACME, BAD_ACK, group, s855, x12
from tests.edi.syntax.test_reading_edifact import BODY, PLAIN, interchange
from tests.edi.syntax.test_reading_x12 import PLAIN as X12
from tests.edi.syntax.test_reading_x12 import SET, isa
from tests.edi.syntax.test_reading_x12 import interchange as x12_interchange

SECOND = BODY.replace("+1", "+2", 1).replace("UNT+3+1", "UNT+3+2")
UNG = "UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'"


def kind_of(shape: str) -> str:
    return "ORDRSP" if shape.startswith("edifact") else "855"


INPUTS = {
    **{
        name: generate(Plan("ORDRSP" if "edifact" in name else "855", documents=3, lines=2, shape=name))
        for name in SHAPES
    },
    "several groups": x12(group(s855(), s855("0002")), group(s855("0003", order="P2"), control="2")),
    "TA1 and a set": x12_interchange("TA1*000000001*261124*1301*A*000~", X12[106 : X12.index("IEA")], count=1).encode(),
    "UNG": interchange(f"{UNG}{BODY}{SECOND}UNE+2+7'").encode(),
    "a released reference": interchange(BODY + SECOND, count=2).replace("+42'", "+4?+2'").encode(),
    "UNA": interchange(BODY + SECOND, una="UNA:+.? '\r\n", count=2).encode(),
    "lines": (X12.replace("~", "~\r\n") + PLAIN.replace("'", "'\n")).encode(),
    "eight bits": interchange(BODY.replace("P1", "Pé") + SECOND, count=2).encode("latin-1"),
    "a set alone": SET.encode(),
    "a group alone": X12[106 : X12.index("IEA")].encode(),
    "a message alone": ("UNA:+.? '" + BODY).encode(),
    "a released terminator at the end": PLAIN[: PLAIN.index("'UNZ")].encode() + b"?'",
    "binary": X12.replace("~SE*3", "~BIN*5*a~b*c~SE*4").encode(),
    "interactive": b"UIB+UNOA:4+DIALOG:1'UIH+PSRINF:D:96A:UN+77'BGM+220'UIT+77+3'UIZ+DIALOG+1'",
    "repetition": x12_interchange(X12[106 : X12.index("IEA")], header=isa("00501", "^")).encode(),
}


def sets(data: bytes, *, wrapped: bool = False) -> list[Message]:
    return [item for item in read(data, wrapped=wrapped) if isinstance(item, Message)]


@pytest.mark.parametrize("name", INPUTS)
def test_a_set_cut_out_reads_as_before(name: str) -> None:
    data = INPUTS[name]
    for message in sets(data):
        assert data[message.offset : message.offset + len(message.raw)] == message.raw
        alone = extract(message)
        assert message.raw in alone
        (again,) = sets(alone)
        assert again.segments == message.segments
        assert again.raw.startswith(message.raw)
        assert (again.type, again.version, again.control) == (message.type, message.version, message.control)
        assert (again.interchange.sender, again.interchange.control) == (
            message.interchange.sender,
            message.interchange.control,
        )
        assert (again.group and again.group.control) == (message.group and message.group.control)
        before = {fault.code for fault in (*message.faults, *message.interchange.faults)}
        assert {fault.code for item in read(alone) for fault in item.faults} <= before


def test_what_was_cut_off_is_closed() -> None:
    cut = X12[: X12.index("~GE")]
    (message,) = sets(cut.encode())
    assert extract(message) == X12.encode()
    edifact = PLAIN[: PLAIN.index("'UNZ")]
    assert extract(sets(edifact.encode())[0]) == PLAIN.encode()


def test_a_set_of_a_wrapped_interchange_is_read_as_wrapped() -> None:
    data = "\n".join(X12[at : at + 80] for at in range(0, len(X12), 80)).encode()
    (message,) = sets(data)
    assert sets(extract(message), wrapped=True)[0].segments == message.segments


def test_each_set_can_be_translated_again_by_itself() -> None:
    data = x12(group(s855(), s855("0002", ack=BAD_ACK), s855("0003", order="P2"), ge="GE*9*8~"))
    for result in edi.translate_each(io.BytesIO(data), ACME):
        assert result.message is not None
        (again,) = edi.translate(edi.extract(result.message), ACME).results
        assert again.verdict == result.verdict
        assert [(f.code, f.location.path, f.found) for f in again.faults] != [] or result.verdict == "accepted"
        assert (again.event is None) == (result.event is None)
        if again.event is not None and result.event is not None:
            assert again.event.data == result.event.data


def test_the_envelope_of_a_set_is_raw_as_well() -> None:
    items = list(read(INPUTS["several groups"]))
    data = INPUTS["several groups"]
    for item in items:
        if isinstance(item, Interchange | Group):
            assert data[item.offset : item.offset + len(item.raw)] == item.raw
