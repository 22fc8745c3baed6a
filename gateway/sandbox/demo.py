"""`gateway demo`: the main job on real wires, from a confirmed order in Odoo to the supplier's answer on it.

Starts the daemon and the sandbox Odoo as processes of their own, confirms an order for two of the demo partners, lets
a supplier process of each trade, one over SFTP and one over AS2, and then checks what the ledger and Odoo hold. Ends
everything it started; exit 1 with a sentence if any of it did not happen.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from gateway import clock, scaffold
from gateway.sandbox import traders
from gateway.sandbox.traders import Trader

T = TypeVar("T")
PATIENCE = 30.0
DESTINATIONS = """\
destinations:
  odoo-main:
    kind: odoo
    url: env:ODOO_URL
    db: env:ODOO_DB
    poll: {interval: 1s, overlap: 5m}
    unknown_wait: 1s
    flows:
      purchase: {login: env:ODOO_LOGIN, key: env:ODOO_KEY}
"""


class DemoFailed(Exception):
    """Something of the story did not happen: one sentence."""


@dataclass(frozen=True)
class Order:
    """One order of the scenario, as confirmed in the sandbox."""

    partner: str
    id: int
    number: str
    ordered: Mapping[int, tuple[float, float]]  # line id -> quantity, price as ordered


def run(partners: Path, scenario: Path, keep: Path | None = None, version: int = 18) -> int:
    """The whole demo. Returns the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    for needed in (partners, scenario / "odoo.yaml", scenario / "orders.yaml"):
        if not needed.exists():
            console.print(f"{needed} is not here; run the demo in the folder of the repository", style="red")
            return 1
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-demo-"))) / "instance"
        try:
            Demo(console, stack, partners, scenario, folder, version).play()
        except (DemoFailed, FileExistsError, httpx.HTTPError) as error:
            console.print(f"The demo failed: {error}", style="bold red", markup=False)
            for log in sorted(folder.glob("*.log")):
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
                console.print(f"\nThe end of {log.name}:", *lines, sep="\n", markup=False)
            return 1
    console.print(f"\nDone in {time.monotonic() - started:.0f} seconds; nothing is left running.", style="bold green")
    return 0


