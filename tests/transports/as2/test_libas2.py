"""libas2 0.8.2 (npm), an AS2 library nobody here wrote, as the partner: both ways over our real listener and sink.

What it does differently from others: RSA-OAEP with SHA-512 always, AES-GCM inside EnvelopedData,
and a signature over the receipt without its last line break.
"""

from __future__ import annotations

import base64
import fcntl
import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.ledger import Ledger, migrate
from gateway.ports import Business, Done
from tests.transports.as2.company import DOCUMENT, THEM, US, Reply, company, parcel, pem

ROOT = Path(__file__).resolve().parents[3]
MODULES = ROOT / ".venv" / "node" / "node_modules"


@pytest.fixture(scope="session")
def modules() -> Path:
    """libas2 from npm, kept in the virtual environment; newer releases of pkijs no longer sign with it."""
    MODULES.parent.mkdir(exist_ok=True)
    with (MODULES.parent / "lock").open("w") as one:
        fcntl.flock(one, fcntl.LOCK_EX)  # several workers may run these tests at a time
        if not (MODULES / "libas2").is_dir():
            install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(MODULES.parent)]
            subprocess.run([*install, "libas2@0.8.2", "pkijs@2.1.90"], check=True, timeout=300)
    return MODULES


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", exclusive=True)
    migrate.upgrade(ledger)
    yield ledger
    ledger.close()


@cache
def reverted() -> list[str]:
    """The option with which some releases of Node decrypt PKCS#1 v1.5; those that need none do not know it."""
    option = "--security-revert=CVE-2023-46809"
    known = subprocess.run(["node", option, "-e", "0"], capture_output=True, check=False).returncode == 0
    return [option] if known else []


def libas2(modules: Path, what: str, **request: Any) -> Any:
    command = ["node", *reverted(), str(Path(__file__).with_name("libas2.cjs"))]
    done = subprocess.run(
        command,
        input=json.dumps({"what": what, **request}).encode(),
        capture_output=True,
        timeout=60,
        env={"NODE_PATH": str(modules), "PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_NO_WARNINGS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])  # Node warns of the option on standard output


def agreement(encrypt: str | bool = "aes256-CBC", sign: str = "sha-256", mdn: str = "sha-256") -> dict[str, Any]:
    """The partner's view of what is agreed."""
    mine, ours = pem(THEM), pem(US)
    return {
        "host": {
            "name": THEM,
            "id": THEM,
            "url": "http://acme.example/as2",
            "certificate": mine["certificate"],
            "privateKey": mine["key"],
            "decrypt": True,
            "sign": sign,
            "mdn": {"signing": mdn},
        },
        "partner": {
            "name": US,
            "id": US,
            "url": "http://us.example/as2",
            "file": "EDIX12",
            "certificate": ours["certificate"],
            "encrypt": encrypt,
            "verify": True,
            "mdn": {"signing": mdn},
        },
    }


@pytest.mark.parametrize("encrypt", ["aes128-CBC", "aes256-CBC", "aes128-GCM", "aes256-GCM"])
@pytest.mark.parametrize("sign", ["sha-256", "sha-512"])
async def test_from_libas2(sqlite: Ledger, tmp_path: Path, modules: Path, encrypt: str, sign: str) -> None:
    """oaep_sha512_in, gcm_in_enveloped."""
    content = base64.b64encode(DOCUMENT).decode()
    made = libas2(modules, "compose", agreement=agreement(encrypt, sign), content=content)
    async with company(sqlite, lambda request, body: Response(), {}, tmp_path) as we:
        headers = tuple((name, value) for name, value in made["headers"])
        answer = await we.post(headers, base64.b64decode(made["body"]))
        assert answer.status_code == 200
        (arrived,) = await we.rows("receipt")
        assert arrived.size == len(DOCUMENT)
        message = {"headers": list(answer.headers.multi_items()), "body": base64.b64encode(answer.content).decode()}
        found = libas2(modules, "receipt", message=message, certificate=pem(US)["certificate"])
        assert found["disposition"]["processed"] is True
        assert "description" not in found["disposition"]
        (exchange,) = await we.rows("exchange")
        assert f"{found['receivedContentMic']['mic']}, {found['receivedContentMic']['algorithm']}" == exchange.mic


@pytest.mark.parametrize("oaep", ["", "sha-256", "sha-512"])
@pytest.mark.parametrize("encrypt", ["aes-128-cbc", "aes-256-cbc", "aes-256-gcm"])
async def test_to_libas2(sqlite: Ledger, tmp_path: Path, modules: Path, encrypt: str, oaep: str) -> None:
    """Its receipts: mdn_signature_without_trailing_crlf, mdn_dialects."""
    seen: list[bytes] = []
    send = {"encrypt": encrypt, "oaep": oaep, "gcm_in_enveloped": "yes"}
    async with company(sqlite, answering(modules, seen), {"send": send}, tmp_path) as we:
        outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Done), outcome
        assert [content.split() for content in seen] == [DOCUMENT.split()]  # it changes line breaks when it shows them


async def test_a_refusal_of_libas2(sqlite: Ledger, tmp_path: Path, modules: Path) -> None:
    stranger = {"us": {"id": US, "keys": [pem("stranger")]}, "send": {"encrypt": "aes-128-cbc"}}
    async with company(sqlite, answering(modules, []), stranger, tmp_path) as we:
        outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Business)
        assert outcome.case.kind == "as2.refused"


def answering(modules: Path, seen: list[bytes]) -> Reply:
    def reply(request: Request, body: bytes) -> Response:
        headers = [[n.decode(), v.decode()] for n, v in request.headers.raw]
        message = {"headers": headers, "body": base64.b64encode(body).decode()}
        made = libas2(modules, "answer", agreement=agreement(), message=message)
        seen.append(base64.b64decode(made["content"]))
        return Response(base64.b64decode(made["body"]), headers={n.lower(): v for n, v in made["headers"]})

    return reply
