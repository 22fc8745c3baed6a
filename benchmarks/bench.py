"""`make bench`: the measurements as tables, on the screen and in benchmarks/results.md. QUICK=1 takes smaller inputs.

Not here: how time and memory are taken (benchmarks/measure.py, benchmarks/memory.py), what must be reached
(benchmarks/goals.py). Rule protected: every figure of a table comes from this run; sizes that were cut are stated.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import as2, goals, memory, peers, sftp, steps
from benchmarks.damage import faulty
from benchmarks.generator import Plan, identity, kinds
from benchmarks.measure import LEAST, Contender, machine, race
from benchmarks.steps import SPLIT
from edi.check import compile_check
from edi.schema import load_schema

RESULTS = Path(__file__).with_name("results.md")
X12 = Plan("850")
EDIFACT = Plan("ORDERS", "D.01B")
Row = tuple[str, ...]
NOTE = f"""Written by `make bench`. Times are processor time: the median and the best of 7 rounds, in which all
contenders take turns, each for at least {LEAST * 1000:.0f} ms. `x split` is the time of `text.split(terminator)` on the
same text in the same rounds; it is taken on 100 documents at a time, for `split` itself gets slower on more (up to
twice, by its memory), and all ratios would look better."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    documents: int
    other_documents: int
    texts: tuple[int, ...]
    many: tuple[int, ...]
    megabytes: tuple[int, ...]
    stream: int
    translated: int
    large_file: int

    @staticmethod
    def chosen() -> Sizes:
        if os.environ.get("QUICK"):
            return Sizes(100, 20, (100, 400), (1, 100, 2_000), (1, 2), 30_000_000, 2_000_000, 20_000_000)
        many = (1, 100, 10_000, 100_000)
        return Sizes(100, 40, (100, 400, 1_000, 4_000), many, (1, 4, 16), 300_000_000, 30_000_000, 200_000_000)


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    note: str
    head: Row
    rows: list[Row]

    def __str__(self) -> str:
        width = [max(len(row[at]) for row in (self.head, *self.rows)) for at in range(len(self.head))]
        lines = [f"## {self.title}", "", self.note, ""] if self.note else [f"## {self.title}", ""]
        for row in (self.head, *self.rows):
            cells = [
                cell.ljust(w) if at == 0 else cell.rjust(w) for at, (cell, w) in enumerate(zip(row, width, strict=True))
            ]
            lines.append(f"| {' | '.join(cells)} |")
            if row is self.head:
                lines.append("|" + "|".join("-" * (w + 1) + (":" if at else "-") for at, w in enumerate(width)) + "|")
        return "\n".join(lines)


def timed(title: str, note: str, contenders: dict[str, Contender], documents: int, size: int) -> Table:
    """Contenders on the same bytes, each beside the first of them."""
    found = race(contenders)
    rows: list[Row] = [
        (
            name,
            f"{timing.median / documents * 1e6:,.1f}",
            f"{timing.best / documents * 1e6:,.1f}",
            f"{documents / timing.median:,.0f}",
            f"{size / timing.median / 1e6:,.2f}",
            f"{timing.median / found[SPLIT].median:,.1f}",
            f"{timing.best / found[SPLIT].best:,.1f}",
        )
        for name, timing in found.items()
    ]
    head = ("", "µs/document", "best", "documents/s", "MB/s", "x split", "best")
    return Table(title, note, head, rows)


def of_steps(plan: Plan, sizes: Sizes) -> Table:
    plan = replace(plan, documents=sizes.documents)
    work = steps.prepared(plan)
    note = f"{plan.documents} documents of {plan.lines} lines in one interchange, {len(work.data) / 1e6:.2f} MB."
    return timed(f"Steps, {plan.kind} {plan.version}", note, steps.steps(work), plan.documents, len(work.data))


def of_second_reader(plan: Plan, sizes: Sizes) -> Table:
    plan = replace(plan, documents=sizes.other_documents)
    size = len(steps.prepared(plan).data)
    note = f"What was just written, read once more by {'pyx12' if plan.syntax == 'x12' else 'pydifact'}."
    return timed(f"Second reader, {plan.kind} {plan.version}", note, steps.second_reader(plan), plan.documents, size)


def of_peers(plan: Plan, sizes: Sizes) -> Table:
    plan = replace(plan, documents=sizes.other_documents)
    work = steps.prepared(plan)
    text = work.text
    ours = steps.steps(work)
    contenders: dict[str, Contender] = {SPLIT: ours[SPLIT], "we: tokenise": ours[steps.TOKENISE]}
    if plan.syntax == "x12":
        contenders["pyx12: every element"] = partial(peers.pyx12, text)
    else:
        contenders["pydifact: Parser"] = partial(peers.pydifact, text)
    contenders |= {
        "mock-edi: parse": partial(peers.mock_parse, text),
        "we: tokenise + check": ours[steps.CHECK],
        "mock-edi: parse + validate": partial(peers.mock_validate, text),
        "we: " + steps.TRANSLATE: ours[steps.TRANSLATE],
    }
    note = f"The same {plan.documents} documents for all ({len(work.data) / 1e6:.2f} MB: the peers are slow)."
    return timed(f"Beside other readers, {plan.kind} {plan.version}", note, contenders, plan.documents, len(work.data))


