"""The command as a process: pipes, large files, the progress line, and readers that go away."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi.terminal import Input, counted, progress_line
from tests.edi.interchanges import edifact, group, ordrsp, s855, x12
from tests.edi.test_schema_words import OWN

EDI = [sys.executable, "-m", "edi"]
LARGE = 50_000_000
MOST_MEMORY = 110 * 1024 * 1024  # the interpreter with its libraries takes half of it

# Runs the command of its arguments and says on standard error what its child took: the peak of memory in KiB.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], check=False)
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


def write_large(path: Path, size: int, kind: str, group_kind: str, line: str) -> int:
    """An interchange of sets with 400 lines each, and how many sets; every hundredth has a bad quantity."""
    head, tail = x12(group("@", kind=group_kind, ge="")).split(b"@")
    begin = "BAK*00*AD*P1*20261120****SO-1~" if kind == "855" else "XQ*H*20261101*20261130~"
    number = 0
    with path.open("wb") as file:
        file.write(head)
        while file.tell() < size:
            number += 1
            body = begin + line * 400 + "CTT*400~"
            if number % 100 == 0:
                body = body.replace("*7*EA", "*TEN*EA", 1)
            file.write(f"ST*{kind}*{number:06d}~{body}SE*{body.count('~') + 2}*{number:06d}~".encode())
        file.write(f"GE*{number}*1~".encode() + tail)
    return number


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """50 MB of a document that has a schema in the folder of the file."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "x12/004010").mkdir(parents=True)
    (folder / "x12/004010/852.schema.yaml").write_text(OWN)
    path = folder / "in.edi"
    return path, write_large(path, LARGE, "852", "PD", "LIN**UP*012345678905*BP*SKU-17*VN*ACME-17~ZA*QS*7*EA~")


def measured(*words: str, source: Path) -> tuple[int, str, int]:
    """Exit code, the end of the output, peak of memory in bytes; the file comes through a pipe."""
    program = [sys.executable, "-c", MEASURE, *EDI, *words]
    with source.open("rb") as file, subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as cat:
        done = subprocess.run(program, stdin=cat.stdout, capture_output=True, check=False)
    return done.returncode, done.stdout[-2000:].decode(), int(done.stderr.rsplit(b"peak ", 1)[1]) * 1024


def test_memory_does_not_grow_with_the_file(large: tuple[Path, int]) -> None:
    path, number = large
    schemas = ("--schemas", str(path.parent))
    code, out, peak = measured("inspect", "-", source=path)
    assert (code, out.splitlines()[-1]) == (0, f"1 interchange, 1 group, {number:,} messages, no faults")
    assert peak < MOST_MEMORY
    code, out, peak = measured("inspect", "-", "--json", source=path)
    assert (code, out[-43:]) == (0, '"charset": "ascii", "faults": []}], "faults": []}\n'[-43:])
    assert peak < MOST_MEMORY
    code, out, peak = measured("validate", "-", *schemas, source=path)
    bad = number // 100
    assert (code, out.splitlines()[-1]) == (1, f"{number:,} documents: {number - bad:,} accepted, {bad} rejected")
    assert peak < MOST_MEMORY
    code, out, peak = measured("ack", "-", *schemas, source=path)
    assert (code, f"AK9*P*{number}*{number}*{number - bad}~" in out) == (1, True)
    assert peak < MOST_MEMORY


def test_memory_does_not_grow_with_the_events(tmp_path: Path) -> None:
    line = "PO1*1*7*EA*12.5**BP*SKU-1~ACK*IA*7*EA*067*20261201~"
    peaks = []
    for size in (100_000, 1_200_000):
        number = write_large(tmp_path / "in.edi", size, "855", "PR", line)
        code, out, peak = measured("read", "-", source=tmp_path / "in.edi")
        assert (code, out.endswith("}\n")) == (0, True)
        peaks.append(peak)
    assert number > 50
    assert peaks[1] - peaks[0] < 8 * 1024 * 1024


