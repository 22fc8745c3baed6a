"""`gateway partner check` of HTTPS upload: every step can fail, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trials import failed, names, tried
from uploader import HASH, channel, hosting

from gateway.ledger import Ledger
from gateway.transports.https import Listener
from tests.transports.as2.authority import Authority


def text(reference: str) -> str:
    return reference


async def test_all_is_well(ledger: Ledger, tmp_path: Path) -> None:
    paths = Authority().server(tmp_path)
    pem = [Path(path).read_text(encoding="utf-8") for path in paths.values()]
    for tls in ({}, {"certificate": pem[0], "key": pem[1]}):
        async with hosting(ledger, tmp_path, **tls) as host:
            listener = Listener.model_validate({"port": host.server.port, **tls})
            steps = await tried(channel(), text, listener=listener)
        assert [step.problem for step in steps if not step.fine] == []
        certificate = ["certificate"] if tls else []
        assert names(steps) == ["tokens", "configuration", "own listener", *certificate, "HTTP"]
        assert await host.received() == []


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ({"hash": HASH, "label": "old", "until": "2020-01-01"}, "old until 2020-01-01 (has ended)"),
        ("no hash", "sha256"),
    ],
)
async def test_tokens(token: Any, found: str) -> None:
    step = failed(await tried(channel(tokens=[token]), text, listener=Listener()))
    assert step.name == "tokens"
    assert found in step.found
    assert "gateway partner token" in step.advice


async def test_no_listener(unused_tcp_port: int) -> None:
    assert failed(await tried(channel(), text)).name == "configuration"
    assert failed(await tried(channel(), text, listener=Listener(port=unused_tcp_port))).name == "own listener"


async def test_a_certificate_that_has_expired(ledger: Ledger, tmp_path: Path) -> None:
    ended = [Path(path).read_text(encoding="utf-8") for path in Authority().server(tmp_path, until=-1).values()]
    tls = {"certificate": ended[0], "key": ended[1]}
    async with hosting(ledger, tmp_path, **tls) as host:
        step = failed(await tried(channel(), text, listener=Listener(port=host.server.port, **tls)))
    assert step.name == "certificate"


async def test_something_else_on_our_port(ledger: Ledger, tmp_path: Path) -> None:
    pem = [Path(path).read_text(encoding="utf-8") for path in Authority().server(tmp_path).values()]
    async with hosting(ledger, tmp_path) as host:
        listener = Listener(port=host.server.port, certificate=pem[0], key=pem[1])
        step = failed(await tried(channel(), text, listener=listener))
    assert step.name == "HTTP"
