"""`edi.render`: what leaves is what was meant, in the partner's dialect, and nothing leaves that does not read back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

import edi
from edi.documents import OrderReleased
from edi.model import Delimiters
from edi.syntax.charset import X12_BASIC, X12_EXTENDED
from tests.edi.interchanges import ACME, NORDWERK, ROOT, group, rows, s855, x12

AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)
NUMBERS = edi.Numbers(42, 17, 5)


def order(partner: str = "acme", **changes: Any) -> edi.Event:
    name = "850_order" if partner == "acme" else "orders_order"
    data = json.loads((ROOT / "partners" / partner / "samples" / f"{name}.json").read_text())
    for path, value in changes.items():
        node = data
        *steps, last = path.split("__")
        for step in steps:
            node = node[int(step) if step.isdigit() else step]
        node[last] = value
    released = OrderReleased.model_validate(data)
    return edi.documents.wrap(released, "procurement.order.released.v1", event_id="e1", partner=partner)


def out(profile: edi.Profile, **changes: Any) -> edi.Profile:
    """The profile with other values in what it sends."""
    agreements = tuple(dataclasses.replace(a, **changes) if a.direction == "out" else a for a in profile.agreements)
    return dataclasses.replace(profile, agreements=agreements)


def dialect(profile: edi.Profile, **changes: Any) -> edi.Profile:
    agreement = next(a for a in profile.agreements if a.direction == "out")
    assert agreement.delimiters is not None
    return out(profile, delimiters=dataclasses.replace(agreement.delimiters, **changes))


def test_numbers_time_and_parties_of_the_envelope() -> None:
    data = edi.render(order(), ACME, NUMBERS, AT)  # 04:30 in Chicago
    (isa,) = rows(data, "ISA")
    assert isa == (
        "ISA*00*          *00*          *14*4012345000009  *01*123456789      *261120*0430*U*00401*000000042*0*P*>"
    )
    assert rows(data, "GS", "GE", "ST") == [
        "GS*PO*4012345000009*123456789*20261120*0430*17*X*004010",
        "ST*850*0005",
        "GE*1*17",
    ]
    assert rows(edi.render(order("nordwerk"), NORDWERK, NUMBERS, AT), "UNB", "UNZ") == [
        "UNB+UNOC:3+4012345000009:14+4012345500004:14+261120:1130+42",
        "UNZ+1+42",
    ]


@pytest.mark.parametrize(("partner", "profile"), [("acme", ACME), ("nordwerk", NORDWERK)])
def test_the_partner_reads_the_same_order(partner: str, profile: edi.Profile) -> None:
    event = order(partner)
    rendered = edi.render_checked(event, profile, NUMBERS, AT)
    assert rendered.crosscheck == "crosschecked"
    translation = edi.translate(rendered.data, profile.mirrored())
    assert translation.faults == []
    (read,) = translation.events
    assert edi.content_hash(read.data) == edi.content_hash(event.data)
    assert edi.render(event, profile, NUMBERS, AT) == rendered.data


def test_several_events_are_the_sets_of_one_interchange() -> None:
    rendered = edi.render_together([order(), order(order__number="P2")], ACME, NUMBERS, AT)
    assert rows(rendered.data, "ST", "GE") == ["ST*850*0005", "ST*850*0006", "GE*2*17"]
    assert (rendered.document, rendered.group_type, rendered.crosscheck) == ("X12 850 004010", "PO", "crosschecked")
    assert [e.subject for e in edi.translate(rendered.data, ACME.mirrored()).events] == ["po/P00042", "po/P2"]
    with pytest.raises(edi.RenderError, match="no event"):
        edi.render_together([], ACME, NUMBERS, AT)


def test_the_environment_decides_the_test_flag() -> None:
    test = dataclasses.replace(ACME, environment="test")
    assert rows(edi.render(order(), test, NUMBERS, AT), "ISA")[0].split("*")[15] == "T"
    test = dataclasses.replace(NORDWERK, environment="test")
    assert rows(edi.render(order("nordwerk"), test, NUMBERS, AT), "UNB")[0].endswith("+42++++++1")


def test_the_partners_dialect() -> None:
    data = edi.render(order(), dialect(ACME, element="|", component="^", terminator="\x15", newline=""), NUMBERS, AT)
    assert data.startswith(b"ISA|00|")
    assert data.count(b"\x15") == 32
    assert b"~" not in data
    comma = edi.render(order("nordwerk"), dialect(NORDWERK, decimal=","), NUMBERS, AT)
    assert comma.startswith(b"UNA:+,? '")
    assert b"PRI+AAA:12,5'" in comma
    assert edi.translate(comma, NORDWERK.mirrored()).faults == []


def test_the_partners_character_set() -> None:
    name = "Müller & Söhne"
    with pytest.raises(edi.RenderError, match="cannot be written") as caught:
        edi.render(order(buyer__name=name), ACME, NUMBERS, AT)
    assert (caught.value.code, caught.value.element) == ("write.charset", "N1[1]/N102")
    for charset in ("iso8859-1", "utf-8"):
        profile = dataclasses.replace(ACME, charset=charset)
        rendered = edi.render_checked(order(buyer__name=name), profile, NUMBERS, AT)
        assert name.encode(charset) in rendered.data
        assert rendered.crosscheck == "crosschecked"


def test_an_agreed_guide_is_named() -> None:
    profile = out(ACME, convention="GUIDE1")
    data = edi.render(order(), profile, NUMBERS, AT)
    assert rows(data, "GS")[0].endswith("*X*004010GUIDE1")
    assert edi.translate(data, profile.mirrored()).faults == []


def test_what_cannot_be_written_is_spelled_as_agreed() -> None:
    name = "Weiß & Söhne *"
    profile = dataclasses.replace(ACME, substitutions={"ß": "ss", "ö": "oe", "*": "-", "&": "+"})
    with pytest.raises(edi.RenderError) as caught:  # a separator can be written: it is no matter of spelling
        edi.render(order(buyer__name=name), profile, NUMBERS, AT)
    assert caught.value.code == "write.delimiter"
    rendered = edi.render_checked(order(buyer__name="Weiß & Söhne"), profile, NUMBERS, AT)
    assert rows(rendered.data, "N1")[0].startswith("N1*BY*Weiss & Soehne*")
    assert rendered.crosscheck == "crosschecked"
    latin = dataclasses.replace(profile, charset="iso8859-1")
    assert "Weiß & Söhne".encode("iso8859-1") in edi.render(order(buyer__name="Weiß & Söhne"), latin, NUMBERS, AT)
    with pytest.raises(edi.RenderError, match="'é', which cannot be written"):
        edi.render(order(buyer__name="André Weiß"), profile, NUMBERS, AT)


def test_the_characters_a_partner_takes() -> None:
    profile = dataclasses.replace(ACME, characters=X12_BASIC)
    with pytest.raises(edi.RenderError) as caught:
        edi.render(order(), profile, NUMBERS, AT)
    assert caught.value.code == "write.charset"
    upper = {small: small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
    data = edi.render(order(), dataclasses.replace(profile, substitutions={**upper, "@": "(AT)"}), NUMBERS, AT)
    assert set(data.decode()) <= set(X12_BASIC + "*>~\n")
    assert edi.render(order(), dataclasses.replace(ACME, characters=X12_EXTENDED), NUMBERS, AT) == edi.render(
        order(), ACME, NUMBERS, AT
    )


def test_the_next_set_of_separators_is_tried() -> None:
    others = (Delimiters("|", ">", "~"), Delimiters("\x1d", "\x1f", "\x1c"))
    profile = out(ACME, fallback_delimiters=others)
    assert edi.render(order(), profile, NUMBERS, AT) == edi.render(order(), ACME, NUMBERS, AT)
    assert edi.render(order(buyer__name="A*B"), profile, NUMBERS, AT).startswith(b"ISA|00|")
    rendered = edi.render_checked(order(buyer__name="A*B|C"), profile, NUMBERS, AT)
    assert rendered.data.startswith(b"ISA\x1d00\x1d")
    assert (b"A*B|C" in rendered.data, rendered.crosscheck) == (True, "crosschecked")
    with pytest.raises(edi.RenderError, match=r"contains the separator '\*'") as caught:
        edi.render(order(buyer__name="A*B|C"), out(ACME, fallback_delimiters=others[:1]), NUMBERS, AT)
    assert caught.value.element == "N1[1]/N102"


@pytest.mark.parametrize(
    ("changes", "code", "part"),
    [
        ({"order__number": "P" * 23}, "write.too-long", "BEG03"),
        ({"order__number": "P*1"}, "write.delimiter", "BEG[1]/BEG03"),
        ({"lines__0__price__amount": "0.00000000000000001"}, "write.too-long", "PO104"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(changes: dict[str, Any], code: str, part: str) -> None:
    with pytest.raises(edi.RenderError) as caught:
        edi.render(order(**changes), ACME, NUMBERS, AT)
    assert caught.value.code == code
    assert part in caught.value.element
    assert part in str(caught.value)


def test_numbers_that_do_not_fit() -> None:
    for numbers in (edi.Numbers(1_000_000_000), edi.Numbers(-1), edi.Numbers(1, 1_000_000_000)):
        with pytest.raises(edi.RenderError, match="does not fit"):
            edi.render(order(), ACME, numbers, AT)


def test_mistakes_of_the_caller() -> None:
    with pytest.raises(edi.RenderError, match="must be aware"):
        edi.render(order(), ACME, NUMBERS, AT.replace(tzinfo=None))
    with pytest.raises(edi.RenderError, match="no outgoing document is agreed with acme"):
        edi.render(edi.translate(x12(group(s855())), ACME).events[0], ACME, NUMBERS, AT)
    with pytest.raises(edi.RenderError, match="no x12 identity"):
        edi.render(order(), dataclasses.replace(ACME, x12=None), NUMBERS, AT)
    with pytest.raises(edi.ProfileError, match="no time zone"):
        edi.render(order(), dataclasses.replace(ACME, timezone="Mars/Base"), NUMBERS, AT)
    with pytest.raises(edi.MapError):
        edi.render(order(), out(ACME, map="acme/missing@1"), NUMBERS, AT)


def test_a_document_that_breaks_the_agreed_rules_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the map writes is checked by the schema again, whatever wrote it."""
    from edi.mapping import Map

    honest = Map.write
    monkeypatch.setattr(Map, "write", lambda self, data, decimal=".": honest(self, data, decimal)[1:])
    with pytest.raises(edi.RenderError, match="breaks the agreed rules"):
        edi.render(order(), ACME, NUMBERS, AT)


def test_a_document_that_reads_back_differently_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    from edi.mapping import Map

    honest = Map.write

    def other(self: Map, data: Any, decimal: str = ".") -> Any:
        return [[value.replace("P00042", "P00043") for value in row] for row in honest(self, data, decimal)]

    monkeypatch.setattr(Map, "write", other)
    with pytest.raises(edi.SelfCheckError, match=r"reading back gives another event: order\.number"):
        edi.render(order(), ACME, NUMBERS, AT)


def test_the_second_reader_can_be_switched_off() -> None:
    rendered = edi.render_checked(order(), out(ACME, crosscheck=False), NUMBERS, AT)
    assert rendered.crosscheck == "not crosschecked: switched off for this partner"
