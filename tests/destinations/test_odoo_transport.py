"""Both transports and the error table, against recorded answers of real servers and the network's ways to fail."""

from __future__ import annotations

import ast
import json
import re
import ssl
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.destinations.odoo.errors import Answer, Meaning, OdooError, classify, outcome
from gateway.destinations.odoo.transport import Json2, JsonRpc, Secret, http_client
from gateway.ports import Business, Transient, Unknown

FOLDER = Path(__file__).resolve().parents[2] / ".." / "shared" / "odoo-recordings"
INDEX = json.loads((FOLDER / "index.json").read_text(encoding="utf-8")) if FOLDER.exists() else []
# The read-only JSON-1 route of 18 is never called; its page says nothing about a call of ours.
ENTRIES = [
    entry for entry in INDEX if entry["protocol"] != "XML-RPC" and entry["file"] != "jsonrpc18_json1_readonly_18.txt"
]
CLASSES = {
    "transient": {Meaning.RETRY},
    "business": {Meaning.REFUSED, Meaning.GONE},
    "credential": {Meaning.CREDENTIAL},
    "config": {Meaning.CONFIG},
    "bug": {Meaning.DEFECT},
}


def _recorded(name: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a recorded answer."""
    source = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        exchange = json.loads(source)
        return exchange["http_status"], {"Content-Type": "application/json"}, json.dumps(exchange["response"])
    head, _, body = source.partition("\n--- ")[2].partition("\n")
    found = re.fullmatch(r"(?:response )?HTTP (\d+) (\{.*\})", head)
    assert found
    return int(found[1]), {"Content-Type": ast.literal_eval(found[2])["Content-Type"]}, body


@pytest.mark.skipif(not ENTRIES, reason="the recordings of real servers are not beside the repository")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
async def test_recorded_answers_mean_what_was_found(entry: dict[str, Any]) -> None:
    status, headers, body = _recorded(entry["file"])
    reply = httpx.MockTransport(lambda request: httpx.Response(status, headers=headers, text=body))
    async with http_client(1, reply) as client:
        kind = Json2 if entry["protocol"] == "JSON-2" else JsonRpc
        model, _, method = entry["call"].replace("/", ".").rpartition(".")
        call = kind(client, "http://odoo", "db", "key").call(model or "x", method or "write", [1], {})
        if entry["class"] in CLASSES:
            with pytest.raises(OdooError) as raised:
                await call
            assert raised.value.meaning in CLASSES[entry["class"]]
            assert "Traceback" not in str(raised.value)
        else:
            answer = json.loads(body, parse_float=Decimal)
            assert await call == (answer if entry["protocol"] == "JSON-2" else answer["result"])


NAMED = [
    ("psycopg2.errors.DeadlockDetected", "deadlock detected", 200, Meaning.RETRY),
    ("psycopg2.errors.LockNotAvailable", "could not obtain lock", 500, Meaning.RETRY),
    ("odoo.exceptions.LockError", "cannot lock", 409, Meaning.RETRY),
    ("psycopg2.OperationalError", "server closed the connection unexpectedly", 200, Meaning.DOWN),
    ("psycopg2.InterfaceError", "connection already closed", 500, Meaning.DOWN),
    ("psycopg2.OperationalError", 'FATAL:  database "x" does not exist', 200, Meaning.CONFIG),
    ("odoo.exceptions.ValidationError", "a partner cannot follow twice the same object", 422, Meaning.RETRY),
    ("odoo.exceptions.RedirectWarning", "Please configure", 422, Meaning.REFUSED),
    ("odoo.exceptions.UserError", "Object x.y doesn't exist", 200, Meaning.CONFIG),
    ("odoo.exceptions.UserError", "The Object you chose doesn't exist", 200, Meaning.REFUSED),
    ("builtins.AttributeError", "no attribute", 200, Meaning.DEFECT),
    ("builtins.ValueError", "Invalid field", 500, Meaning.DEFECT),
    ("", "", 429, Meaning.DOWN),
    ("", "", 302, Meaning.CONFIG),
    ("", "", 415, Meaning.DEFECT),
]  # fmt: skip


@pytest.mark.parametrize(("name", "message", "status", "meaning"), NAMED)
def test_the_name_decides_before_the_status(name: str, message: str, status: int, meaning: Meaning) -> None:
    assert classify(Answer(status, name, message, write=True)).meaning is meaning


@pytest.mark.parametrize("status", [502, 503, 504, 500, 418])
def test_an_answer_nobody_knows_is_unknown_for_a_write(status: int) -> None:
    assert classify(Answer(status, write=True)).meaning is Meaning.UNKNOWN
    expected = Meaning.DOWN if status in (502, 503, 504) else Meaning.CONFIG
    assert classify(Answer(status, write=False)).meaning is expected


def test_a_name_nobody_knows_is_a_defect_for_a_read_and_unknown_for_a_write() -> None:
    assert classify(Answer(200, "some.NewError", "?", write=False)).meaning is Meaning.DEFECT
    assert classify(Answer(200, "some.NewError", "?", write=True)).meaning is Meaning.UNKNOWN


def _raising(error: Exception) -> httpx.MockTransport:
    def raise_it(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(raise_it)


def _certificate() -> httpx.ConnectError:
    error = httpx.ConnectError("handshake failed")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    return error


NETWORK = [
    (httpx.ConnectError("refused"), Meaning.DOWN, Meaning.DOWN),
    (httpx.ConnectTimeout("slow"), Meaning.DOWN, Meaning.DOWN),
    (httpx.PoolTimeout("busy"), Meaning.DOWN, Meaning.DOWN),
    (httpx.WriteTimeout("stuck"), Meaning.DOWN, Meaning.DOWN),
    (httpx.ReadTimeout("late"), Meaning.DOWN, Meaning.UNKNOWN),
    (httpx.ReadError("reset"), Meaning.DOWN, Meaning.UNKNOWN),
    (httpx.RemoteProtocolError("disconnected without an answer"), Meaning.DOWN, Meaning.UNKNOWN),
    (_certificate(), Meaning.CONFIG, Meaning.CONFIG),
    (httpx.UnsupportedProtocol("ftp"), Meaning.CONFIG, Meaning.CONFIG),
]


@pytest.mark.parametrize(("error", "for_read", "for_write"), NETWORK, ids=lambda each: getattr(each, "value", None))
async def test_what_failed_below_http_is_unknown_only_when_the_request_was_complete(
    error: Exception, for_read: Meaning, for_write: Meaning
) -> None:
    for method, meaning in (("search_read", for_read), ("write", for_write)):
        async with http_client(1, _raising(error)) as client:
            with pytest.raises(OdooError) as raised:
                await Json2(client, "http://odoo", "db", "key").call("purchase.order", method, [1], {})
        assert raised.value.meaning is meaning


async def test_a_page_instead_of_json() -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(200, html="<h1>Log in</h1>"))
    async with http_client(1, page) as client:
        for method, meaning in (("search_read", Meaning.CONFIG), ("write", Meaning.UNKNOWN)):
            with pytest.raises(OdooError) as raised:
                await JsonRpc(client, "http://odoo", "db", "key").call("purchase.order", method, [1], {})
            assert raised.value.meaning is meaning


async def test_requests_have_the_form_of_each_transport() -> None:
    seen: list[tuple[str, dict[str, str], Any]] = []

    def reply(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        seen.append((request.url.path, dict(request.headers), body))
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "result": []} if "jsonrpc" in body else [])

    async with http_client(1, httpx.MockTransport(reply)) as client:
        two, rpc = Json2(client, "http://odoo/", "db", "k1"), JsonRpc(client, "http://odoo", "db", "k1")
        rpc.uid = 8
        for transport in (two, rpc):
            await transport.call("purchase.order", "write", [7], {"vals": {"x": Decimal("2.5")}}, {"lang": "en_US"})
            await transport.call("purchase.order", "search_read", None, {"domain": []})
    path, headers, body = seen[0]
    assert (path, headers["authorization"], headers["x-odoo-database"]) == (
        "/json/2/purchase.order/write",
        "bearer k1",
        "db",
    )
    assert headers["content-type"] == "application/json"
    assert body == {"vals": {"x": 2.5}, "ids": [7], "context": {"lang": "en_US"}}
    assert seen[1][2] == {"domain": []}
    assert seen[2][0] == "/jsonrpc"
    keywords = {"vals": {"x": 2.5}, "context": {"lang": "en_US"}}
    assert seen[2][2]["params"]["args"] == ["db", 8, "k1", "purchase.order", "write", [[7]], keywords]
    assert seen[3][2]["params"]["args"][5:] == [[], {"domain": []}]


async def test_floats_arrive_as_decimals_and_the_key_hides_itself() -> None:
    reply = httpx.MockTransport(lambda request: httpx.Response(200, json=[{"price_unit": 0.1, "product_qty": 3.0}]))
    async with http_client(1, reply) as client:
        rows = await Json2(client, "http://odoo", "db", "topsecret").call(
            "purchase.order.line", "search_read", None, {}
        )
    assert rows == [{"price_unit": Decimal("0.1"), "product_qty": Decimal("3.0")}]
    assert "topsecret" not in repr(["db", 8, Secret("topsecret")])


OUTCOMES = [
    (Meaning.RETRY, Transient, "parcel", ""),
    (Meaning.DOWN, Transient, "connector", ""),
    (Meaning.CREDENTIAL, Transient, "connector", "credential"),
    (Meaning.CONFIG, Transient, "connector", "config"),
]


@pytest.mark.parametrize(("meaning", "kind", "scope", "alarm"), OUTCOMES)
def test_transient_outcomes(meaning: Meaning, kind: type, scope: str, alarm: str) -> None:
    found = outcome(OdooError(_failure(meaning)), "po/1", 150)
    assert isinstance(found, Transient)
    assert (found.scope, found.alarm) == (scope, alarm)
    assert found.retry_in >= (300 if alarm else 1)


def test_business_and_unknown_outcomes() -> None:
    kinds = {Meaning.REFUSED: "odoo.refused", Meaning.GONE: "odoo.record_gone", Meaning.DEFECT: "connector.defect"}
    for meaning, kind in kinds.items():
        found = outcome(OdooError(_failure(meaning)), "po/1", 150)
        assert isinstance(found, Business)
        assert (found.case.kind, found.case.subject) == (kind, "po/1")
    unknown = outcome(OdooError(_failure(Meaning.UNKNOWN)), "po/1", 7)
    assert isinstance(unknown, Unknown)
    assert unknown.retry_in == 7


def _failure(meaning: Meaning) -> Any:
    from gateway.destinations.odoo.errors import Failure

    return Failure(meaning, "because")
