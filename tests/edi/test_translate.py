"""`edi.translate`: any bytes give a result, a bad set never stops the good ones, memory is bounded, ids are stable."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edi
from tests.edi.interchanges import (
    ACME,
    BAD_ACK,
    NORDWERK,
    ROOT,
    contrl,
    edifact,
    group,
    ordrsp,
    s855,
    s997,
    with_policy,
    x12,
)  # fmt: skip

GOOD = [
    x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s997(), kind="FA", control="2"), isa14="1"),
    edifact(ordrsp(), ordrsp("2", bgm=""), contrl(control="3")),
    edifact(f"UNG+ORDRSP+4012345500004:14+4012345000009:14+261120:1030+5+UN+D:01B'{ordrsp()}UNE+1+5'", syntax="UNOC:4"),
]
PROFILES = [ACME, NORDWERK, with_policy(ACME, detail="all", ta1="always"), edi.default_profile()]
JUNK = [
    b"*",
    b"~",
    b"+",
    b"'",
    b":",
    b"?",
    b"9",
    b"A",
    b"a",
    b" ",
    b"\x00",
    b"\xe4",
    b"|",
    b"\r\n",
    b"9" * 20,
    b"Z" * 40,
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good input with a few places deleted, replaced, doubled or filled with junk."""
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from([0, 1, 1, 3, 20, 200]))
        junk = draw(st.sampled_from([b"", *JUNK, bytes(data[at : at + 60])]))
        data[at : at + length] = junk
    return bytes(data)


def judge(data: bytes, profile: edi.Profile) -> edi.Translation:
    """Everything that must hold for any input."""
    translation = edi.translate(data, profile)
    for found in translation.faults:
        where = found.location
        assert 0 <= where.offset <= len(data)
        assert where.path or where.interchange or found.place.startswith("byte ")
        assert found.message
    for result in translation.results:
        rejected = any(f.severity == "reject" for f in result.faults)
        assert result.verdict == "rejected" or not rejected
        assert result.event is None or result.verdict != "rejected"
    told = [result for result in translation.results if result.message is not None or result.outside]
    for full, brief in zip(told, edi.translate_each(data, profile, verdicts_only=True), strict=True):
        assert (brief.verdict, brief.faults, brief.outside) == (full.verdict, full.faults, full.outside)
        assert (brief.acks, brief.event) == ((), None)
    for event in translation.events:
        assert edi.event_from_json(event.to_json()) == event
    for ack in translation.acks:  # whatever arrives can be answered, and the answer is clean but for what it repeats
        again = edi.inspect(ack)
        told = [f.message for f in (*again.faults, *(f for i in again.interchanges for f in i.faults))]
        assert [
            message for message in told if not re.search("(sender|receiver) qualifier .* is not valid", message)
        ] == []
    edi.explain(data, profile)
    edi.inspect(data).to_json()
    return translation


@settings(max_examples=150)
@given(data=damaged(), profile=st.sampled_from(PROFILES))
def test_damaged_documents_give_a_result(data: bytes, profile: edi.Profile) -> None:
    judge(data, profile)


@settings(max_examples=100)
@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda b: GOOD[0][:106] + b)))
def test_any_bytes_give_a_result(data: bytes) -> None:
    judge(data, edi.default_profile())


def test_only_a_profile_that_cannot_be_used_raises() -> None:
    for changes in ({"map": "acme/nothing@1"}, {"map": "x12/004010/../850@1"}):
        with pytest.raises(edi.MapError):
            edi.translate(x12(group(s855())), with_policy(ACME, **changes))


def test_a_bad_set_stands_beside_good_ones() -> None:
    sets = [s855("0001", order="P1"), s855("0002", ack=BAD_ACK, order="P2"), s855("0003", order="P3")]
    translation = edi.translate(x12(group(*sets)), ACME)
    assert [(r.message.control if r.message else "", r.verdict) for r in translation.results] == [
        ("0001", "accepted"),
        ("0002", "rejected"),
        ("0003", "accepted"),
    ]
    assert [e.subject for e in translation.events] == ["po/P1", "po/P3"]
    assert [r.subject for r in translation.results] == ["po/P1", "po/P2", "po/P3"]


