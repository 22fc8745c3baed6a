"""Rules of AS2 that no single layer keeps alone: whose receipt counts, where nothing is sent, what is never said, what
it may cost."""

from __future__ import annotations

import subprocess
import sys

import pytest
import structlog
from starlette.responses import Response

from gateway import clock
from gateway.ports import Done, Parcel, Transient, Unknown
from gateway.transports.as2 import mdn
from gateway.transports.as2.mdn import Answer
from tests.flow.world import ROOT
from tests.transports.as2.company import (
    MAILBOX,
    THEM,
    US,
    Open,
    Partner,
    Reply,
    answering,
    channel,
    message,
    opened,
    pem,
    replying,
)
from tests.transports.as2.peers import own

DOCUMENT = sorted((ROOT / "partners/acme/samples").glob("*855*.edi"))[0].read_bytes()


def sends(number: str = "d1") -> Parcel:
    return Parcel(number, MAILBOX, "po/P1", "acme", "document", 1, payload=DOCUMENT, name="850.edi")


async def test_mdn_original_message_id_pending_for_this_partner(our: Open) -> None:
    """Another partner, known and with a good signature, cannot give the receipt of a message that was not for it."""
    nothing: Reply = lambda request, body: Response(status_code=200)  # noqa: E731
    async with our(nothing, send={"late": "yes"}, receipt_url="http://us/as2") as we:
        other = channel(partner={"id": "OTHER", "certificates": [{"certificate": pem("Other")["certificate"]}]})
        we.server.replace({MAILBOX: we.settings, "other/as2": other})
        assert isinstance(await we.sink().send(sends()), Unknown)
        request = we.partner.requests[0]
        message_id, mic = dict(request.headers)["message-id"], opened(request)[0].mic

        async def late(whose: str, signer: str) -> int:
            said = Answer(message_id, US, whose, "", mic)
            made = mdn.build(said, at=clock.now(), mdn_id="<m@x>", boundary="mb", signer=own(signer))
            return (await we.post(*made)).status_code

        assert await late("OTHER", "Other") == 200
        assert isinstance(await we.sink().send(sends()), Unknown)
        assert await late(THEM, THEM) == 200
        assert isinstance(await we.sink().send(sends()), Done)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_no_downgrade(status: int, our: Open) -> None:
    elsewhere = Partner(replying())
    async with answering(elsewhere):
        reply: Reply = lambda request, body: Response(status_code=status, headers={"location": elsewhere.url})  # noqa: E731
        async with our(reply, send={}) as we:
            outcome = await we.sink().send(sends())
            assert isinstance(outcome, Transient)
            assert "redirects are not followed" in outcome.reason
    assert elsewhere.requests == []


async def test_no_redirect_no_downgrade_of_tls(our: Open) -> None:
    plain = Partner(replying())
    async with answering(plain), our(send={"url": plain.url.replace("http:", "https:")}) as we:
        assert isinstance(await we.sink().send(sends()), Transient)
    assert plain.requests == []


async def test_debug_log_is_free(our: Open) -> None:
    """Nothing of the size of a message is made for a line of the log."""
    large = DOCUMENT.replace(b"~", b"~\n", 1) + b" " * 300_000
    with structlog.testing.capture_logs() as lines:
        async with our(send={}) as we:
            await we.post(*message(large))
            assert isinstance(await we.sink().send(sends()), Done)
    assert max(len(repr(line)) for line in lines) < 2000


ALONE = """
import ctypes, ctypes.util, sys
def refused(*_, **__): raise OSError("no library of the system")
ctypes.CDLL = ctypes.util.find_library = refused
from tests.transports.as2.company import message, own, US, THEM, Rules, Window, Staging, open_message
headers, body = message(b"ISA*", compress="before-signing")
with Staging() as area:
    found = open_message(headers, Window.of(body), Rules((own(US),), (own(THEM).certificate,)), area)
    assert found.attachments[0].content.whole() == b"ISA*"
print("fine")
"""


def test_import_without_system_crypto() -> None:
    """Nothing looks for the OpenSSL of the system, or cares which version it is."""
    command = [sys.executable, "-c", ALONE]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


LARGE = """
import io, os, resource, sys, tempfile
from tests.transports.as2.company import own, US, THEM, Rules, Window, Staging, open_message, Agreed, build, clock
SIZE = 50_000_000
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
own(US), own(THEM)
with tempfile.TemporaryFile() as file, Staging() as area:
    for _ in range(50):
        file.write(os.urandom(500_000) * 2)
    before = peak()
    agreed = Agreed(THEM, US, own(THEM), own(US).certificate)
    made = build(Window.all_of(file), agreed, area, kind="application/edi-x12", name="a", message_id="<1@a>",
        boundary="b" * 30, at=clock.now())
    found = open_message(made.headers, made.body, Rules((own(US),), (own(THEM).certificate,), largest=SIZE * 2), area)
    assert len(found.attachments[0].content) == SIZE
    assert found.mic.value == made.mic.value
    print(peak() - before)
"""


def test_memory_50mb() -> None:
    """A message of 50 MB, made and opened: at most 100 MB more (150 MB are the goal, 630 MB others need)."""
    done = subprocess.run([sys.executable, "-c", LARGE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100