def of_kinds(sizes: Sizes) -> Table:
    rows: list[Row] = []
    for plan in kinds():
        plan = replace(plan, documents=sizes.other_documents)
        work = steps.prepared(plan)
        found = race(
            {
                SPLIT: partial(work.text.split, work.terminator),
                "tokenise": partial(steps.tokenise, work.data),
                "check": partial(steps.check, work.data, work.checker),
            }
        )
        split = found.pop(SPLIT)
        rows.append(
            (
                f"{plan.kind} {plan.version}",
                f"{len(work.data) / plan.documents:,.0f}",
                *(f"{timing.median / plan.documents * 1e6:,.1f}" for timing in found.values()),
                *(f"{timing.best / split.best:,.1f}" for timing in found.values()),
            )
        )
    head = ("", "bytes", "tokenise, µs", "with check, µs", "x split", "x split")
    return Table("Every document", "Per document of 20 lines.", head, rows)


def of_counts(sizes: Sizes, folder: Path) -> Table:
    checker = compile_check(load_schema(goals.SCHEMA))
    rows: list[Row] = []
    for count in sizes.many:
        path = goals.written(folder, replace(X12, documents=count))

        def run(path: Path = path) -> int:
            with path.open("rb") as source:
                return steps.check(source, checker)

        timing = race({"": run}, rounds=7 if count < 10_000 else 1 if count > 10_000 else 3)[""]
        path.unlink()
        rows.append((f"{count:,}", f"{timing.median / count * 1e6:,.1f}", f"{timing.best / count * 1e6:,.1f}"))
    head = ("documents in the interchange", "µs/document", "best")
    return Table("Cost per document", "850 of 20 lines from a file; tokenise + check.", head, rows)


def of_sizes(sizes: Sizes) -> Table:
    """Where the time of tokenising goes: into lists that are kept, which no reader in Python can do without."""
    rows: list[Row] = []
    for count in sizes.texts:
        work = steps.prepared(replace(X12, documents=count))
        bodies = ["ST*" + body for body in work.text.split("~ST*")[1:]]

        def nested(bodies: list[str] = bodies) -> None:
            for body in bodies:
                [segment.split("*") for segment in body.split("~")]

        found = race(
            {
                SPLIT: partial(work.text.split, work.terminator),
                "nested": nested,
                "tokenise": partial(steps.tokenise, work.data),
            }
        )
        split = found[SPLIT].best
        rows.append(
            (
                f"{count:,}",
                *(f"{timing.best / count * 1e6:,.1f}" for timing in found.values()),
                *(f"{found[name].best / split:,.1f}" for name in ("nested", "tokenise")),
            )
        )
    head = ("documents", "str.split, µs", "split into lists, µs", "tokenise, µs", "x split", "x split")
    note = (
        "850 of 20 lines. `split into lists` is the bare nested split of each document that is already at hand, its "
        "lists kept until the next: the least any reader in Python costs that gives elements. Best of the rounds."
    )
    return Table("Tokenising by size of the text", note, head, rows)


def of_large_messages(sizes: Sizes) -> Table:
    checker = compile_check(load_schema(identity(goals.LARGE)))
    rows: list[Row] = []
    for megabytes in sizes.megabytes:
        data = goals.one_message(megabytes * 1_000_000, goals.LARGE)
        run = partial(steps.check, data, checker)
        assert run() == 1
        plain = race({"": run}, 3, collecting=False)[""].best
        collecting = race({"": run}, 1)[""].best
        rows.append(
            (f"{len(data) / 1e6:.1f} MB", *(f"{seconds / len(data) * 1e9:,.1f}" for seconds in (plain, collecting)))
        )
    head = ("one 810 of", "ns/byte", "with garbage collection")
    return Table("One large message", "Tokenise + check.", head, rows)


def of_memory(sizes: Sizes, folder: Path) -> Table:
    rows: list[Row] = []
    path = goals.written(folder, replace(X12, size=sizes.stream))
    small = goals.written(folder, replace(X12, size=sizes.translated))
    one = folder / "one.edi"
    one.write_bytes(goals.one_message(10_000_000, X12))
    for what, file, work in (
        ("tokenise", path, "tokenise"),
        ("tokenise + check", path, "check"),
        ("translate, with acknowledgement", small, "translate"),
        ("tokenise + check one message", one, "check"),
    ):
        found = memory.measure(file, work, goals.SCHEMA)
        file_ = f"{found.size / 1e6:,.0f} MB"
        rows.append(
            (
                what,
                file_,
                f"{found.before / 1e6:.0f} MB",
                f"{found.peak / 1e6:.0f} MB",
                f"{found.size / found.seconds / 1e6:.1f}",
            )
        )
    head = ("", "input", "before", "peak", "MB/s")
    note = (
        "Resident memory of a process of its own that reads a file of 850s; `before` is Python with the library loaded."
    )
    return Table("Peak memory", note, head, rows)