def test_a_cut_off_file_keeps_what_was_complete() -> None:
    data = x12(group(s855(), s855("0002", order="P2")))
    cut = data[: data.index(b"*P2*") + 10]
    translation = edi.translate(cut, ACME)
    assert [e.subject for e in translation.events] == ["po/P1"]
    codes = {f.code for f in translation.faults}
    assert {"message.trailer-missing", "group.trailer-missing", "interchange.trailer-missing"} <= codes
    assert edi.is_incomplete(cut)
    assert not edi.is_incomplete(data)


def test_faults_keep_the_order_of_the_document() -> None:
    bad = s855(ack=BAD_ACK, extra="PO1*2*X*EA*1**BP*S~ACK*IA*Y*EA~")
    (result,) = edi.translate(x12(group(bad)), ACME).results
    places = [(f.location.segment, f.location.element) for f in result.faults]
    assert places == sorted(places)
    assert len(places) == 4


def test_what_is_said_of_an_interchange_stands_on_a_result_of_that_interchange() -> None:
    foreign = x12(group(s855()), control="000000008", sender="9")
    results = edi.translate(x12(group(s855()), isa14="1") + foreign + b"junk", ACME).results
    said = [
        (r.interchange.control if r.interchange else "", [f.code for f in r.outside], [a.data.kind for a in r.acks])  # type: ignore[attr-defined]
        for r in results
    ]
    assert said == [
        ("000000007", [], ["997", "TA1"]),
        ("000000008", ["interchange.sender-unknown"], []),
        ("000000008", ["envelope.trailing-data"], ["TA1"]),
    ]


@pytest.mark.parametrize(
    ("policy", "verdict", "severity", "events"),
    [("reject", "rejected", "reject", 0), ("accept_with_errors", "accepted_with_errors", "error", 1),
     ("route_to_exception", "accepted", "exception", 1)],
)  # fmt: skip
def test_errors_of_the_standard_by_policy(policy: str, verdict: str, severity: str, events: int) -> None:
    bad = s855(ack="ACK*IA*100*EA*067*20261301~")
    translation = edi.translate(x12(group(bad)), with_policy(ACME, on_standard_error=policy))
    assert [r.verdict for r in translation.results] == [verdict]
    assert [f.severity for f in translation.results[0].faults if f.code == "element.date"] == [severity]
    assert len(translation.events) == events


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [("reject", "rejected"), ("accept_with_errors", "accepted_with_errors"), ("route_to_exception", "accepted")],
)
def test_errors_of_the_guide_by_policy(policy: str, verdict: str) -> None:
    without = s855().replace("****SO-1", "")  # the partner's guide requires BAK08
    translation = edi.translate(x12(group(without)), with_policy(ACME, on_guide_error=policy))
    assert [(r.verdict, [f.guide for f in r.faults]) for r in translation.results] == [(verdict, [True])]


# Ids and JSON


def ids(data: bytes) -> list[str]:
    return [event.id for event in edi.translate(data, ACME).events]


def test_ids_are_stable_and_change_with_the_content() -> None:
    data = x12(group(s855(), s855("0002", order="P2")))
    first = ids(data)
    assert first == ids(data)
    assert len(set(first)) == 2
    assert ids(data.replace(b"*P2*", b"*P3*"))[0] == first[0]
    assert ids(data.replace(b"*P2*", b"*P3*"))[1] != first[1]
    assert ids(data.replace(b"000000007", b"000000008")) != first  # another interchange is another fact


def test_the_same_content_twice_has_one_idempotency_key() -> None:
    one = edi.translate(x12(group(s855())), ACME).events
    two = edi.translate(x12(group(s855()), control="000000008"), ACME).events
    assert [e.idempotencykey for e in one] == [e.idempotencykey for e in two]
    other = edi.translate(x12(group(s855(ack="ACK*IA*90*EA*067*20261201~"))), ACME).events
    assert [e.idempotencykey for e in one] != [e.idempotencykey for e in other]