class Demo:
    def __init__(
        self, console: Console, stack: ExitStack, partners: Path, scenario: Path, folder: Path, version: int
    ) -> None:
        self.console, self.stack, self.partners, self.scenario = console, stack, partners, scenario
        self.folder, self.version = folder, version
        self.odoo = ""
        self.ports: dict[str, int] = {}  # of the daemon, by transport
        self.traders: dict[str, Trader] = {}
        self.told: dict[str, list[dict[str, str]]] = {}  # the milestones of each order
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def play(self) -> None:
        self.title("1. An instance, the sandbox Odoo and the daemon")
        self.make_instance()
        self.start_odoo()
        for trader in self.traders.values():
            trader.start(self.stack, self.wait)
        self.start_daemon()
        self.title("2. Purchase orders are confirmed in Odoo")
        orders = self.confirm_orders()
        self.title("3. The suppliers trade, each as a process of its own")
        self.trade(orders)
        self.title("4. What happened")
        self.quiet()
        for order in orders:
            self.show(order)
        self.check(orders)

    def make_instance(self) -> None:
        scaffold.init(self.folder, port=0, as2_port=0, partners=self.partners, destinations=DESTINATIONS)
        (self.folder / "suppliers").mkdir(mode=0o700)
        self.traders = {name: self.trader(name) for name in self.names()}
        for trader in self.traders.values():
            trader.prepare()
        told = ", ".join(f"{trader.name} ({trader.speaks})" for trader in self.traders.values())
        self.say(f"instance with partners {told}")

    def trader(self, name: str) -> Trader:
        """The supplier of a partner."""
        return traders.of(self.folder, name)

    def start_odoo(self) -> None:
        port_file = self.folder / "odoo.port"
        self.start(
            "sandbox-odoo",
            [
                "-m",
                "gateway.sandbox.odoo",
                "--version",
                str(self.version),
                "--db",
                "demo",
                "--port-file",
                str(port_file),
            ],
            ["--seed", str(self.scenario / "odoo.yaml")],
        )
        port = self.wait(
            "the sandbox Odoo", lambda: port_file.exists() and port_file.read_text(encoding="utf-8").strip()
        )
        self.odoo = f"http://127.0.0.1:{port}"
        self.say(f"sandbox Odoo {self.version} on port {port}")

    def start_daemon(self) -> None:
        ready = self.folder / "ready.json"
        self.start(
            "daemon",
            ["-m", "gateway.cli", "run", "--config", str(self.folder / "gateway.yaml"), "--ready-file", str(ready)],
            ODOO_URL=self.odoo,
            ODOO_DB="demo",
            ODOO_LOGIN="edi",
            ODOO_KEY="demo-key",
        )
        up: dict[str, int] = self.wait("the daemon", lambda: json.loads(ready.read_text()) if ready.exists() else {})
        self.ports = {name: port for name, port in up.items() if name != "pid"}
        self.wait("the daemon's first look at Odoo", lambda: self.calls("purchase.order", "search_read") > 0)
        listeners = ", ".join(f"{name.upper()} on port {port}" for name, port in self.ports.items())
        self.say(f"daemon with {listeners}")

    def confirm_orders(self) -> list[Order]:
        today = clock.now().date()
        orders = []
        for entry in yaml.safe_load((self.scenario / "orders.yaml").read_text(encoding="utf-8"))["orders"]:
            wanted = entry["order"]
            for line in wanted["lines"]:
                line["date"] = f"{today + dt.timedelta(days=line.pop('in'))} 12:00:00"
            made = self.post("confirm", {**wanted, "user_id": "bea"})
            lines = self.lines(made["id"])
            ordered = {line["id"]: (line["product_qty"], line["price_unit"]) for line in lines}
            orders.append(Order(entry["partner"], made["id"], made["name"], ordered))
            self.say(f"{made['name']} confirmed for {entry['partner']}, {len(lines)} lines")
        return orders

    def trade(self, orders: list[Order]) -> None:
        """Run the supplier processes, one after the other so that their lines read as a story."""
        for index, order in enumerate(orders):
            impostor = orders[1].partner if index == 0 and len(orders) > 1 else ""
            if not self.traders[order.partner].trade(self.ports, impostor):
                raise DemoFailed(f"the supplier {order.partner} could not trade")

    def quiet(self) -> None:
        """Wait until nothing is under way."""

        def done() -> bool:
            status = self.gateway("status")
            return not status["destinations"] and not status["receipts"]["count"] and not status["events"]["count"]

        self.wait("the last delivery", done)

    def show(self, order: Order) -> None:
        self.console.print(f"\nOrder {order.number} ({order.partner})", style="bold")
        self.told[order.number] = self.gateway("order", order.number)["milestones"]
        for milestone in self.told[order.number]:
            self.console.print(f"  {milestone['at'][11:19]}  {milestone['text']}", markup=False)
        record = self.record(order)
        flag = record.get("mail_reception_confirmed", record.get("acknowledged"))
        self.console.print(
            f"  In Odoo: supplier's number {record['partner_ref']}, acknowledged: {'yes' if flag else 'no'}"
        )
        table = Table("line", "quantity", "price", "planned", box=None, pad_edge=False)
        for line in self.lines(order.id):
            table.add_row(
                line["name"].splitlines()[0], *(str(line[k]) for k in ("product_qty", "price_unit", "date_planned"))
            )
        self.console.print(table)
        for note in self.notes(order):
            read, names = _Note(note["body"]), ", ".join(a["name"] for a in note["attachments"])
            self.console.print(f"  note: {' '.join(read.words)} [attached: {names or 'nothing'}]", markup=False)
            if read.rows:
                head, *rows = read.rows
                answered = Table(*head, box=None, pad_edge=False)
                for row in rows:
                    answered.add_row(*row)
                self.console.print(Padding(answered, (0, 0, 0, 4)))
        for activity in self.activities(order):
            self.console.print(f"  activity for {activity['user_id'][1]}: {activity['summary']}", markup=False)

    def check(self, orders: list[Order]) -> None:
        """Everything the demo promises, against what Odoo and the ledger hold."""
        for order in orders:
            record = self.record(order)
            need(record["partner_ref"], f"{order.number} has no supplier's order number in Odoo")
            flag = record.get("mail_reception_confirmed", record.get("acknowledged"))
            need(flag, f"{order.number} is not marked as acknowledged in Odoo")
            now = {line["id"]: (line["product_qty"], line["price_unit"]) for line in self.lines(order.id)}
            need(
                now == order.ordered,
                f"quantity or price of {order.number} was changed in Odoo: {order.ordered} -> {now}",
            )
            answers = [note for note in self.notes(order) if _Note(note["body"]).words[1:2] == [record["partner_ref"]]]
            need(len(answers) == 1, f"{order.number} has {len(answers)} notes about {record['partner_ref']}, not one")
            need("<table" in answers[0]["body"], f"the note on {order.number} has no table of what was confirmed")
            need(answers[0]["attachments"], f"the note on {order.number} has no document attached")
            need(
                len(self.activities(order)) == 1,
                f"{order.number} has {len(self.activities(order))} activities, not one",
            )
            if self.traders[order.partner].speaks == "AS2":
                receipted = any("MIC equal" in milestone["text"] for milestone in self.told[order.number])
                need(receipted, f"{order.number} has no receipt of its AS2 message")
        receipts = self.gateway("messages")
        states = [row["state"] for row in receipts]
        need(states.count("duplicate") == len(orders), f"{len(orders)} files were sent twice, {states} were seen")
        need(states.count("quarantined") == 1, f"one file should be quarantined, the files are {states}")
        kinds = {case["kind"] for case in self.gateway("exceptions", "list")}
        need("identity.foreign" in kinds, f"no case about the foreign identity, only {sorted(kinds)}")
        self.console.print("\nEverything the story promises was found in Odoo and in the ledger.", style="green")

    # ---- small things ----------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        return sorted(path.parent.name for path in self.partners.glob("*/partner.yaml"))

    def start(self, name: str, arguments: list[str], more: Sequence[str] = (), **environment: str) -> None:
        """A child process that ends with the demo; what it prints goes to `<name>.log` of the instance."""
        log = self.stack.enter_context((self.folder / f"{name}.log").open("ab"))
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, *arguments, *more], stdout=log, stderr=log, env={**os.environ, **environment}
        )
        self.processes[name] = process
        self.stack.callback(_end, process)

    def wait(self, what: str, done: Callable[[], T]) -> T:
        for _ in range(int(PATIENCE / 0.1)):
            if result := done():
                return result
            time.sleep(0.1)
        raise DemoFailed(f"{what} did not come within {PATIENCE:.0f} seconds")

    def gateway(self, *arguments: str) -> Any:
        """A command of the gateway, as JSON."""
        command = [
            sys.executable,
            "-m",
            "gateway.cli",
            *arguments,
            "--json",
            "--config",
            str(self.folder / "gateway.yaml"),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  our own program
        if done.returncode != 0:
            raise DemoFailed(f"gateway {' '.join(arguments)} failed: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def post(self, name: str, value: Any) -> Any:
        answer = httpx.post(f"{self.odoo}/sandbox/{name}", json=value, trust_env=False)
        if answer.status_code != 200:
            raise DemoFailed(f"the sandbox refused {name}: {answer.text}")
        return answer.json()

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = httpx.get(f"{self.odoo}/sandbox/state", trust_env=False).json()
        return state

    def calls(self, model: str, method: str) -> int:
        return sum(call.get("model") == model and call.get("method") == method for call in self.state()["calls"])

    def record(self, order: Order) -> dict[str, Any]:
        found: dict[str, Any] = next(o for o in self.state()["orders"] if o["id"] == order.id)
        return found

    def lines(self, order: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = next(o for o in self.state()["orders"] if o["id"] == order)["lines"]
        return found

    def notes(self, order: Order) -> list[dict[str, Any]]:
        return [
            m
            for m in self.state()["messages"]
            if m["model"] == "purchase.order" and m["res_id"] == order.id and m["body"]
        ]

    def activities(self, order: Order) -> list[dict[str, Any]]:
        return [a for a in self.state()["activities"] if a["res_model"] == "purchase.order" and a["res_id"] == order.id]

    def title(self, text: str) -> None:
        self.console.print(f"\n{text}", style="bold")

    def say(self, text: str) -> None:
        self.console.print(f"  {text}", markup=False)


def need(holds: object, sentence: str) -> None:
    """A promise of the demo. Raises DemoFailed with the sentence when it does not hold."""
    if not holds:
        raise DemoFailed(sentence)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=25)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Note(HTMLParser):
    """A note of the order as a person reads it: the text before its table, and the rows of the table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1][-1] += data
        else:
            self.words += data.split()
