"""The rules of polling on a folder in memory, with a clock that is moved by hand."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailbox_desk import Desk, Time

from gateway.transports.polling import Rounds, Rules, Seen

SOURCE = "one/mailbox"


@dataclass
class Shelf:
    """A folder of polling in memory: name -> (bytes, time). `deny` names what is refused."""

    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    archived: dict[str, bytes] = field(default_factory=dict)
    deny: set[str] = field(default_factory=set)
    lost: bool = False
    listed_size: dict[str, int] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    path: str = "/out"

    async def scan(self) -> AsyncIterator[Seen]:
        if "scan" in self.deny:
            raise FileNotFoundError("there is no /out")
        for name in list(self.files):
            yield self._seen(name)

    async def stat(self, name: str) -> Seen | None:
        return self._seen(name) if name in self.files else None

    async def read(self, name: str, at_most: int, into: BinaryIO) -> None:
        self._may("read")
        self.reads.append(name)
        into.write(self.files[name][0])

    async def delete(self, name: str) -> None:
        self._may("delete")
        del self.files[name]

    async def archive(self, name: str, new_name: str) -> bool:
        self._may("archive")
        if new_name in self.archived:
            return False
        self.archived[new_name] = self.files.pop(name)[0]
        return True

    def _seen(self, name: str) -> Seen:
        data, modified = self.files[name]
        return Seen(modified, name, self.listed_size.get(name, len(data)))

    def _may(self, what: str) -> None:
        if self.lost:
            raise ConnectionError("connection lost")
        if what in self.deny:
            raise PermissionError(f"{what} is denied")


def _rounds(**rules: Any) -> Rounds:
    return Rounds(SOURCE, Rules.model_validate({"settle": "0s", "after_read": "delete"} | rules))


async def test_a_growing_file_waits(desk: Desk, time: Time) -> None:
    """Taken when size and time are equal in two listings at least `settle` apart, not before."""
    rounds, shelf = _rounds(settle="30s"), Shelf({"a.edi": (b"IS", 1)})
    assert await rounds.round(shelf, desk, {}) == 0
    time.pass_(29)
    assert await rounds.round(shelf, desk, {}) == 0
    shelf.files["a.edi"] = (b"ISA*", 1)
    time.pass_(30)
    assert await rounds.round(shelf, desk, {}) == 0
    shelf.files["a.edi"] = (b"ISA*", 2)
    time.pass_(30)
    assert await rounds.round(shelf, desk, {}) == 0
    time.pass_(30)
    assert await rounds.round(shelf, desk, {}) == 1
    assert [(a.name, a.data) for a in desk.arrived] == [("a.edi", b"ISA*")]
    assert shelf.files == {}


async def test_a_file_that_grows_while_it_is_read_waits(desk: Desk) -> None:
    rounds, shelf = _rounds(), Shelf({"a.edi": (b"ISA*", 1)}, listed_size={"a.edi": 3})
    assert await rounds.round(shelf, desk, {}) == 0
    shelf.listed_size.clear()
    assert await rounds.round(shelf, desk, {}) == 1


@pytest.mark.parametrize("name", [".a.edi", "a.edi.tmp", "a.edi.part", "a.edi.partial", "a.edi.filepart", "a.edi~"])
async def test_unfinished_names_are_ignored(desk: Desk, name: str) -> None:
    shelf = Shelf({name: (b"ISA*", 1)})
    assert await _rounds().round(shelf, desk, {}) == 0
    assert name in shelf.files


async def test_match(desk: Desk) -> None:
    shelf = Shelf({"a.edi": (b"1", 1), "b.txt": (b"2", 1)})
    assert await _rounds(match="*.edi").round(shelf, desk, {}) == 1
    assert set(shelf.files) == {"b.txt"}


@pytest.mark.parametrize("marker", ["a.edi.done", "a.done"])
async def test_done_marker(desk: Desk, marker: str) -> None:
    rounds, shelf = _rounds(marker=".done"), Shelf({"a.edi": (b"ISA*", 1), "b.edi": (b"ISA*", 1)})
    assert await rounds.round(shelf, desk, {}) == 0
    shelf.files[marker] = (b"", 2)
    assert await rounds.round(shelf, desk, {}) == 1
    assert desk.names() == ["a.edi"]
    assert set(shelf.files) == {"b.edi"}


async def test_the_note_is_committed_with_the_bytes(desk: Desk) -> None:
    shelf = Shelf({"a.edi": (b"ISA*", 7)})
    await _rounds(after_read="keep").round(shelf, desk, {"peer": "x"})
    (note,) = desk.state[SOURCE].items()
    assert note[0] == "/out/a.edi"
    size, modified, found = note[1].split()
    assert (size, modified, found) == ("4", "7", hashlib.sha256(b"ISA*").hexdigest())
    assert desk.arrived[0].facts == {"peer": "x", "path": "/out/a.edi", "modified": "7", "sha256": found}


async def test_keep_reads_a_file_once(desk: Desk) -> None:
    shelf = Shelf({"a.edi": (b"ISA*", 1)})
    for _ in range(3):
        await _rounds(after_read="keep").round(shelf, desk, {})
    assert desk.names() == ["a.edi"]
    assert shelf.reads == ["a.edi"]


async def test_the_same_path_with_new_content_is_a_new_file(desk: Desk) -> None:
    rounds, shelf = _rounds(after_read="keep"), Shelf({"a.edi": (b"one", 1)})
    await rounds.round(shelf, desk, {})
    shelf.files["a.edi"] = (b"two", 2)
    await rounds.round(shelf, desk, {})
    shelf.files["a.edi"] = (b"three", 2)
    await rounds.round(shelf, desk, {})
    assert [a.data for a in desk.arrived] == [b"one", b"two", b"three"]


@pytest.mark.parametrize("after_read", ["delete", "archive"])
async def test_crash_after_the_commit_is_healed(desk: Desk, after_read: str) -> None:
    shelf = Shelf({"a.edi": (b"ISA*", 1)})
    shelf.deny = {"delete", "archive"}  # the process ends here
    await _rounds(after_read=after_read).round(shelf, desk, {})
    assert set(shelf.files) == {"a.edi"}
    shelf.deny = set()
    assert await _rounds(after_read=after_read).round(shelf, desk, {}) == 0
    assert shelf.files == {}
    assert desk.names() == ["a.edi"]


async def test_what_was_read_and_has_changed_behind_its_size_and_time_is_a_new_file(desk: Desk) -> None:
    """Before it is cleared away in a later round its bytes are looked at again, once."""
    rounds, shelf = _rounds(), Shelf({"a.edi": (b"one", 1), "b.edi": (b"two", 1)}, deny={"delete"})
    await rounds.round(shelf, desk, {})
    shelf.files["a.edi"] = (b"new", 1)
    for _ in range(3):
        await rounds.round(shelf, desk, {})
    assert shelf.reads.count("b.edi") == 2
    shelf.deny = set()
    await rounds.round(shelf, desk, {})
    assert [a.data for a in desk.arrived] == [b"one", b"two", b"new"]
    assert shelf.files == {}


async def test_crash_before_the_commit_reads_again(desk: Desk) -> None:
    shelf = Shelf({"a.edi": (b"ISA*", 1)})
    desk.fail = RuntimeError("database is locked")
    with pytest.raises(RuntimeError):
        await _rounds().round(shelf, desk, {})
    assert set(shelf.files) == {"a.edi"}
    assert desk.state.get(SOURCE, {}) == {}
    desk.fail = None
    assert await _rounds().round(shelf, desk, {}) == 1


async def test_delete_denied_is_a_problem_and_no_reprocessing(desk: Desk) -> None:
    rounds, shelf = _rounds(), Shelf({f"{n}.edi": (b"%d" % n, n) for n in range(3)}, deny={"delete"})
    assert await rounds.round(shelf, desk, {}) == 3
    assert rounds.stuck
    assert rounds.problem == "0.edi was read but cannot be cleared away (delete): delete is denied"
    assert await rounds.round(shelf, desk, {}) == 0
    assert "cannot be cleared away" in rounds.problem
    shelf.files["new.edi"] = (b"new", 9)
    assert await _rounds(limit=1).round(shelf, desk, {}) == 1  # what is stuck takes no room from what is new
    assert desk.names() == ["0.edi", "1.edi", "2.edi", "new.edi"]
    shelf.deny = set()
    await rounds.round(shelf, desk, {})
    assert (rounds.problem, rounds.stuck) == ("", False)
    assert shelf.files == {}


async def test_files_without_their_marker_take_no_room_from_those_that_have_it(desk: Desk) -> None:
    shelf = Shelf({f"{n}.edi": (b"%d" % n, n) for n in range(5)} | {"z.edi": (b"z", 9), "z.edi.done": (b"", 9)})
    assert await _rounds(marker=".done", limit=2).round(shelf, desk, {}) == 1
    assert desk.names() == ["z.edi"]


async def test_files_that_cannot_be_read_take_no_room_from_the_others(desk: Desk) -> None:
    class Locked(Shelf):
        async def read(self, name: str, at_most: int, into: BinaryIO) -> None:
            if name in self.deny:
                raise PermissionError("read is denied")
            await super().read(name, at_most, into)

    rounds, shelf = _rounds(limit=2), Locked({f"{n}.edi": (b"%d" % n, n) for n in range(6)})
    shelf.deny = {"0.edi", "1.edi", "2.edi"}
    counts = [await rounds.round(shelf, desk, {}) for _ in range(4)]
    assert sum(counts) == 3
    assert desk.names() == ["3.edi", "4.edi", "5.edi"]
    shelf.deny = {"0.edi"}
    for _ in range(3):
        await rounds.round(shelf, desk, {})
    assert desk.names()[3:] == ["1.edi", "2.edi"]


async def test_a_file_replaced_before_it_is_cleared_is_read_again(desk: Desk) -> None:
    rounds, shelf = _rounds(), Shelf({"a.edi": (b"one", 1)})
    arrive = desk.arrive

    async def replaced(*arguments: Any, **more: Any) -> Any:
        receipt = await arrive(*arguments, **more)
        if len(desk.arrived) == 1:
            shelf.files["a.edi"] = (b"two", 2)
        return receipt

    desk.arrive = replaced  # type: ignore[method-assign]
    await rounds.round(shelf, desk, {})
    assert set(shelf.files) == {"a.edi"}
    await rounds.round(shelf, desk, {})
    assert [a.data for a in desk.arrived] == [b"one", b"two"]
    assert shelf.files == {}


async def test_archive_keeps_every_version(desk: Desk) -> None:
    rounds, shelf = _rounds(after_read="archive"), Shelf()
    for n, data in enumerate((b"one", b"two", b"two")):
        shelf.files["a.edi"] = (data, n)
        await rounds.round(shelf, desk, {})
    assert shelf.files == {}
    assert [a.data for a in desk.arrived] == [b"one", b"two", b"two"]
    digest = hashlib.sha256(b"two").hexdigest()
    assert shelf.archived == {"a.edi": b"one", f"a-{digest[:12]}.edi": b"two"}  # the same bytes once


async def test_one_bad_file_does_not_stop_the_others(desk: Desk) -> None:
    rounds, shelf = _rounds(max_file="10B"), Shelf({"big.edi": (b"x" * 11, 1), "b.edi": (b"ok", 2)})
    assert await rounds.round(shelf, desk, {}) == 1
    assert rounds.problem == "big.edi has 11 bytes; 10 are allowed"
    shelf.deny = {"read"}
    shelf.files["c.edi"] = (b"c", 3)
    assert await rounds.round(shelf, desk, {}) == 0
    shelf.deny = set()
    assert await rounds.round(shelf, desk, {}) == 1


async def test_a_lost_connection_ends_the_round(desk: Desk) -> None:
    rounds, shelf = _rounds(), Shelf({"a.edi": (b"1", 1)}, lost=True)
    with pytest.raises(ConnectionError):
        await rounds.round(shelf, desk, {})
    assert desk.arrived == []


async def test_oldest_first_n_a_round(desk: Desk) -> None:
    rounds = _rounds(limit=3)
    shelf = Shelf({f"{n}.edi": (b"%d" % n, 100 - n) for n in range(8)})
    counts = [await rounds.round(shelf, desk, {}) for _ in range(4)]
    assert counts == [3, 3, 2, 0]
    assert desk.names() == [f"{n}.edi" for n in range(7, -1, -1)]


async def test_fifty_thousand_files_in_bounded_memory(desk: Desk) -> None:
    class Endless(Shelf):
        async def scan(self) -> AsyncIterator[Seen]:
            for n in range(50_000):
                yield Seen(50_000 - n, f"{n}.edi", 4)

        async def stat(self, name: str) -> Seen | None:
            return Seen(50_000 - int(name.removesuffix(".edi")), name, 4)

        async def read(self, name: str, at_most: int, into: BinaryIO) -> None:
            into.write(b"ISA*")

    rounds = _rounds(limit=10, after_read="keep")
    tracemalloc.start()
    assert await rounds.round(Endless(), desk, {}) == 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 500_000
    assert desk.names() == [f"{n}.edi" for n in range(49_999, 49_989, -1)]


async def test_notes_of_vanished_files_are_forgotten(desk: Desk) -> None:
    rounds, shelf = _rounds(after_read="keep"), Shelf({"a.edi": (b"ISA*", 1), "b.edi": (b"UNB+", 1)})
    await rounds.round(shelf, desk, {})
    del shelf.files["a.edi"]
    await rounds.round(shelf, desk, {})
    assert set(desk.state[SOURCE]) == {"/out/a.edi", "/out/b.edi"}  # one listing may be a slip of the server
    await rounds.round(shelf, desk, {})
    assert set(desk.state[SOURCE]) == {"/out/b.edi"}


async def test_directory_gone_forgets_nothing(desk: Desk) -> None:
    rounds, shelf = _rounds(after_read="keep"), Shelf({"a.edi": (b"ISA*", 1)})
    await rounds.round(shelf, desk, {})
    shelf.deny = {"scan"}
    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            await rounds.round(shelf, desk, {})
    shelf.deny = set()
    assert await rounds.round(shelf, desk, {}) == 0
    assert desk.names() == ["a.edi"]


_FAULTS = st.lists(st.sampled_from(["commit", "delete", "read", "lost", ""]), min_size=1, max_size=8)


@settings(max_examples=60)
@given(faults=_FAULTS, after_read=st.sampled_from(["delete", "archive", "keep"]))
async def test_whatever_fails_each_file_arrives_once(faults: list[str], after_read: str) -> None:
    """Every round may fail in one way and start from nothing but the inlet's memory; in the end each file came once."""
    desk, shelf = Desk(), Shelf({f"{n}.edi": (b"%d" % n, n) for n in range(3)})
    for fault in [*faults, ""]:
        desk.fail = RuntimeError("store") if fault == "commit" else None
        shelf.deny, shelf.lost = {fault, "archive" if fault == "delete" else ""}, fault == "lost"
        try:
            await _rounds(after_read=after_read).round(shelf, desk, {})
        except (RuntimeError, ConnectionError):
            continue
    assert sorted(desk.names()) == ["0.edi", "1.edi", "2.edi"]
    assert bool(shelf.files) == (after_read == "keep")
