"""The documents the benchmarks are made of: the same every time, whole, and accepted by our own check."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections import Counter

import pytest

import edi
from benchmarks.generator import Plan, chunks, documents, generate, identity, kinds, main
from benchmarks.shapes import SHAPES
from edi import syntax
from edi.check import compile_check
from edi.model import InterchangeEnd, Message
from edi.schema import load_schema
from edi.syntax import read

KINDS = kinds()


def named(plan: Plan) -> str:
    return f"{plan.kind} {plan.version}"


def read_segments(data: bytes) -> list[list[list[str]]]:
    """The segments of every message without its header and trailer; nothing may be wrong with the envelopes."""
    items = list(read(data))
    assert [fault.message for item in items for fault in item.faults] == []
    return [item.segments[1:-1] for item in items if isinstance(item, Message)]


@pytest.mark.parametrize("plan", KINDS, ids=named)
def test_the_same_seed_gives_the_same_bytes(plan: Plan) -> None:
    plan = dataclasses.replace(plan, documents=3)
    data = generate(plan)
    assert data == generate(plan)
    assert data != generate(dataclasses.replace(plan, seed=2))
    assert read_segments(data) == documents(plan)


@pytest.mark.parametrize("plan", KINDS, ids=named)
def test_our_check_accepts_every_document(plan: Plan) -> None:
    checker = compile_check(load_schema(identity(plan)))
    for lines, seed in ((1, 3), (20, 1), (57, 2)):
        data = generate(dataclasses.replace(plan, documents=40, lines=lines, seed=seed))
        messages = [item for item in read(data) if isinstance(item, Message)]
        faults = [fault.message for message in messages for fault in checker.check(message).faults]
        assert (len(messages), faults) == (40, [])


@pytest.mark.parametrize("plan", KINDS, ids=named)
def test_translate_accepts_every_document(plan: Plan) -> None:
    translation = edi.translate(generate(dataclasses.replace(plan, documents=10)), edi.default_profile())
    assert [fault.message for fault in translation.faults] == []
    assert [result.verdict for result in translation.results] == ["accepted"] * 10


def test_an_850_of_20_lines_is_of_the_usual_size() -> None:
    data = generate(Plan("850", documents=400))
    segments = sum(len(body) + 2 for body in documents(Plan("850", documents=400))) / 400
    assert 2200 < len(data) / 400 < 2400
    assert 62 < segments < 67


@pytest.mark.parametrize("kind", ["ORDERS", "ORDRSP", "DESADV", "INVOIC", "ORDCHG"])
def test_about_one_edifact_segment_in_thirty_is_released(kind: str) -> None:
    segments = [segment for body in documents(Plan(kind, documents=200)) for segment in body]
    released = sum(any(character in value for value in segment for character in "+:'?") for segment in segments)
    assert 20 < len(segments) / released < 40


def test_ship_notices_pack_lines_on_pallets() -> None:
    levels = set()
    for body in documents(Plan("856", documents=4, lines=12)):
        nodes = {segment[1]: segment for segment in body if segment[0] == "HL"}
        assert body[-1] == ["CTT", str(len(nodes))]
        for node in nodes.values():
            path = []
            while node[2]:
                path.append(node[3])
                node = nodes[node[2]]
            levels.add("".join(reversed([*path, "S"])))
        marks = [segment[2] for segment in body if segment[0] == "MAN"]
        assert len(marks) == len(set(marks)) == sum(node[3] in "TP" for node in nodes.values())
        assert Counter(segment[0] for segment in body)["LIN"] == 12
    assert {"SOPI", "SOTPI"} <= levels


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_shape_changes_no_document(shape: str) -> None:
    for kind in ("850", "ORDERS", "mix-x12", "mix-edifact"):
        plan = Plan(kind, documents=9, lines=5, shape=shape)
        if shape.startswith(("plain", plan.syntax)) and not (SHAPES[shape].grouped and kind.startswith("mix")):
            assert read_segments(generate(plan)) == documents(plan)


def test_a_mix_has_every_kind() -> None:
    for syntax_name in ("x12", "edifact"):
        data = generate(Plan(f"mix-{syntax_name}", "005010" if syntax_name == "x12" else "", documents=80, lines=2))
        found = {item.type for item in read(data) if isinstance(item, Message)}
        assert found == {plan.kind for plan in KINDS if plan.syntax == syntax_name}


@pytest.mark.parametrize("kind", ["850", "ORDERS"])
def test_a_stream_is_the_same_interchange(kind: str) -> None:
    plan = Plan(kind, documents=390, lines=3)
    assert b"".join(chunks(plan)) == generate(plan)
    stream = b"".join(chunks(Plan(kind, size=300_000)))
    assert 300_000 <= len(stream) < 900_000
    ends = [item for item in syntax.read(io.BytesIO(stream)) if isinstance(item, InterchangeEnd)]
    assert [end.faults for end in ends] == [[]]


@pytest.mark.parametrize(
    ("arguments", "plan"),
    [
        (["855", "--documents", "3", "--lines", "2", "--seed", "5"], Plan("855", documents=3, lines=2, seed=5)),
        (["INVOIC", "--release", "D.01B", "--shape", "edifact-lines"], Plan("INVOIC", "D.01B", shape="edifact-lines")),
    ],
    ids=["855", "INVOIC"],
)
def test_the_command_writes_the_interchange(
    arguments: list[str], plan: Plan, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("sys.argv", ["generator", *arguments])
    main()
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == generate(plan)


def test_a_stream_has_one_kind_in_the_plain_shape() -> None:
    for plan in (Plan("mix-x12"), Plan("850", shape="x12-bom")):
        with pytest.raises(ValueError, match="a stream has one kind"):
            next(chunks(plan))