def empty(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if item in (None, "", [], {}):
                yield key
            yield from empty(item)
    elif isinstance(value, list):
        for item in value:
            yield from empty(item)


def test_events_in_json_have_no_empty_values() -> None:
    for sample in sorted((ROOT / "partners").glob("*/samples/*.edi")):
        profile = ACME if "acme" in str(sample) else NORDWERK
        side = profile.mirrored() if sample.name.startswith(("850", "orders")) else profile
        for event in edi.translate(sample.read_bytes(), side).events:
            assert list(empty(event.to_json())) == []
            assert event.to_json()["specversion"] == "1.0"


def test_a_test_document_is_marked() -> None:
    profile = dataclasses.replace(ACME, environment="test")
    (event,) = edi.translate(x12(group(s855()), flag="T"), profile).events
    assert event.to_json()["test"] is True
    (event,) = edi.translate(x12(group(s855())), ACME).events
    assert "test" not in event.to_json()


# Streaming


def test_a_file_object_is_read_as_it_is_needed() -> None:
    source = io.BytesIO(x12(group(*(s855(f"{n:04d}") for n in range(1, 5001)))))
    results = edi.translate_each(source, ACME)
    next(results)
    assert source.tell() < len(source.getbuffer()) / 2


STREAM = """
import resource, sys
import edi
from tests.edi.interchanges import ACME, s855, x12

HEAD = x12(iea="") + b"GS*PR*123456789*4012345000009*20261120*1030*1*X*004010~"
TEXTS = "".join(f"PID*F****{'text ' * 15}~" for _ in range(300))


class Made:
    '''A file that is made while it is read.'''

    def __init__(self, sets):
        self.pieces, self.held, self.size = self.make(sets), b"", 0

    def make(self, sets):
        yield HEAD
        for number in range(1, sets + 1):
            yield s855(f"{number:04d}", ack=TEXTS + "ACK*IA*100*EA*067*20261201~").encode()
        yield b"GE*%d*1~IEA*1*000000007~" % sets

    def read(self, size):
        while len(self.held) < size and (piece := next(self.pieces, None)):
            self.held += piece
        out, self.held = self.held[:size], self.held[size:]
        self.size += len(out)
        return out


def run(sets):
    source = Made(sets)
    accepted = sum(result.verdict == "accepted" for result in edi.translate_each(source, ACME))
    return source.size, accepted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


before = run(100)[2]
size, accepted, after = run(int(sys.argv[1]))
print(size, accepted, after - before)
"""


def test_memory_does_not_grow_with_the_interchange() -> None:
    sets = 1_200
    command = [sys.executable, "-c", STREAM, str(sets)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    size, accepted, growth = map(int, done.stdout.split())
    assert size > 30_000_000
    assert accepted == sets
    assert growth < 20, f"{growth} MB more for {size} bytes"


def test_an_answer_is_read_even_from_a_group_without_a_version() -> None:
    translation = edi.translate(x12(group(s997(), kind="FA", version="")), ACME)
    assert [(fault.code, fault.severity) for fault in translation.faults] == [("group.version", "warning")]
    assert [answer.scope for answer in translation.answers] == ["group"]


@pytest.mark.parametrize("codec", ["ascii", "utf-16-le", "utf-16-be"])
def test_a_fault_of_the_parties_points_at_their_element(codec: str) -> None:
    for text, found in ((x12(group(s855()), sender="999"), "999 "), (edifact(ordrsp(), sender="999"), "999+")):
        data = text.decode().encode(codec)
        (fault,) = edi.translate(data, ACME if text.startswith(b"ISA") else NORDWERK).faults
        assert fault.code == "interchange.sender-unknown"
        assert data[fault.location.offset :].decode(codec).startswith(found)
