"""partner.yaml: what it becomes, and every complaint with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

import edi
from edi.model import Delimiters
from edi.profile import Side
from tests.edi.interchanges import ACME, NORDWERK, ROOT


def load(tmp_path: Path, name: str, old: str = "", new: str = "", environment: str = "prod") -> edi.Profile:
    """The partner's file with one place changed."""
    text = (ROOT / "partners" / name / "partner.yaml").read_text()
    assert old in text
    folder = tmp_path / name
    folder.mkdir()
    (folder / "partner.yaml").write_text(text.replace(old, new, 1) if old else text)
    return edi.load_profile(folder, "test" if environment == "test" else "prod")


def line_of(name: str, part: str) -> int:
    lines = (ROOT / "partners" / name / "partner.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if part in line)


def test_what_a_file_becomes() -> None:
    assert (ACME.partner, ACME.name, ACME.timezone, ACME.environment) == (
        "acme", "ACME Supplies Inc", "America/Chicago", "prod",
    )  # fmt: skip
    assert ACME.x12 is not None
    assert ACME.x12.partner == Side("123456789", "01", "123456789")
    assert ACME.x12.own == Side("4012345000009", "14", "4012345000009")
    assert ACME.edifact is None
    out, answer, *_ = ACME.agreements
    assert out.delimiters == Delimiters("*", ">", "~", newline="\n")
    assert (answer.document, answer.direction, answer.functional) == ("X12 855 004010", "in", "997")
    assert [a.document for a in NORDWERK.agreements] == [
        "EDIFACT ORDERS D:01B:UN:EAN010", "EDIFACT ORDRSP D:01B:UN:EAN009", "EDIFACT DESADV D:01B:UN:EAN007",
        "EDIFACT CONTRL D:3:UN", "EDIFACT ORDCHG D:01B:UN:EAN007", "EDIFACT INVOIC D:01B:UN:EAN011",
    ]  # fmt: skip
    assert NORDWERK.agreements[0].envelope_version == "UNOC:3"
    assert NORDWERK.agreements[0].delimiters == Delimiters("+", ":", "'", release="?")


def test_the_environment_and_what_is_off(tmp_path: Path) -> None:
    profile = load(tmp_path, "acme", "map: acme/855@1", "map: acme/855@1\n  phase: off", environment="test")
    assert profile.environment == "test"
    assert [a.type for a in profile.agreements] == ["850", "856", "810", "997", "860", "865"]


def test_the_usual_separators_of_the_release(tmp_path: Path) -> None:
    profile = load(tmp_path, "acme", "X12 855 004010", "X12 855 005010")
    assert [a.delimiters.repeat if a.delimiters else "" for a in profile.agreements] == ["", "^", "", "", "", "", ""]


def test_further_identities(tmp_path: Path) -> None:
    profile = load(tmp_path, "acme", "own: {", "also: [{qualifier: ZZ, id: VAN, gs: VANGS}], own: {")
    assert profile.x12 is not None
    assert profile.x12.also == (Side("VAN", "ZZ", "VANGS"),)


WRONG = [
    ("acme", "timezone: America/Chicago", "timezone: Mars/Base", "timezone", "no time zone"),
    ("acme", "status: live", "statuss: live", "statuss", "there is no such key"),
    ("acme", "status: live", "status: alive", "status", "write 'onboarding'"),
    ("acme", "partner: acme", "partner: other", "partner", "the folder is called 'acme', not 'other'"),
    ("acme", "partner: acme", "partner: ACME!", "partner", "is no name of a partner"),
    ("acme", "language: en", "charset: klingon", "charset", "unknown encoding"),
    ("acme", "language: en", "wrapped: perhaps", "wrapped", "write yes or no"),
    ("acme", "identities:", "identity:", "identity", "there is no such key"),
    ("acme", "x12: {", "edifact: {", "agreements", "identities.x12 is missing"),
    ("acme", 'id: "123456789", gs', 'id: "1234567890123456", gs', "identities.x12", "longer than 15"),
    ("acme", 'qualifier: "01"', 'qualifier: "1"', "identities.x12", "two characters"),
    ("acme", "document: X12 855 004010", "document: X12 855", "agreements.1.document", "is no document; write"),
    ("acme", "document: X12 855 004010", "document: [855]", "agreements.1.document", "one value"),
    ("acme", "document: X12 997 004010", "document: X12 855 004010", "agreements", "agreed twice"),
    ("acme", "direction: in", "direction: inn", "agreements.1.direction", "write 'in' or 'out'"),
    ("acme", "map: acme/855@1", "map: acme/855", "agreements.1.map", "with its version, such as"),
    ("acme", "map: acme/855@1", "mapp: acme/855@1", "agreements.1.mapp", "there is no such key"),
    ("acme", "functional: 997", "functional: 998", "agreements.1.ack.functional", "write '997'"),
    ("acme", "functional: 997", "functional: contrl", "agreements.1.ack", "answered with 997, 999 or none"),
    ("acme", "detail: errors", "detail: some", "agreements.1.ack.detail", "write 'errors' or 'all'"),
    ("acme", 'element: "*"', 'element: ">"', "agreements.0.delimiters", "'>' is used for two purposes"),
    ("acme", 'element: "*"', 'element: "A"', "agreements.0.delimiters", "element: 'A' is not one character"),
    ("acme", 'element: "*"', 'element: "**"', "agreements.0.delimiters", "element: '**' is not one character"),
    ("acme", 'element: "*"', 'element: " "', "agreements.0.delimiters", "element: ' ' is not one character"),
    ("acme", 'element: "*"', 'release: "?"', "agreements.0.delimiters", "no release character"),
    ("acme", "language: en", "substitutions: {ss: s}", "substitutions", "'ss' is not one character"),
    (
        "acme",
        "  ack_expected: {functional: 24h, business: {document: \"855\", within: 24h}}",
        '  fallback_delimiters: [{element: ">"}]',
        "agreements.0.fallback_delimiters",
        "'>' is used for two purposes",
    ),
    ("acme", 'element: "*"', 'elment: "*"', "agreements.0.delimiters.elment", "there is no such key"),
    ("acme", "newline: yes", "newline: often", "agreements.0.delimiters.newline", "write yes or no"),
    ("acme", "tolerances:", "tolerances: 5\nx:", "tolerances", "a mapping"),
    ("nordwerk", "ORDERS D:01B:UN:EAN010", "ORDERS D.01B", "agreements.0.document", "is no document; write"),
    ("nordwerk", "identifier: UNOC", "identifier: UNOQ", "agreements.0.syntax", "write identifier and version"),
    ("nordwerk", 'version: "3"', 'version: "7"', "agreements.0.syntax", "write identifier and version"),
    ("nordwerk", "contrl: syntax", "contrl: twice", "agreements.1.ack.contrl", "write 'receipt'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "key", "words"), WRONG, ids=[f"{w[3]}: {w[2]}" for w in WRONG])
def test_a_complaint_names_file_line_and_key(
    tmp_path: Path, name: str, old: str, new: str, key: str, words: str
) -> None:
    with pytest.raises(edi.ProfileError) as caught:
        load(tmp_path, name, old, new)
    lines = str(caught.value).splitlines()
    (line,) = [line for line in lines if f": {key}: " in line]
    path, number, _ = line.split(":", 2)
    assert path == str(tmp_path / name / "partner.yaml")
    assert words in line
    at = line_of(name, "agreements:" if key == "agreements" else old.splitlines()[0])
    assert int(number) == at


@pytest.mark.parametrize(
    ("old", "key", "line"),
    [("  direction: in\n", "agreements.1.direction", "document: X12 855"), ("partner: acme\n", "partner", "partner:")],
)
def test_a_missing_key_is_named_where_it_belongs(tmp_path: Path, old: str, key: str, line: str) -> None:
    with pytest.raises(edi.ProfileError) as caught:
        load(tmp_path, "acme", old, "")
    assert f"partner.yaml:{line_of('acme', line)}: {key}: this key is missing" in str(caught.value)


def test_several_complaints_at_once(tmp_path: Path) -> None:
    with pytest.raises(edi.ProfileError) as caught:
        load(tmp_path, "acme", "status: live\ntimezone: America/Chicago", "status: x\ntimezone: y")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("status: live", "status: live\nstatus: test", "the key status stands twice, first in line 4"),
        ("status: live", "status: &a live", "anchors are not allowed"),
        ("status: live", "status: [live", "yaml.syntax"),
        ("status: live", "\tstatus: live", "tabs are not allowed"),
    ],
)
def test_what_is_no_clean_yaml(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(edi.EdiError) as caught:
        load(tmp_path, "acme", old, new)
    assert words in str(caught.value)
    assert f"{tmp_path / 'acme' / 'partner.yaml'}:" in str(caught.value)


def test_a_folder_without_a_partner(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(edi.ProfileError, match="there is no such file"):
            edi.load_profile(path)


def test_the_other_side_of_a_relation() -> None:
    other = ACME.mirrored()
    assert ACME.x12 is not None
    assert other.x12 is not None
    assert (other.x12.own, other.x12.partner) == (ACME.x12.partner, ACME.x12.own)
    assert [(a.type, a.direction) for a in other.agreements] == [
        ("850", "in"),
        ("855", "out"),
        ("856", "out"),
        ("810", "out"),
        ("997", "out"),
        ("860", "in"),
        ("865", "out"),
    ]
    assert other.mirrored().x12 == ACME.x12
