"""The start-up probe, the whitelist and the circuit."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.destinations.odoo import OdooSettings
from gateway.destinations.odoo.circuit import FAILURES, PROBE_EVERY, Circuit
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.errors import HELD, Failure, Meaning, OdooError
from gateway.destinations.odoo.names import resolve
from gateway.destinations.odoo.transport import Json2, JsonRpc
from gateway.ports import Done, Transient
from tests.destinations.world import Remembering, World, answer, parcel


async def test_version_probe_picks_transport(world: World) -> None:
    connection = world.system().connection
    await connection.ready()
    assert connection.major == world.version
    assert isinstance(connection.transport, Json2 if world.version >= 19 else JsonRpc)


async def test_fields_get_names_resolve(world: World) -> None:
    connection = world.system().connection
    await connection.ready()
    new = world.version >= 19
    names = connection.names
    assert names.line_uom == ("product_uom_id" if new else "product_uom")
    assert names.acknowledged == ("acknowledged" if new else "mail_reception_confirmed")
    assert names.declined == ("" if new else "mail_reception_declined")
    assert names.locked == ("locked" if new else "")
    assert names.terms == ("note" if new else "notes")


async def test_19_also_answers_json_rpc(sandbox: World) -> None:
    system = sandbox.system(transport="jsonrpc")
    order = await sandbox.order({})
    done = await system.send(parcel(answer(await sandbox.person.read("purchase.order", order, "name"))))
    assert isinstance(done, Done)
    assert isinstance(system.connection.transport, JsonRpc)


async def test_json2_on_18_is_config(sandbox: World) -> None:
    connection = sandbox.system(transport="json2").connection
    if sandbox.version >= 19:
        await connection.ready()
        return
    with pytest.raises(OdooError, match="needs Odoo 19"):
        await connection.ready()


async def test_auth_bad_key_is_credential(world: World) -> None:
    outcome = await world.system(key="no-such-key").send(parcel(answer("x")))
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "credential")
    assert outcome.retry_in >= HELD - 1


async def test_bad_database_is_config(world: World) -> None:
    outcome = await world.system(db="nodb").send(parcel(answer("x")))
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "config")


async def test_missing_model_missing_method_unknown_field(world: World) -> None:
    connection = world.system().connection
    await connection.ready()
    cases = {
        ("nope.model", "search_read", "domain", "fields"): Meaning.CONFIG,
        ("purchase.order", "nope", "domain", "fields"): Meaning.DEFECT,
    }
    for (model, method, *_), meaning in cases.items():
        with pytest.raises(OdooError) as raised:
            await connection.transport.call(model, method, None, {"domain": [], "fields": ["id"]})
        assert raised.value.meaning is meaning
    order = await world.order({})
    with pytest.raises(OdooError) as raised:
        await connection.call("purchase.order", "write", [order], vals={"nope": "x"})
    assert raised.value.meaning is Meaning.DEFECT


async def test_missing_record_read_is_empty_write_is_business(world: World) -> None:
    connection = world.system().connection
    assert await connection.rows("res.partner", [999999999], ["name"]) == {}
    with pytest.raises(OdooError) as raised:
        await connection.call("purchase.order", "write", [999999999], vals={"partner_ref": "x"})
    assert raised.value.meaning is Meaning.GONE


async def test_user_error_is_business(world: World) -> None:
    order = await world.order({})
    (line,) = await world.lines(order)
    connection = world.system().connection
    await connection.ready()
    with pytest.raises(OdooError) as raised:
        await connection.transport.call("purchase.order.line", "unlink", [line["id"]], {})
    assert raised.value.meaning is Meaning.REFUSED


async def test_access_error_is_config_and_names_the_group(sandbox: World) -> None:
    outcome = await sandbox.system(login="nobody", key="nobody-key").send(parcel(answer("x")))
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "config")
    assert "purchase.order" in outcome.reason


async def test_whitelist_refuses_other_methods(world: World) -> None:
    connection = world.system().connection
    for model, method in (("stock.picking", "button_validate"), ("purchase.order", "unlink"), ("res.users", "write")):
        with pytest.raises(OdooError, match="not on the connector's list") as raised:
            await connection.call(model, method, [1])
        assert raised.value.meaning is Meaning.DEFECT


async def test_administrators_are_refused_in_production(sandbox: World) -> None:
    for changes, allowed in (
        ({"login": "admin", "key": "admin-key"}, False),
        ({"login": "admin", "key": "admin-key", "allow_administrator": True}, True),
        ({}, True),
    ):
        connection = sandbox.system(environment="prod", **changes).connection
        if allowed:
            await connection.ready()
        else:
            with pytest.raises(OdooError, match="administrator"):
                await connection.ready()


async def test_clocks_that_differ_are_told_and_the_servers_counts(sandbox: World, inlet: Remembering) -> None:
    await sandbox.person.control("clock", {"seconds": 600})
    system = sandbox.system()
    with capture_logs() as logs:
        await system.poll(inlet)
    assert [log["seconds"] for log in logs if log["event"].startswith("the clocks")] == [pytest.approx(600, abs=2)]
    await sandbox.order({})
    assert await system.poll(inlet) == 1


async def test_no_log_line_holds_the_key(sandbox: World, inlet: Remembering) -> None:
    with capture_logs() as logs:
        system = sandbox.system()
        await system.poll(inlet)
        await sandbox.fault(kind="serialization", methods=["search_read"], times=1)
        await system.poll(inlet)
        await sandbox.system(key="edi-key-wrong").poll(inlet)
    assert len(logs) > 5
    assert "edi-key" not in json.dumps(logs, default=str)


async def test_redirects_are_refused() -> None:
    from gateway.destinations.odoo.transport import http_client

    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://elsewhere/"})

    async with http_client(1, httpx.MockTransport(reply)) as client:
        with pytest.raises(OdooError) as raised:
            await JsonRpc(client, "http://odoo", "db", "key").call("purchase.order", "write", [1], {"vals": {}})
    assert raised.value.meaning is Meaning.CONFIG
    assert asked == ["http://odoo/jsonrpc"]


def test_a_needed_field_under_no_name_keeps_the_connector_closed() -> None:
    with pytest.raises(OdooError, match=r"purchase\.order\.acknowledged or mail_reception_confirmed") as raised:
        resolve({"purchase.order": {"notes": {}}, "purchase.order.line": {"product_uom": {}},
                 "product.supplierinfo": {"product_uom": {}}})  # fmt: skip
    assert raised.value.meaning is Meaning.CONFIG


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


DOWN = Failure(Meaning.DOWN, "refused", 10)


def test_five_failures_within_a_minute_open_the_circuit() -> None:
    clock = Clock()
    circuit = Circuit(clock)
    for _ in range(FAILURES - 1):
        circuit.failed(DOWN)
    assert circuit.refusal() is None
    circuit.failed(DOWN)
    refused = circuit.refusal()
    assert refused is not None
    assert (refused.meaning, refused.retry_in) == (Meaning.DOWN, PROBE_EVERY)
    clock.now += PROBE_EVERY
    assert [circuit.refusal() is None for _ in range(3)] == [True, False, False]
    circuit.failed(DOWN)
    clock.now += PROBE_EVERY - 1
    assert circuit.refusal() is not None
    circuit.worked()
    assert circuit.refusal() is None


def test_failures_further_apart_or_of_one_parcel_do_not() -> None:
    clock = Clock()
    circuit = Circuit(clock)
    for _ in range(FAILURES * 2):
        circuit.failed(DOWN)
        clock.now += 16
        circuit.failed(Failure(Meaning.REFUSED, "no"))
    assert not circuit.open


def test_a_refused_key_holds_it_for_five_minutes() -> None:
    clock = Clock()
    circuit = Circuit(clock)
    circuit.failed(Failure(Meaning.CREDENTIAL, "no such key"))
    clock.now += HELD - 1
    refused = circuit.refusal()
    assert refused is not None
    assert (refused.meaning, refused.retry_in) == (Meaning.CREDENTIAL, 1)
    clock.now += 1
    assert circuit.refusal() is None


def test_who_meets_a_probe_under_way_asks_again_soon() -> None:
    """Else everybody who came with the probe would wait half a minute longer than Odoo was away."""
    clock = Clock()
    circuit = Circuit(clock)
    for _ in range(FAILURES):
        circuit.failed(DOWN)
    clock.now += PROBE_EVERY
    assert circuit.refusal() is None
    met = circuit.refusal()
    assert met is not None
    assert met.retry_in <= 2
    circuit.failed(DOWN)
    refused = circuit.refusal()
    assert refused is not None
    assert refused.retry_in == PROBE_EVERY


async def test_an_open_circuit_asks_for_the_version_before_it_goes_on(sandbox: World) -> None:
    order = await sandbox.order({})
    name = await sandbox.person.read("purchase.order", order, "name")
    system = sandbox.system()
    clock = Clock()
    system.connection.circuit._now = clock
    await sandbox.fault(kind="status", status=503, methods=["search_read"], times=FAILURES)
    for _ in range(FAILURES):
        await system.send(parcel(answer(name)))
    held = await system.send(parcel(answer(name)))
    assert isinstance(held, Transient)
    assert (held.scope, held.retry_in) == ("connector", pytest.approx(PROBE_EVERY))
    clock.now += PROBE_EVERY
    assert isinstance(await system.send(parcel(answer(name))), Done)
    assert not system.connection.circuit.open


async def test_a_server_that_is_away_is_waited_for(sandbox: World) -> None:
    order = await sandbox.order({})
    name = await sandbox.person.read("purchase.order", order, "name")
    system = sandbox.system()
    await sandbox.person.control("refuse", {"seconds": 0.3})
    away = await system.send(parcel(answer(name)))
    assert isinstance(away, Transient)
    assert away.scope == "connector"
    await asyncio.sleep(0.5)
    assert isinstance(await system.send(parcel(answer(name))), Done)


async def test_a_renewed_key_is_read_again(sandbox: World) -> None:
    keys = {"ref:key": "wrong"}
    clock = Clock()
    flows = {"purchase": {"login": "edi", "key": "ref:key"}}
    settings = OdooSettings.model_validate({"url": sandbox.url, "db": sandbox.db, "flows": flows})
    connection = Connection("odoo-test", settings, lambda name: keys.get(name, name), monotonic=clock)
    try:
        with pytest.raises(OdooError) as raised:
            await connection.ready()
        assert raised.value.meaning is Meaning.CREDENTIAL
        keys["ref:key"] = "edi-key"
        with pytest.raises(OdooError):
            await connection.ready()
        clock.now += HELD
        await connection.ready()
        await sandbox.fault(kind="access_denied", times=1, methods=["search_read"])
        with pytest.raises(OdooError) as raised:
            await connection.search("purchase.order", [], ["name"])
        assert raised.value.meaning is Meaning.CREDENTIAL
        clock.now += HELD
        assert await connection.search("purchase.order", [], ["name"]) == []
    finally:
        await connection.close()


async def test_recordings_hold_everything_but_the_key(sandbox: World, tmp_path: Path) -> None:
    order = await sandbox.order({})
    folder = tmp_path / "recorded"
    system = sandbox.system(record=str(folder))
    await system.send(parcel(answer(await sandbox.person.read("purchase.order", order, "name"))))
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
    assert len(texts) > 8
    assert not any("edi-key" in text for text in texts)
    exchanges = [json.loads(text) for text in texts]
    assert {"method", "path", "request", "http_status", "response"} <= exchanges[-1].keys()
    assert any("@gateway" in json.dumps(each["request"]) for each in exchanges)