def test_memory_does_not_grow_with_the_refused(large: tuple[Path, int], tmp_path: Path) -> None:
    body = "XQ*H*20261101*20261130~LIN**UP*012345678905~ZA*QS*TEN*EA~CTT*1~"
    head, tail = x12(group("@", kind="PD", ge="")).split(b"@")
    peaks = []
    for count in (500, 8_000):
        sets = "".join(f"ST*852*{number:06d}~{body}SE*6*{number:06d}~" for number in range(count))
        (tmp_path / "in.edi").write_bytes(head + sets.encode() + f"GE*{count}*1~".encode() + tail)
        code, out, peak = measured("validate", "-", "--schemas", str(large[0].parent), source=tmp_path / "in.edi")
        assert (code, out.splitlines()[-1]) == (1, f"{count:,} documents: {count:,} rejected")
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 8 * 1024 * 1024


@pytest.mark.parametrize("command", ["inspect", "validate", "explain"])
def test_a_reader_that_stops_ends_the_command_quietly(command: str, tmp_path: Path) -> None:
    path = tmp_path / "in.edi"
    path.write_bytes(x12(group(*(s855(f"{number:04d}") for number in range(1, 3000)))))
    with subprocess.Popen([*EDI, command, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_reader_that_never_reads(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([*EDI, "inspect", "-"], input=x12(group(s855())), stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_ctrl_c_ends_the_command_quietly() -> None:
    with subprocess.Popen(
        [*EDI, "inspect", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it is ignored
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(x12(group(*(s855(f"{number:04d}") for number in range(1, 3000)))) * 3)
        process.stdin.flush()  # more than a pipe holds: the command is reading, and waits for more
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
    assert process.returncode == 130


# The progress line


def terminal_output(descriptor: int) -> Iterator[str]:
    while select.select([descriptor], [], [], 20)[0]:
        try:
            data = os.read(descriptor, 65536)
        except OSError:
            return
        if not data:
            return
        yield data.decode()


def test_the_progress_line_on_a_terminal(large: tuple[Path, int]) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*EDI, "inspect", str(large[0])],
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**os.environ, "COLUMNS": "99"},
    )
    os.close(terminal)
    told = "".join(terminal_output(controller))
    os.close(controller)
    assert process.wait() == 0
    assert " MB (" in told
    assert " MB/s, " in told
    assert " messages, no faults" in told
    assert "\n" not in told
    assert told.endswith("\r")
    *_, blank, nothing = told.split("\r")
    assert (blank.strip(), nothing) == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_output_takes_the_progress_line_away(capsys: pytest.CaptureFixture[str]) -> None:
    terminal, now = Terminal(), [0.0]
    source = Input(io.BytesIO(b"x" * 3_000_000), 3_000_000, terminal, lambda: now[0])
    source.read(1_000_000)
    assert terminal.getvalue() == ""  # quick commands show none
    now[0] = 1.0
    source.read(500_000)
    line = "1.5 of 3.0 MB (50 %), 1.5 MB/s"
    assert terminal.getvalue() == "\r" + line
    source.read(1)
    assert terminal.getvalue() == "\r" + line  # not due yet
    source.say("a verdict")
    assert terminal.getvalue() == "\r" + line + "\r" + " " * len(line) + "\r"
    assert capsys.readouterr().out == "a verdict\n"


def test_the_words_of_the_progress_line() -> None:
    source = Input(io.BytesIO(b"x" * 2_000_000), 0, None, lambda: 0.0)
    source.read()
    source.count([], messages=65_000)
    assert progress_line(source, 0, 0.5) == "2.0 MB, 4.0 MB/s, 65,000 messages, no faults"
    assert [counted(number, "fault") for number in (0, 1, 1200)] == ["no faults", "1 fault", "1,200 faults"]


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    data = edifact(ordrsp(extra="FTX+AAI+++\u00e9'", quantity="\u00e9"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*EDI, "explain", "-"], input=data, capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"QTY+113:\\xe9:PCE" in done.stdout


def test_no_progress_line_in_a_pipe(tmp_path: Path) -> None:
    done = subprocess.run([*EDI, "inspect", "--json", "-"], input=x12(group(s855())) * 2000, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(done.stdout)["interchanges"]) == 2000
