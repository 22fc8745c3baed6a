"""The sandbox answers like the recorded servers: status, headers, error name and text, and the shape of values."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox.odoo import Database, Sandbox
from gateway.sandbox.odoo.seed import read_seed

FOLDER = Path(__file__).resolve().parents[2] / ".." / "shared" / "odoo-recordings"
INDEX = json.loads((FOLDER / "index.json").read_text()) if FOLDER.exists() else []
ENTRIES = [entry for entry in INDEX if entry["protocol"] != "XML-RPC"]
SEED = read_seed(Path(__file__).with_name("recorded.yaml"))
# These recordings continue what another one began.
AFTER = {
    "jsonrpc18_button_validate_skip_backorder.json": ["jsonrpc18_receipt_quantities.json"],
    "jsonrpc18_button_validate_replay_fault.json": [
        "jsonrpc18_receipt_quantities.json",
        "jsonrpc18_button_validate_skip_backorder.json",
    ],
    "jsonrpc18_button_validate_wizard.json": ["jsonrpc18_receipt_quantities.json"],
}


@dataclass(frozen=True)
class Recorded:
    """One recorded exchange, its placeholders filled in for the sandbox."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer_headers: dict[str, str]
    answer: str


def read(name: str) -> Recorded:
    """Both formats of the recordings."""
    key = "key-of-8" if "18" in name else "key-of-7"
    source = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith("bad_key.txt"):
        key = "no-such-key"
    source = source.replace("<API_KEY>", key).replace("<BAD_KEY>", "no-such-key")
    if name.endswith(".json"):
        exchange = json.loads(source)
        kinds = {"Content-Type": "application/json; charset=utf-8", "Connection": "close", "Content-Length": ""}
        if "error" not in exchange["response"]:
            kinds["X-Content-Type-Options"] = "nosniff"
        body, answer = json.dumps(exchange["request"]), json.dumps(exchange["response"])
        return Recorded("POST", "/jsonrpc", {}, body, exchange["http_status"], kinds, answer)
    request, _, answer = source.partition("\n--- ")
    head, _, body = request.partition("\n\n")
    method, path, *sent = head.replace("\n", " ").split(" ", 2)
    status_line, _, content = answer.partition("\n")
    found = re.fullmatch(r"(?:response )?HTTP (\d+) (\{.*\})", status_line)
    assert found, f"{name}: {status_line}"
    headers = ast.literal_eval(sent[0].strip()) if sent and sent[0].strip() else {}
    return Recorded(method, path, headers, body.strip(), int(found[1]), ast.literal_eval(found[2]), content)


def shape(value: Any) -> Any:
    """Types and keys; ids, amounts and texts are left out, the form of dates and record texts is not."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(each), sort_keys=True) for each in value}) or "empty list"
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value):
            return "datetime"
        return re.sub(r"\d+", "N", value) if value.startswith("mail.activity(") else "text"
    return type(value).__name__


def without_debug(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: without_debug(each) for key, each in value.items() if key != "debug"}


async def replay(http: httpx.AsyncClient, recorded: Recorded) -> httpx.Response:
    headers = {"Content-Type": "application/json", **recorded.headers}
    return await http.request(recorded.method, recorded.path, content=recorded.body, headers=headers)


@pytest.mark.skipif(not FOLDER.exists(), reason="../shared/odoo-recordings is not there")
def test_the_folder_holds_recordings_of_both_transports() -> None:
    assert {entry["protocol"] for entry in ENTRIES} == {"JSON-2", "JSON-RPC"}


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["file"] for entry in ENTRIES])
async def test_answers_as_recorded(entry: dict[str, str]) -> None:
    name = entry["file"]
    version = 19 if entry["odoo"].startswith("19") else 18
    sandbox = Sandbox(Database(f"odoo{version}", version, SEED))
    if name.endswith(("err_serialization.txt", "fault_serialization.json")):
        sandbox.injections.add({"kind": "serialization", "times": 1, "methods": "write"})
    recorded = read(name)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox), base_url="http://odoo") as http:
        for earlier in AFTER.get(name, []):
            assert "error" not in (await replay(http, read(earlier))).json()
        answer = await replay(http, recorded)

    assert answer.status_code == recorded.status
    assert answer.headers["content-type"] == recorded.answer_headers["Content-Type"]
    sent = {header.lower() for header in answer.headers} - {"date"}
    assert sent == {header.lower() for header in recorded.answer_headers}
    if not recorded.answer_headers["Content-Type"].startswith("application/json"):
        if name.endswith("wrong_path.txt"):
            assert answer.text.startswith("<!DOCTYPE html>")
        else:
            assert answer.text.strip() == recorded.answer.strip()
        return
    expected, actual = json.loads(recorded.answer), answer.json()
    assert shape(actual) == shape(expected)
    expected_error = expected.get("error", expected) if isinstance(expected, dict) else {}
    if "data" in expected_error or ("name" in expected_error and "arguments" in expected_error):
        where = re.compile(r'connection to server at "[^"]*", port \S+ failed')
        told = where.sub("(where)", json.dumps(without_debug(expected), sort_keys=True).replace('\\"', '"'))
        assert where.sub("(where)", json.dumps(without_debug(actual), sort_keys=True).replace('\\"', '"')) == told
        last = (expected_error.get("data") or expected_error)["debug"].strip().splitlines()[-1]
        assert where.sub("", last) in where.sub("", (actual.get("error", {}).get("data") or actual)["debug"])
