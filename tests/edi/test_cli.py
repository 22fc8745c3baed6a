"""The `edi` command on files and pipes: stable JSON, exit codes, and output people can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import edi
from edi.__main__ import app, main
from tests.edi.interchanges import BAD_ACK, ROOT, edifact, group, ordrsp, s855, x12

ACME = str(ROOT / "partners/acme")
NORDWERK = str(ROOT / "partners/nordwerk")
MIXED = x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s855(), control="2"))
FAULT = {
    "code": "element.number",
    "severity": "reject",
    "path": "855[2]/PO1[1]/ACK[1]/ACK02",
    "segment": 4,
    "element": "ACK02",
    "offset": MIXED.index(b"TEN"),
    "found": "TEN",
    "expected": "R, 1-15 characters",
}


def run(*words: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(app, list(words), input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "in.edi"
    path.write_bytes(MIXED)
    return str(path)


def as_json(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


# inspect


def test_inspect_for_people(file: str) -> None:
    code, out, _ = run("inspect", file)
    assert code == 0
    assert out.splitlines() == [
        "x12 interchange 000000007: 123456789 -> 4012345000009, 00401",
        "  group PR 1 (004010)",
        f"    855 0001 (004010): 6 segments, 113 bytes at {MIXED.index(b'ST*')}",
        f"    855 0002 (004010): 6 segments, 113 bytes at {MIXED.index(b'ST*855*0002')}",
        "  group PR 2 (004010)",
        f"    855 0001 (004010): 6 segments, 113 bytes at {MIXED.rindex(b'ST*')}",
        "1 interchange, 2 groups, 3 messages, no faults",
    ]
    code, out, _ = run("inspect", "-", stdin=edifact(ordrsp(), unb="++++++1") + b"x")
    assert code == 0
    assert out.splitlines()[0] == "edifact interchange 7: 4012345500004 -> 4012345000009, UNOC:3, test"
    assert out.splitlines()[1].startswith("  ORDRSP 1 (D.01B): 15 segments, ")
    assert out.splitlines()[2].startswith("warning: byte ")


def test_inspect_for_machines(file: str) -> None:
    code, out, _ = run("inspect", "--json", file)
    assert code == 0
    (told,) = as_json(out)
    assert set(told) == {"interchanges", "faults"}
    (one,) = told["interchanges"]
    stable = {"syntax", "sender", "receiver", "control", "test", "charset", "messages", "faults"}
    assert {key: one[key] for key in stable - {"messages"}} == {
        "syntax": "x12",
        "sender": "123456789",
        "receiver": "4012345000009",
        "control": "000000007",
        "test": False,
        "charset": "ascii",
        "faults": [],
    }
    assert one["groups"] == [
        {"type": "PR", "control": "1", "version": "004010", "messages": 2},
        {"type": "PR", "control": "2", "version": "004010", "messages": 1},
    ]
    assert one["messages"][0] == {
        "type": "855",
        "version": "004010",
        "control": "0001",
        "convention": "",
        "segments": 6,
        "offset": MIXED.index(b"ST*"),
        "length": 113,
        "group": 1,
    }


def test_inspect_of_what_is_no_edi() -> None:
    code, out, _ = run("inspect", "-", stdin=b"MZ")
    assert (code, out.startswith("reject: byte 0: this is not X12, EDIFACT")) == (1, True)
    code, out, _ = run("inspect", "--json", "-", stdin=x12(group(s855()), iea="IEA*9*000000007~"))
    assert (code, [f["code"] for f in json.loads(out)["interchanges"][0]["faults"]]) == (1, ["interchange.count"])


# validate


def test_validate_for_machines(file: str) -> None:
    code, out, err = run("validate", "--json", file, "--partner", ACME)
    assert (code, err) == (1, "")
    *faults, last = as_json(out)
    assert last == {
        "messages": [
            {"type": "855", "control": "0001", "verdict": "accepted"},
            {"type": "855", "control": "0002", "verdict": "rejected"},
            {"type": "855", "control": "0001", "verdict": "accepted"},
        ]
    }
    assert {key: faults[0][key] for key in FAULT} == FAULT
    assert set(faults[0]) == {*FAULT, "message", "ack"}
    assert faults[0]["ack"] == {"997": "6", "999": "6", "CONTRL": "37", "TA1": ""}


def test_validate_for_people(file: str) -> None:
    code, out, _ = run("validate", file, "--partner", ACME)
    assert code == 1
    assert out.splitlines() == [
        "855 0001: accepted",
        "855 0002: rejected",
        "  reject: 855[2]/PO1[1]/ACK[1]/ACK02: 'TEN' is not a number (expected R, 1-15 characters). "
        "Send digits with at most one decimal mark. [element.number]",
        "  reject: 855[2]/PO1[1]/ACK[1]/ACK05: '20261301' is not a date (expected a date CCYYMMDD). "
        "Send an existing date. [element.date]",
        "855 0001: accepted",
        "3 documents: 2 accepted, 1 rejected",
    ]


def test_validate_does_not_repeat_itself_for_ever() -> None:
    bad = s855(ack="ACK*IA*TEN*EA*067*20261201~" * 30)
    _, out, _ = run("validate", "-", "--partner", ACME, stdin=x12(group(bad)))
    lines = [line.strip() for line in out.splitlines()]
    assert sum(line.endswith("[element.number]") for line in lines) == 21
    assert "and 10 more [element.number]" in lines
    _, out, _ = run("validate", "--json", "-", "--partner", ACME, stdin=x12(group(bad)))
    assert sum(fault.get("code") == "element.number" for fault in as_json(out)) == 30


def test_validate_of_good_and_of_refused_files() -> None:
    assert run("validate", "-", "--partner", NORDWERK, stdin=edifact(ordrsp()))[:2] == (
        0,
        "ORDRSP 1: accepted\n1 document: 1 accepted\n",
    )
    code, out, _ = run("validate", "-", "--partner", ACME, stdin=x12(group(s855()), flag="T"))
    assert code == 1
    assert "test indicator 'test' is not valid here" in out
    assert run("validate", "-", "--partner", ACME, "--test", stdin=x12(group(s855()), flag="T"))[0] == 0
    assert run("validate", "-", stdin=b"")[0] == 1


# read, ack, write, explain, schema


def test_read_gives_events_and_tells_faults_aside(file: str) -> None:
    code, out, err = run("read", file, "--partner", ACME)
    assert code == 1
    events = as_json(out)
    assert [event["subject"] for event in events] == ["po/P1", "po/P1"]
    assert [edi.event_from_json(event).to_json() for event in events] == events
    assert "'TEN' is not a number" in err


def test_ack(file: str) -> None:
    code, out, _ = run("ack", file, "--partner", ACME)
    assert code == 1
    assert out.count("ST*997*") == 2
    assert "AK9*P*2*2*1~" in out
    code, out, _ = run("ack", file)  # of an unknown partner: every group is answered
    assert (code, out.count("ST*997*")) == (1, 2)
    code, out, err = run("ack", "-", "--partner", ACME, stdin=x12(group(kind="FA")))
    assert (code, out, err) == (0, "", "nothing in this file is acknowledged\n")


def test_write(tmp_path: Path) -> None:
    sample = (ROOT / "partners/acme/samples/850_order.edi").read_bytes()
    (event,) = edi.translate(sample, edi.load_profile(ACME).mirrored()).events
    path = tmp_path / "order.json"
    path.write_text(json.dumps(event.to_json()))
    words = ("write", str(path), "--partner", ACME, "--at", "2026-11-20T10:30:00-06:00")
    code, out, _ = run(*words)
    assert (code, out.encode()) == (0, sample)
    code, out, _ = run(*words, "--control", "9", "--test")
    assert "*000000009*0*T*" in out
    code, out, err = run("write", str(path), "--partner", NORDWERK)
    assert (code, err) == (0, "")
    assert "UNH+1+ORDERS" in out


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("{", 2, "Expecting property name"),
        ("[]", 1, "a CloudEvents JSON object is expected"),
        ("{}", 1, "unknown event type ''"),
        ('{"type": "procurement.order.released.v1", "data": {}}', 1, "order: Field required"),
    ],
)
def test_write_of_what_is_no_event(text: str, code: int, words: str) -> None:
    found, _, err = run("write", "-", "--partner", ACME, stdin=text.encode())
    assert found == code
    assert words in err


def test_explain(file: str) -> None:
    code, out, _ = run("explain", file, "--partner", ACME)
    assert code == 0
    assert out.splitlines()[0] == "Purchase order acknowledgement (855): order number P1, date 20 Nov 2026"
    assert "  BAK02      overall answer               AD (with detail, no change)" in out
    code, out, _ = run("explain", "-", stdin=edifact(ordrsp()))
    assert (code, "Answer to an order, GS1 subset (ORDRSP)" in out) == (0, True)


def test_schema_of_an_event() -> None:
    code, out, _ = run("schema", "procurement.order.acknowledged.v1")
    assert code == 0
    assert json.loads(out)["properties"]["lines"]["type"] == "array"
    for words in ("procurement.order.lost.v1", "x12/004010/999999"), ("x12/004010/855", "QQ"), ():
        code, out, err = run("schema", *words)
        assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_maps() -> None:
    assert run("map", "lint", "x12/004010/850@1", "acme/855@1", "--partner", ACME)[:2] == (
        0,
        "x12/004010/850@1: fine\nacme/855@1: fine\n",
    )
    code, _, err = run("map", "lint", "x12/004010/851@1")
    assert (code, "x12/004010/851" in err) == (1, True)
    code, out, _ = run("map", "show", "acme/855@1", "--partner", ACME, "--code")
    assert code == 0
    compile(out, "shown", "exec")
    code, out, _ = run("map", "show", "acme/855@1", "--partner", ACME)
    assert (code, out.splitlines()[0].endswith(" <- acme/855@1.0.1")) == (0, True)
    assert run("map", "show", "acme/855@1", "--partner", ACME, "--merged")[1] == out
    code, _, err = run("map", "show", "x12/004010/851")
    assert (code, "x12/004010/851" in err) == (1, True)


# Wrong usage


@pytest.mark.parametrize(
    "words", [("inspect", "no/such/file"), ("inspect", "."), ("inspect",), ("validate", "a", "b"), ("nothing",)]
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err


def test_a_partner_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    text = (ROOT / "partners/acme/partner.yaml").read_text()
    for line, words in (("map: nothing/855@1", "nothing/855"), ("mapp: acme/855@1", "there is no such key")):
        (folder / "partner.yaml").write_text(text.replace("map: acme/855@1", line))
        (tmp_path / "in.edi").write_bytes(MIXED)
        monkeypatch.setattr(sys, "argv", ["edi", "validate", str(tmp_path / "in.edi"), "--partner", str(folder)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2
        told = capsys.readouterr()
        assert (told.out, words in told.err, "Traceback" in told.err) == ("", True, False)


def test_the_installed_command_reads_a_pipe() -> None:
    done = subprocess.run([sys.executable, "-m", "edi", "ack", "-"], input=MIXED, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(b"ISA*00*")
