"""Odoo's values as ours, and the partners' terms."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

import edi
from gateway.destinations.odoo import OdooSettings, build, chatter, values
from gateway.destinations.odoo.orders import description
from gateway.destinations.odoo.terms import VendorBinding, binding, terms_of

BARCODES = [
    ("4012345000016", "04012345000016"),
    ("036000291452", "00036000291452"),
    ("96385074", "00000096385074"),
    ("00614141000418", "00614141000418"),
    ("4012345000017", ""),
    ("INTERNAL-1", ""),
    ("１２３４５６７８９０１２３", ""),
    (False, ""),
]


@pytest.mark.parametrize(("barcode", "expected"), BARCODES)
def test_a_barcode_is_a_gtin_when_its_check_digit_says_so(barcode: Any, expected: str) -> None:
    assert values.gtin(barcode) == expected


def test_a_gln_has_thirteen_digits() -> None:
    assert values.gln("4012345000009") == "4012345000009"
    assert values.gln("4012345000008") == values.gln("ACME") == values.gln("96385074") == ""


AMOUNTS = [(Decimal("0.1") + Decimal("0.2"), 2, "0.30"), (2.675, 2, "2.68"), (0, 3, "0.000"), (False, 2, "0.00")]


@pytest.mark.parametrize(("value", "digits", "expected"), AMOUNTS)
def test_amounts_have_the_decimals_of_their_field(value: Any, digits: int, expected: str) -> None:
    assert str(values.amount(value, digits)) == expected


def test_empty_values_are_absent() -> None:
    assert (values.ref(False), values.label(False), values.text(False), values.text(" x ")) == (0, "", "", "x")
    assert values.moment(False) is None
    assert values.day(False, ZoneInfo("UTC")) is None


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_day_written_is_read_as_the_same_day(zone: str) -> None:
    day = dt.date(2026, 12, 1)
    assert values.day(values.noon(day, ZoneInfo(zone)), ZoneInfo(zone)) == day


def test_a_planned_date_is_noon_utc_where_that_is_the_same_day() -> None:
    assert values.noon(dt.date(2026, 12, 10), ZoneInfo("America/Chicago")) == "2026-12-10 12:00:00"


def test_units_by_name_and_by_configuration() -> None:
    known = {"Units": "EA", "Dozens": "DZN", "kg": "KGM", "m³": "MTQ", "Crate": ""}
    assert {name: values.unit(name, {}) for name in known} == known
    assert values.unit("units", {"Units": "C62"}) == "C62"


NAMES = [
    ("[V-A] Vendor widget", "Vendor widget"),
    ("Widget\nblue, packed twice", "Widget"),
    ("[only a code]", "[only a code]"),
    ("", ""),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_a_description_has_no_code_in_front(name: str, expected: str) -> None:
    assert description(name) == expected


def test_the_head_of_an_activity_is_no_pattern_and_its_own() -> None:
    head = chatter.prefix("855", "100%[x]\\", "event-1")
    assert head.startswith("[EDI 855 100??x?? ")
    assert head != chatter.prefix("855", "100%[x]\\", "event-2")


def test_settings_of_the_configuration_file() -> None:
    settings = OdooSettings.model_validate(
        {
            "kind": "odoo",
            "url": "env:ODOO_URL",
            "db": "env:ODOO_DB",
            "flows": {"purchase": {"login": "env:ODOO_LOGIN", "key": "env:ODOO_KEY", "key_expires": "2027-01-31"}},
            "poll": {"interval": "20s", "overlap": "5m", "page": 200},
            "since": "2026-11-01",
            "policy": {"apply_dates": True},
        }
    )
    assert (settings.poll.interval, settings.poll.overlap, settings.unknown_wait) == (20, 300, 150)
    assert settings.since == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    for wrong in ({"transport": "xmlrpc"}, {"company": 0}, {"colour": "blue"}, {"poll": {"page": 0}}):
        with pytest.raises(ValidationError):
            OdooSettings.model_validate({**settings.model_dump(), **wrong})


def _partner(identity: str, **file: Any) -> Any:
    agreements = [SimpleNamespace(direction="in", policy=file.pop("policy", {}))]
    defaults = {"odoo": {"instance": "odoo-main", "vendor": {"ref": "ACME"}}, "tolerances": {}, "name": "Acme"}
    return SimpleNamespace(
        id=identity,
        folder=Path("partners") / identity,
        destination="odoo-main",
        file=SimpleNamespace(agreements=agreements, **{**defaults, **file}),
        profile=SimpleNamespace(timezone="America/Chicago", partner="acme", agreements=()),
    )


def test_terms_come_from_the_partners_files() -> None:
    elsewhere = _partner("b")
    elsewhere.destination = "other"
    book: Any = [_partner("a", tolerances={"date_late_days": 3}, policy={"apply_dates": False}), elsewhere]
    terms = terms_of(book, "odoo-main")
    assert list(terms) == ["a"]
    assert terms["a"].vendor == VendorBinding("ref", "ACME")
    assert (terms["a"].tolerances.date_late_days, terms["a"].apply_dates) == (3, False)
    assert terms_of([_partner("a")], "odoo-main")["a"].apply_dates is None  # type: ignore[arg-type]


def test_terms_that_are_not_right_name_file_line_and_key(tmp_path: Path) -> None:
    texts = {
        "a": "partner: a\nodoo:\n  vendor: {name: x}\n",
        "b": 'partner: b\nname: B\n\ntolerances: {price: {absolute: "2%"}}\n',
        "c": "partner: c\nagreements:\n- document: X12 855 004010\n  policy: {apply_date: yes}\n",
    }
    book: Any = [
        _partner("a", odoo={"vendor": {"name": "x"}}),
        _partner("b", tolerances={"price": {"absolute": "2%"}}),
        _partner("c", policy={"apply_date": "yes"}),
    ]
    for partner in book:
        partner.folder = tmp_path / partner.id
        partner.folder.mkdir()
        (partner.folder / "partner.yaml").write_text(texts[partner.id], encoding="utf-8")
    with pytest.raises(edi.ProfileError) as raised:
        terms_of(book, "odoo-main")
    first, second, third = str(raised.value).splitlines()
    assert first.startswith(f"{tmp_path}/a/partner.yaml:3: odoo.vendor")
    assert second.startswith(f"{tmp_path}/b/partner.yaml:4: tolerances.price")
    assert third.startswith(f"{tmp_path}/c/partner.yaml:4: agreements.0.policy.apply_date")


@pytest.mark.parametrize(("written", "meant"), [("no", False), ("yes", True)])
def test_yes_and_no_of_a_partners_file_are_understood(written: str, meant: bool) -> None:
    terms = terms_of([_partner("a", policy={"apply_dates": written})], "odoo-main")  # every value of the file is text
    assert terms["a"].apply_dates is meant


@pytest.mark.parametrize("vendor", [None, {}, {"ref": "A", "vat": "B"}, {"ref": " "}, {"id": "x"}])
def test_bindings_that_cannot_be_used(vendor: Any) -> None:
    with pytest.raises(ValueError, match=r"odoo\.vendor"):
        binding(vendor)


async def test_a_reload_takes_the_new_terms_or_keeps_the_old(tmp_path: Path) -> None:
    flows = {"purchase": {"login": "edi", "key": "k"}}
    settings = OdooSettings.model_validate({"url": "http://127.0.0.1:1", "db": "db", "flows": flows})
    for environment in ("prod", "test"):
        partner = _partner("a")
        partner.profile.environment = environment
        system = build("odoo-main", settings, [partner], str)
        assert list(system.sink.partners) == list(system.source.partners) == ["a"]
        system.adopt([partner, _partner("b", odoo={"vendor": {"gln": "4012345000009"}})])
        assert list(system.sink.partners) == list(system.source.partners) == ["a", "b"]
        wrong = _partner("a", tolerances={"price": "much"})
        wrong.folder = tmp_path
        (tmp_path / "partner.yaml").write_text("tolerances: {price: much}\n", encoding="utf-8")
        with capture_logs() as logs:
            system.adopt([wrong])
        assert [log["log_level"] for log in logs] == ["error"]
        assert list(system.source.partners) == ["a", "b"]
        assert system.interval == 20
        await system.close()
