"""The generated documents before readers that nobody here wrote: mock-edi, pyx12 and pydifact."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from typing import Any

import mockedi.ack
import mockedi.edifact
import mockedi.schema
import mockedi.validate
import mockedi.x12
import pytest
from pyx12.x12file import X12Reader

import edi
from benchmarks.generator import Plan, documents, generate, kinds
from benchmarks.peers import pydifact_segments
from edi.model import COMPONENT

AT = dt.datetime(2026, 11, 20, 10, 30)  # noqa: DTZ001  (the mock's time is naive)
X12 = [plan for plan in kinds() if plan.syntax == "x12"]
EDIFACT = [plan for plan in kinds() if plan.syntax == "edifact"]
UNKNOWN_TO_MOCK = {"999", "APERAK"}
KNOWN = [plan for plan in kinds() if plan.kind not in UNKNOWN_TO_MOCK]
# What its small dictionary does not have in these documents, though the standards do.
GAPS = {
    "850": {"SCH", "AMT"},
    "856": {"MAN"},
    "ORDERS": {"SCC", "QTY", "CTA", "COM"},
    "DESADV": {"PCI", "GIN", "CNT"},
    "INVOIC": {"TAX", "RFF"},
}


def named(plan: Plan) -> str:
    return f"{plan.kind} {plan.version}"


def mock_reads(plan: Plan) -> tuple[Any, Any]:
    text = generate(plan).decode("latin-1")
    interchange = (mockedi.x12 if plan.syntax == "x12" else mockedi.edifact).parse(text)
    return interchange, mockedi.validate.validate(interchange)


@pytest.mark.parametrize("plan", KNOWN, ids=named)
def test_mock_edi_accepts_a_hundred_of_a_hundred(plan: Plan) -> None:
    interchange, report = mock_reads(dataclasses.replace(plan, documents=100))
    assert (report.envelope_errors, report.interchange_findings, report.group_errors) == ([], [], {})
    assert [message.accepted for message in report.messages] == [True] * 100
    found = {finding.tag for message in report.messages for finding in message.segments}
    # It has one EDIFACT directory, and notes every UNH that names another.
    assert found <= GAPS.get(plan.kind, set()) | ({"UNH"} if plan.version == "D.01B" else set())
    theirs = [len(message.segments) - 2 for group in interchange.groups for message in group.messages]
    assert theirs == [len(body) for body in documents(dataclasses.replace(plan, documents=100))]


@pytest.mark.parametrize("plan", [plan for plan in KNOWN if plan.kind not in ("997", "CONTRL")], ids=named)
def test_its_acknowledgements_of_our_documents_say_accepted(plan: Plan) -> None:
    interchange, report = mock_reads(dataclasses.replace(plan, documents=5))
    if plan.syntax == "x12":
        (group,) = interchange.groups
        body = mockedi.ack.functional_acknowledgment(group.functional_id, group.control, plan.version, report.messages)
        answer = mockedi.x12.message("997", "0001", body)
        wrapped = mockedi.x12.wrap([answer], "US", "MOCK", "000000001", "1", "FA", moment=AT)
        data = mockedi.x12.render(wrapped).encode()
    else:
        answer = mockedi.edifact.message("CONTRL", "1", mockedi.ack.syntax_report(interchange, report, report.messages),
                                         "D:3:UN")  # fmt: skip
        data = mockedi.edifact.render(mockedi.edifact.wrap([answer], "US", "MOCK", "1", moment=AT)).encode("latin-1")
    translation = edi.translate(data, edi.default_profile())
    assert [fault.message for fault in translation.faults] == []
    accepted = {"accepted", "accepted_with_errors"} if plan.kind in GAPS or plan.version == "D.01B" else {"accepted"}
    assert {result.outcome for result in translation.answers} <= accepted
    assert [result.type for result in translation.answers if result.scope == "set"] == [plan.kind] * 5


@pytest.mark.parametrize("plan", X12, ids=named)
def test_pyx12_reads_the_same_segments(plan: Plan) -> None:
    plan = dataclasses.replace(plan, documents=10)
    with X12Reader(io.StringIO(generate(plan).decode())) as reader:
        found = [segment.format("", "\x1d", COMPONENT).split("\x1d") for segment in reader]
        reader.cleanup()
        assert reader.pop_errors() == []
    inner = [segment for segment in found if segment[0] not in ("ISA", "GS", "ST", "SE", "GE", "IEA")]
    assert inner == [segment for body in documents(plan) for segment in body]


@pytest.mark.parametrize("plan", EDIFACT, ids=named)
def test_pydifact_reads_the_same_segments(plan: Plan) -> None:
    plan = dataclasses.replace(plan, documents=5)
    found = [
        [segment.tag, *(part if isinstance(part, str) else COMPONENT.join(part) for part in segment.elements)]
        for segment in pydifact_segments(generate(plan).decode("latin-1"))
    ]
    inner = [segment for segment in found if segment[0] not in ("UNA", "UNB", "UNH", "UNT", "UNZ")]
    assert inner == [segment for body in documents(plan) for segment in body]
