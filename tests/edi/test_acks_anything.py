"""Whatever arrives, the acknowledgements of it can be written, keep their own rules, and say to their reader what was
decided here."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import edi
from edi.ack_results import answers
from edi.documents import Acknowledgement, ApplicationAdvice
from tests.edi.interchanges import ACME, BAD_ACK, NORDWERK, edifact, group, ordrsp, s855, s997, with_policy, x12

UNG = "UNG+ORDRSP+4012345500004:14+4012345000009:14+261120:1030+5+UN+D:01B'"
INPUTS = (
    x12(group(s855(), s855("0002", ack=BAD_ACK), s855("0003", ack="ACK*AR*1*EA~", order="P3")), isa14="1"),
    x12(group(s855()), group(s997(), kind="FA", control="2"), group(s855(kind="856"), kind="SH", control="3")),
    x12(group(s855(ack="ACK*IA^IB*1*EA~").replace("*0001~", "*0001*GUIDE~"), version="005010X1"), version="00501"),
    edifact(ordrsp(), ordrsp("2", bgm=""), ordrsp("3").replace("CNT+2:1'", "CNT+2:9'"), unb="++++1"),
    edifact(f"{UNG}{ordrsp()}{ordrsp('2', bgm='')}UNE+2+5'", unz="UNZ+1+7'"),
    edifact(ordrsp(quantity="1*2"), syntax="UNOC:4", una="UNA:+.?*'"),
)
CHOICES = (("errors", "transaction"), ("all", "group"), ("errors", "interchange"))
PROFILES = {
    "x12": [
        with_policy(ACME, functional=functional, detail=detail, reject_scope=scope, ta1="always", application="824")
        for functional, (detail, scope) in zip(("997", "999", "999"), CHOICES, strict=True)
    ],
    "edifact": [
        with_policy(NORDWERK, contrl=contrl, detail=detail, reject_scope=scope, application="aperak")
        for contrl, (detail, scope) in zip(("syntax", "both", "syntax"), CHOICES, strict=True)
    ],
}
PIECES = st.sampled_from(
    [b"", b"~", b"'", b"*", b"+", b":", b">", b"?", b"^", b"\xff", b"\x00", b"0", b"A", b"\n", b"X" * 90]
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, edi.Profile]:
    """An interchange with up to four places overwritten, cut out or doubled, and somebody to answer it."""
    data = draw(st.sampled_from(INPUTS))
    profile = draw(st.sampled_from(PROFILES["x12" if data.startswith(b"ISA") else "edifact"]))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(PIECES, st.just(data[start:end] * 2), st.binary(max_size=4)))
        data = data[:start] + piece + data[end:]
    return data, profile


def meant(data: Acknowledgement | ApplicationAdvice) -> list[Any]:
    """What the other side should understand: as answers, without what this kind does not carry."""
    told = answers(data)
    if data.kind in ("997", "999"):
        return [dataclasses.replace(answer, interchange="") for answer in told]
    if data.kind == "TA1":  # nine digits have room; a number that is none is repeated as zero
        number = told[0].interchange
        shown = str(int(number[-9:])) if re.fullmatch("[0-9]+", number) else "0"
        return [dataclasses.replace(answer, interchange=shown) for answer in told]
    if data.kind == "APERAK":
        return [dataclasses.replace(answer, type="") for answer in told]
    return list(told)


@settings(max_examples=200, deadline=None)
@given(mutated())
def test_every_acknowledgement_is_understood_as_it_was_meant(case: tuple[bytes, edi.Profile]) -> None:
    data, profile = case
    translation = edi.translate(data, profile)
    for event, written in zip(translation.acknowledgements, translation.acks, strict=True):
        sent = event.data
        assert isinstance(sent, Acknowledgement | ApplicationAdvice)
        # The one who gets it is whoever sent the interchange, so nothing is asked of identities.
        back = edi.translate(written, edi.default_profile())
        assert not [fault for fault in back.faults if fault.severity in ("reject", "error")]
        found = [dataclasses.replace(a, interchange="") if a.kind in ("997", "999") else a for a in back.answers]
        assert found == meant(sent)
        assert_consistent(sent)


def assert_consistent(sent: Acknowledgement | ApplicationAdvice) -> None:
    """X12.20 and ISO 9735-4: what is said at one level follows from the level below."""
    if isinstance(sent, ApplicationAdvice):
        assert all(document.errors for document in sent.documents)
        return
    messages = [*sent.messages, *(message for part in sent.groups for message in part.messages)]
    for message in messages:
        assert message.outcome.value != "accepted" or not (message.segments or message.codes)
    if sent.kind == "TA1":
        assert re.fullmatch("[0-9]{3}", sent.code or "")
    if sent.group is None:
        return
    received, accepted = sent.group.received or 0, sent.group.accepted or 0
    refused = sum(message.outcome.value == "rejected" for message in messages)
    assert refused <= received - accepted or sent.group.outcome.value == "rejected"
    assert (sent.group.outcome.value == "rejected") == (accepted == 0)
    assert (sent.group.outcome.value == "partially_accepted") == (0 < accepted < received)
    doubts = answers(sent)[0].errors
    assert not [doubt for doubt in doubts if doubt.startswith("AK9")]
