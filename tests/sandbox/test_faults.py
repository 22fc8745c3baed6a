"""Injected faults and the control endpoints, on a real port with real connections."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, cast

import httpx
import pytest
import yaml

from gateway.sandbox.odoo import Settings, build, running

from .conftest import SEED, Client, OdooFault


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(SEED), encoding="utf-8")
    return path


@pytest.fixture
async def odoo(version: int, seed: Path) -> AsyncIterator[Client]:
    settings = Settings(version=cast(Literal[18, 19], version), seed=seed)
    async with running(settings) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        yield Client(version, http)


async def reference(odoo: Client) -> Any:
    return (await odoo.sandbox("state"))["orders"][0]["partner_ref"]


async def write(odoo: Client, text: str) -> None:
    assert await odoo.call("purchase.order", "write", [1], vals={"partner_ref": text}) is True


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_cut_connection_before_or_after_the_commit(odoo: Client, after_commit: bool) -> None:
    await odoo.sandbox("faults", kind="drop", times=1, methods=["write"], after_commit=after_commit)
    with pytest.raises(httpx.TransportError):
        await write(odoo, "VSO-1")
    assert await reference(odoo) == ("VSO-1" if after_commit else False)
    await write(odoo, "VSO-2")
    assert await reference(odoo) == "VSO-2"


@pytest.mark.parametrize("status", [502, 503, 504, 429])
async def test_a_proxys_page(odoo: Client, status: int) -> None:
    await odoo.sandbox("faults", kind="status", status=status, times=2, retry_after=7)
    for _ in range(2):
        answer = await odoo.http.post("/jsonrpc", json=version_call())
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["retry-after"] == "7"
    assert (await odoo.http.post("/jsonrpc", json=version_call())).status_code == 200


def version_call() -> dict[str, Any]:
    return {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "call",
        "params": {"service": "common", "method": "version", "args": []},
    }


async def test_a_login_page_with_200_after_the_write(odoo: Client) -> None:
    await odoo.sandbox("faults", kind="not_json", times=1, models="purchase.order", after_commit=True)
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        await write(odoo, "VSO-3")
    assert await reference(odoo) == "VSO-3"


async def test_serialization_failures_count_down(odoo: Client) -> None:
    await odoo.sandbox("faults", kind="serialization", times=2, methods=["write"])
    for _ in range(2):
        with pytest.raises(OdooFault, match="could not serialize access") as caught:
            await write(odoo, "VSO-4")
        assert caught.value.name == "psycopg2.errors.SerializationFailure"
        assert caught.value.status == (500 if odoo.version >= 19 else 200)
        assert await reference(odoo) is False
    await write(odoo, "VSO-4")


async def test_a_refused_key(odoo: Client) -> None:
    await odoo.sandbox("faults", kind="access_denied", models=["purchase.order"])
    with pytest.raises(OdooFault) as caught:
        await write(odoo, "x")
    new = odoo.version >= 19
    assert caught.value.name == ("werkzeug.exceptions.Unauthorized" if new else "odoo.exceptions.AccessDenied")
    assert caught.value.status == (401 if new else 200)
    assert await odoo.call("product.product", "search_count", domain=[]) == 2
    assert (await odoo.http.delete("/sandbox/faults")).status_code == 200
    await write(odoo, "y")


async def test_a_key_of_nobody_is_false_at_authenticate(odoo: Client) -> None:
    for login, key in (("edi", "wrong"), ("nobody", "edi-key"), ("edi", "")):
        assert await odoo.rpc("common", "authenticate", "odoo", login, key, {}) is False


async def test_faults_end_after_their_time(odoo: Client) -> None:
    await odoo.sandbox("faults", kind="status", seconds=1)
    assert (await odoo.http.post("/jsonrpc", json=version_call())).status_code == 503
    assert len((await odoo.sandbox("state"))["faults"]) == 1
    await asyncio.sleep(1)
    assert (await odoo.http.post("/jsonrpc", json=version_call())).status_code == 200
    assert (await odoo.sandbox("state"))["faults"] == []


async def test_latency_is_inside_the_transaction_and_stops_nobody_else(odoo: Client) -> None:
    await odoo.sandbox("faults", kind="latency", delay=1, times=1, methods=["write"])
    slow = asyncio.create_task(write(odoo, "slow"))
    await asyncio.sleep(0.1)
    assert await odoo.call("product.product", "search_count", domain=[]) == 2
    assert await reference(odoo) is False
    assert not slow.done()
    await slow
    call = next(call for call in (await odoo.sandbox("state"))["calls"] if call["method"] == "write")
    assert call["milliseconds"] >= 1000


async def test_connections_are_refused_for_a_while(odoo: Client) -> None:
    await odoo.sandbox("refuse", seconds=1)
    with pytest.raises(httpx.ConnectError):
        await odoo.http.post("/jsonrpc", json=version_call())
    again = httpx.AsyncHTTPTransport(retries=6)  # connects again after 0, 0.5, 1, 2 ... seconds
    async with httpx.AsyncClient(transport=again, base_url=odoo.http.base_url) as http:
        assert (await http.post("/jsonrpc", json=version_call())).status_code == 200


async def test_the_clock_can_be_wrong(odoo: Client) -> None:
    await odoo.sandbox("clock", seconds=-7200)
    answer = await odoo.http.post("/jsonrpc", json=version_call())
    date = parsedate_to_datetime(answer.headers["date"])
    await write(odoo, "x")
    written = (await odoo.sandbox("state"))["orders"][0]["write_date"]
    assert abs(dt.datetime.fromisoformat(written + "+00:00") - date) < dt.timedelta(seconds=20)
    assert written < (await odoo.sandbox("state"))["orders"][1]["write_date"]


async def test_the_call_log_and_counts(odoo: Client) -> None:
    await write(odoo, "x")
    with pytest.raises(OdooFault):
        await odoo.call("purchase.order", "write", [99], vals={})
    state = await odoo.sandbox("state")
    assert state["counts"] == {"purchase.order.write": 2}
    assert [(call["ids"], call["outcome"]) for call in state["calls"]] == [
        ([1], "ok"),
        ([99], "odoo.exceptions.MissingError"),
    ]
    assert {call["login"] for call in state["calls"]} == {"edi"}
    assert {call["transport"] for call in state["calls"]} == {"JSON-2" if odoo.version >= 19 else "JSON-RPC"}


async def test_control_confirms_calls_and_resets(odoo: Client) -> None:
    lines = [{"product": "A", "qty": 5, "price": 2.5, "uom": "Dozens", "date": "2026-12-05 12:00:00"}]
    made = await odoo.sandbox("confirm", partner="V2", name="P09999", origin="demo", lines=lines)
    assert (made["name"], made["state"], len(made["picking_ids"])) == ("P09999", "purchase", 1)
    options = {"vals": {"partner_ref": "by a buyer"}}
    changed = await odoo.sandbox("call", model="purchase.order", method="write", args=[[made["id"]]], kwargs=options)
    assert changed == {"result": True}
    assert (await odoo.sandbox("state"))["orders"][-1]["partner_ref"] == "by a buyer"
    for path, wanted, status in [
        ("confirm", {"partner": "no such vendor"}, 400),
        ("confirm", {"partner": "V1", "lines": [{"product": "A", "nope": 1}]}, 400),
        ("call", {"model": "nope", "method": "x"}, 422),
        ("call", {"model": "purchase.order", "method": "unlink", "args": [[1]]}, 422),
        ("faults", {"kind": "nope"}, 400),
        ("faults", {"kind": "serialization", "after_commit": True}, 400),
        ("faults", {"kind": "drop", "time": 1}, 400),
    ]:
        answer = await odoo.http.post(f"/sandbox/{path}", json=wanted)
        assert (answer.status_code, "error" in answer.json()) == (status, True), path
    await odoo.http.post("/sandbox/reset")
    state = await odoo.sandbox("state")
    assert [order["name"] for order in state["orders"]] == ["P00042", "P00043"]
    assert state["calls"] == []


async def test_control_is_for_loopback_only(seed: Path) -> None:
    transport = httpx.ASGITransport(app=build(Settings(seed=seed)), client=("192.0.2.7", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://odoo") as http:
        assert (await http.get("/sandbox/state")).status_code == 403
        assert (await http.post("/sandbox/confirm", json={})).status_code == 403
        assert (await http.post("/jsonrpc", json=version_call())).status_code == 200


async def test_a_state_file_keeps_records_over_a_restart(version: int, seed: Path, tmp_path: Path) -> None:
    settings = Settings(version=cast(Literal[18, 19], version), seed=seed, state=tmp_path / "state.json")
    for expected, text in ((False, "VSO-1"), ("VSO-1", "VSO-2")):
        async with running(settings) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
            odoo = Client(version, http)
            assert await reference(odoo) == expected
            await write(odoo, text)
    async with running(settings) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        odoo = Client(version, http)
        made = await odoo.sandbox("confirm", partner="V1", lines=[{"product": "A", "qty": 1}])
        assert made["id"] == 3
        assert await odoo.call("purchase.order", "message_post", [1], body="x")


def test_the_command_serves_writes_its_port_and_stops_on_a_signal(seed: Path, tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "gateway.sandbox.odoo", "--version", "19", "--db", "demo"]
    process = subprocess.Popen([*command, "--seed", str(seed), "--port-file", str(port_file)])
    try:
        deadline = time.monotonic() + 20
        while not port_file.exists() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        assert httpx.get(f"{url}/json/version", trust_env=False).json()["version"] == "19.0"
        assert httpx.get(f"{url}/sandbox/state", trust_env=False).json()["db"] == "demo"
        process.terminate()
        assert process.wait(10) in (0, -15)
    finally:
        process.kill()
        process.wait()


def test_the_command_refuses_a_broken_seed(tmp_path: Path) -> None:
    broken = tmp_path / "seed.yaml"
    broken.write_text("products: [{code: A, name: Widget, nope: 1}]\n")
    done = subprocess.run(
        [sys.executable, "-m", "gateway.sandbox.odoo", "--seed", str(broken)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "products[0]: Invalid field 'nope'" in done.stderr


async def test_any_odoo_error_can_be_ordered(odoo: Client) -> None:
    name, message = "odoo.exceptions.ValidationError", "Error, a partner cannot follow twice the same object."
    await odoo.sandbox("faults", kind="error", name=name, message=message, status=422, times=1, methods=["write"])
    with pytest.raises(OdooFault, match="cannot follow twice") as caught:
        await write(odoo, "x")
    assert (caught.value.name, caught.value.status) == (name, 422 if odoo.version >= 19 else 200)


async def test_a_request_can_be_executed_twice(odoo: Client) -> None:
    await odoo.sandbox("faults", kind="twice", times=1, methods=["message_post"])
    await odoo.call("purchase.order", "message_post", [1], body="once?", message_id="<k@gateway>")
    messages = (await odoo.sandbox("state"))["messages"]
    assert [message["message_id"] for message in messages] == ["<k@gateway>", "<k@gateway>"]