def of_faults() -> Table:
    checker = compile_check(load_schema(goals.SCHEMA))
    rows: list[Row] = []
    for lines, counts in ((20, (0, 1)), (2000, (0, 1, 250, 1000))):
        plan = Plan("850", lines=lines)
        found = race({str(count): partial(steps.check, faulty(plan, count), checker) for count in counts})
        clean = found["0"].best
        for count in counts:
            each = f"{(found[str(count)].best - clean) / count * 1e6:,.1f}" if count else "-"
            best = found[str(count)].best
            rows.append((f"{lines:,} lines, {count:,} faults", f"{best * 1e6:,.0f}", f"{best / clean:.2f}", each))
    head = ("one 850 of", "µs", "x clean", "µs/fault")
    return Table("Faults", "Tokenise + check, best of the rounds.", head, rows)


def of_as2() -> Table:
    with as2.all_contenders() as contenders:
        found = race(contenders)
    raw = found[as2.RAW].best
    rows: list[Row] = []
    for name, timing in found.items():
        best = timing.best / as2.messages(name)
        rows.append((name, f"{best * 1e6:,.0f}", f"{1 / best:,.0f}", f"{raw / best * 100:.0f} %"))
    note = (
        f"A message of {as2.SIZE // 1000} KB, RSA-2048, AES-256-CBC, SHA-256; without HTTP. Best of the rounds. The "
        "last column: how much of the limit that two private operations set is reached. Stored are "
        f"{as2.AT_ONCE} that come together: document, request, what was encrypted, receipt and their digests, with as "
        "few commits as there are groups; the time is that of all threads."
    )
    return Table("AS2", note, ("", "µs", "messages/s", "of the limit"), rows)


def of_sftp(sizes: Sizes, folder: Path) -> Table:
    found = sftp.measured(folder, sizes.large_file)
    rows: list[Row] = []
    for step, what in (
        ("files", f"put {sftp.FILES} files of 10 KB, files/s"),
        ("put", f"put a file of {sizes.large_file / 1e6:.0f} MB, MB/s"),
        ("get", f"get a file of {sizes.large_file / 1e6:.0f} MB, MB/s"),
    ):
        ours, theirs = (getattr(found[name], step) for name in (sftp.OURS, sftp.THEIRS))
        goal = sftp.GOALS[step]
        verdict = "met" if ours / theirs >= goal else "not met"
        rows.append((what, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.0%}", f"{goal:.0%}", verdict))
    note = (
        "OpenSSH's client over the loopback, one session; times on the clock, best of the rounds. Our server answers "
        "after the commit of a ledger on SQLite (synchronous=FULL); sshd writes to files and syncs nothing."
    )
    return Table("SFTP server", note, ("", sftp.OURS, sftp.THEIRS, "ratio", "goal", ""), rows)


def of_goals() -> Table:
    rows: list[Row] = []
    for name, goal in goals.GOALS.items():
        value = goal.measure()
        verdict = "met" if value <= goal.limit else "not met"
        rows.append(
            (goal.what, f"{goal.limit:g} {goal.unit}", f"{value:.2f}", verdict, "yes" if name in goals.HELD else "no")
        )
    return Table("Goals", "", ("", "at most", "found", "", "held in CI"), rows)


def of_kept() -> Table:
    rows: list[Row] = [
        (goal.what, f"{goal.limit:g} {goal.unit}", f"{goal.measure():.2f}") for goal in goals.KEPT.values()
    ]
    return Table("Kept", "What has no goal, or is on its way to one; held in CI.", ("", "at most", "found"), rows)


def tables(sizes: Sizes) -> Iterator[Table]:
    yield of_steps(X12, sizes)
    yield of_steps(EDIFACT, sizes)
    yield of_second_reader(X12, sizes)
    yield of_second_reader(EDIFACT, sizes)
    yield of_peers(X12, sizes)
    yield of_peers(EDIFACT, sizes)
    yield of_kinds(sizes)
    yield of_sizes(sizes)
    with tempfile.TemporaryDirectory(prefix="edi-bench-") as folder:
        yield of_counts(sizes, Path(folder))
        yield of_large_messages(sizes)
        yield of_memory(sizes, Path(folder))
    yield of_faults()
    yield of_as2()
    if sftp.possible():
        with tempfile.TemporaryDirectory(prefix="sftp-bench-") as folder:
            yield of_sftp(sizes, Path(folder))
    yield of_goals()
    yield of_kept()


def main() -> None:
    quick = bool(os.environ.get("QUICK"))
    head = f"# Measurements\n\n{machine()}{', QUICK' if quick else ''}.\n\n{NOTE}"
    print(head, flush=True)
    parts = [head]
    for table in tables(Sizes.chosen()):
        print(f"\n{table}", flush=True)
        parts.append(str(table))
    if not quick:
        RESULTS.write_text("\n\n".join(parts) + "\n")
        print("\nwritten to benchmarks/results.md")


if __name__ == "__main__":
    main()
