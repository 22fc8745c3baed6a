"""The drill: many kill -9 at random moments under load over AS2 and SFTP, with repeats; then nothing is lost, nothing
is there twice. The seed is printed and may be given as FAULTS_SEED."""

from __future__ import annotations

import os
import random
import threading
import time

import pytest

from tests.faults.conftest import Installation
from tests.faults.test_as2_kills import sound
from tests.faults.test_sftp_kills import upload
from tests.flow.world import isa, set_855
from tests.transports.as2.company import message

KILLS, MESSAGES, FILES = 20, 40, 20
PATIENCE = 400.0  # of both clients, over all kills


def document(number: int) -> bytes:
    return isa([set_855(order=f"P{number}", supplier=f"SO-{number}")], control=number)


@pytest.mark.faults
def test_drill(installation: Installation) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(10**6))
    print(f"FAULTS_SEED={seed}")
    chance = random.Random(seed)
    installation.make(', timeout: "5s"')
    installation.start()
    peer, failed = installation.peer, []

    def send() -> None:
        sent = []
        for number in range(1, MESSAGES + 1):
            sent.append((document(number), message(document(number), f"<{number}@acme>")))
            again = chance.choice(sent) if number % 10 == 0 else None
            for content, made in (sent[-1], *([again] if again else [])):
                peer.deliver(installation.url, content, made, PATIENCE)

    def put() -> None:
        for number in range(1001, 1001 + FILES):
            upload(installation, f"a{number}.edi", document(number), PATIENCE)

    def guarded(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001  told by the test, which waits for the thread
            failed.append(error)

    load = [threading.Thread(target=guarded, args=(work,)) for work in (send, put)]
    for thread in load:
        thread.start()
    recovery = []
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.0, 5.0))
        installation.kill()
        began = time.monotonic()
        installation.start()
        recovery.append(time.monotonic() - began)
    for thread in load:
        thread.join(PATIENCE)
    assert failed == []
    sound(installation)
    assert len(peer.diary.promised) == MESSAGES
    assert len(peer.diary.uploaded) == FILES
    extra = sum(len(bodies) - 1 for bodies in peer.diary.got.values())
    print(f"{KILLS} kills; {extra} extra requests; up again after at most {max(recovery):.1f} s")
    assert extra <= KILLS
