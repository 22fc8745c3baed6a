"""What must hold while things break: Odoo away, the process killed, a bad file, an order nobody can write."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time

import asyncssh

from gateway.transports.sftp import generate_key
from tests.flow.world import isa, set_855, set_865, set_997
from tests.wires.conftest import ROOT, Site


def order(site: Site, **changes: object) -> dict[str, object]:
    line = {"product": "SKU-1", "qty": 10, "price": 12.5, "date": "2027-01-15 12:00:00"}
    made: dict[str, object] = site.post("confirm", {"partner": "ACME", "user_id": "bea", "lines": [line], **changes})
    return made


def answer(made: dict[str, object], control: int, supplier: str) -> bytes:
    [line] = made["order_line"]  # type: ignore[misc]
    rows = [f"PO1*{line}*10*EA*12.5**BP*SKU-1*VN*AC-9", "ACK*IA*10*EA*067*20270115"]
    return isa([set_855(order=str(made["name"]), supplier=supplier, lines=rows)], control=control)


def notes(site: Site, made: dict[str, object], word: str) -> list[str]:
    return [m["body"] for m in site.state()["messages"] if m["res_id"] == made["id"] and word in m["body"]]


def settled(site: Site) -> bool:
    status = site.gateway("status")
    return not (status["destinations"] or status["receipts"]["count"] or status["events"]["count"])


def test_odoo_away_delays_only_what_needs_it(site: Site) -> None:
    site.start_daemon()
    made = [order(site) for _ in range(3)]
    site.wait("the orders", lambda: sum(name.startswith("850_") for name in site.out()) == 3)
    site.post("refuse", {"seconds": 5})
    for number, each in enumerate(made, 1):
        site.put(f"a{number}.edi", answer(each, number, f"SO-{number}"))
    site.wait("the acknowledgements", lambda: sum(name.startswith("997_") for name in site.out()) == 3)
    waiting = site.gateway("status")["destinations"]
    assert [(d["name"], d["count"]) for d in waiting] == [("odoo-main", 3)]
    site.wait("the deliveries", lambda: settled(site))
    for number, each in enumerate(made, 1):
        assert len(notes(site, each, f"SO-{number}")) == 1
    assert site.gateway("exceptions", "list") == []


def test_a_lost_answer_of_odoo_is_looked_up_and_not_written_again(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: any(name.startswith("850_") for name in site.out()))
    site.post("faults", {"kind": "drop", "after_commit": True, "methods": ["message_post"], "times": 1})
    site.put("a.edi", answer(made, 1, "SO-1"))
    site.wait("the delivery", lambda: notes(site, made, "SO-1") and settled(site))
    assert len(notes(site, made, "SO-1")) == 1


def test_a_wrong_key_is_one_case_for_the_operator(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: any(name.startswith("850_") for name in site.out()))
    site.post("faults", {"kind": "access_denied"})
    site.put("a.edi", answer(made, 1, "SO-1"))
    site.wait("the case", lambda: site.gateway("exceptions", "list"))
    assert [case["kind"] for case in site.gateway("exceptions", "list")] == ["connector.credential"]
    assert any(name.startswith("997_") for name in site.out())


def test_killed_again_and_again_nothing_is_lost_and_nothing_twice(site: Site) -> None:
    """An honest client uploads until it has a positive answer; the daemon dies at random moments meanwhile."""
    chance = random.Random(20261201)
    site.start_daemon()
    made = [order(site) for _ in range(8)]
    site.wait("the orders", lambda: sum(name.startswith("850_") for name in site.out()) == 8)
    for number, each in enumerate(made, 1):
        data = answer(each, number, f"SO-{number}")
        dying = number % 2 == 0
        doomed = site.daemon
        if dying:
            moment = chance.uniform(0, 0.25)
            killer = subprocess.Popen(["sh", "-c", f"sleep {moment:.3f}; kill -9 {doomed.pid}"])
        for _ in range(10):
            try:
                site.put(f"a{number}.edi", data)
                break
            except (OSError, asyncssh.Error):
                time.sleep(0.3)
                if site.daemon.poll() is not None:
                    site.restart()
        if dying:
            killer.wait(timeout=5)
            doomed.wait(timeout=5)
            if site.daemon is doomed:
                site.restart()
    site.wait("the last delivery", lambda: settled(site))
    for number, each in enumerate(made, 1):
        assert len(notes(site, each, f"SO-{number} ")) + len(notes(site, each, f"SO-{number}<")) == 1, number
    acks = {data for name, data in site.out().items() if name.startswith("997_")}
    assert len(acks) == 8
    numbers = [data[90:99] for data in (*acks, *(d for n, d in site.out().items() if n.startswith("850_")))]
    assert len(numbers) == len(set(numbers)) == 16


def test_an_order_that_cannot_be_written_becomes_an_activity_on_it(site: Site) -> None:
    site.start_daemon()
    made = order(site, name="P00042-" + "X" * 30)
    site.wait("the activity", lambda: [a for a in site.state()["activities"] if a["res_id"] == made["id"]])
    [activity] = [a for a in site.state()["activities"] if a["res_id"] == made["id"]]
    assert "not sent" in activity["summary"]
    assert "BEG03" in activity["note"]
    assert site.out() == {}
    assert [case["kind"] for case in site.gateway("exceptions", "list")] == ["render.failed"]


def test_a_changed_and_then_cancelled_order_is_told_to_the_supplier(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: [name for name in site.out() if name.startswith("850_")])
    [line] = made["order_line"]  # type: ignore[misc]
    values = {"product_qty": 12, "price_unit": 12.5, "date_planned": "2027-01-15 12:00:00"}
    site.post("call", {"model": "purchase.order.line", "method": "write", "args": [[line], values]})
    site.wait("the change", lambda: [name for name in site.out() if name.startswith("860_")])
    [change] = [data for name, data in site.out().items() if name.startswith("860_")]
    assert f"BCH*04*SA*{made['name']}**1*".encode() in change
    assert f"POC*{line}*QI*12*12*EA*12.5*".encode() in change
    accepted = [f"POC*{line}*QI*12*12*EA*12.5**BP*SKU-1*VN*AC-9", "ACK*IA*12*EA*067*20270115"]
    site.put("a.edi", isa([set_865(order=str(made["name"]), lines=accepted)], control=7, group="CA"))
    site.wait("the answer on the order", lambda: notes(site, made, "865"))
    site.post("call", {"model": "purchase.order", "method": "button_cancel", "args": [[made["id"]]]})
    site.wait("the end", lambda: sum(name.startswith("860_") for name in site.out()) == 2)
    assert any(f"BCH*01*SA*{made['name']}**2*".encode() in data for data in site.out().values())
    site.wait("the deliveries", lambda: settled(site))
    assert site.gateway("exceptions", "list") == []


def test_a_shipment_is_what_odoo_expects(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: [name for name in site.out() if name.startswith("850_")])
    notice = (ROOT / "partners/acme/samples/856_cartons.edi").read_text(encoding="utf-8")
    rows = notice.splitlines(keepends=True)
    kept = [*rows[: rows.index("HL*5*2*P*1~\n")], "CTT*4~\n", "SE*25*0001~\n", *rows[-2:]]
    text = "".join(kept).replace("P00042", str(made["name"])).replace("SN1**60*EA**100*EA**BP", "SN1**6*EA**10*EA**BP")
    site.put("asn.edi", text.replace("*PL*1~", f"*PL*{made['order_line'][0]}~").encode())  # type: ignore[index]
    site.wait("the note", lambda: notes(site, made, "SH-66121"))
    wanted = {"model": "stock.picking", "method": "search_read", "args": [[["origin", "=", made["name"]]], ["note"]]}
    shipped, rest = sorted(site.post("call", wanted)["result"], key=lambda row: row["id"])
    assert ("EDI-ASN:SH-66121" in shipped["note"], bool(rest["note"])) == (True, False)
    assert site.gateway("exceptions", "list") == []


def test_the_first_look_sends_no_old_order(site: Site) -> None:
    old = order(site)
    time.sleep(1.1)  # write_date has whole seconds
    site.start_daemon()
    new = order(site)
    site.wait("the new order", lambda: site.out())
    assert [name.split("_")[1] for name in site.out()] == [new["name"]]
    assert not notes(site, old, "850")


def _base(match: re.Match[str]) -> str:
    """The map below acme's own, as a partner's file names it."""
    name = f"x12/004010/{match[1]}"
    version = re.search(r"^version: *['\"]?(\d+)", (ROOT / "maps" / f"{name}.map.yaml").read_text(), re.MULTILINE)
    assert version
    return f"{name}@{version[1]}"


def test_sighup_takes_partners_in_and_keeps_the_old_state_over_a_bad_file(site: Site) -> None:
    site.start_daemon()
    private, public = generate_key("new key of the supplier")
    (site.folder / "suppliers" / "second").write_text(private, encoding="utf-8")
    (site.folder / "keys" / "second.pub").write_text(public, encoding="utf-8")
    new = site.folder / "partners" / "second"
    new.mkdir()
    text = (site.folder / "partners" / "acme" / "partner.yaml").read_text(encoding="utf-8")
    text = text.replace("partner: acme", "partner: second").replace("user: acme", "user: second")
    text = text.replace("acme.pub", "second.pub").replace('"123456789"', '"987654321"').replace("ref: ACME", "id: '50'")
    text = re.sub(r"acme/(\d+)@\d+", _base, text)
    (new / "partner.yaml").write_text(text.replace("status: live", "status: lively"), encoding="utf-8")
    site.daemon.send_signal(signal.SIGHUP)
    site.wait("the complaint", lambda: "partner.yaml:" in site.log())
    assert "the old one stays" in site.log()
    site.put("still.edi", b"the old state goes on")
    (new / "partner.yaml").write_text(text, encoding="utf-8")
    site.daemon.send_signal(signal.SIGHUP)
    site.wait("the new partner", lambda: '"reloaded"' in site.log())
    assert site.sftp(lambda session: session.listdir("/out"), user="second") == []


def test_bad_input_is_shown_in_words_and_the_daemon_goes_on(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: any(name.startswith("850_") for name in site.out()))
    site.put("list.xls", b"\xd0\xcf\x11\xe0 not a document")
    site.put("test.edi", isa([set_855()], control=90, test="T"))
    document = isa(["ST*846*0001~\n", "BIA*00*DD*INV-1*20261201~\n", "SE*3*0001~\n"], control=91, group="IB")
    site.put("invoice.edi", document)
    site.put("good.edi", answer(made, 92, "SO-1"))
    site.wait("the delivery", lambda: notes(site, made, "SO-1"))
    rows = {row["file"]: row for row in site.gateway("messages")}
    assert rows["list.xls"]["state"] == rows["test.edi"]["state"] == "quarantined"
    assert "production" in rows["test.edi"]["reason"]
    assert "846" in rows["invoice.edi"]["reason"]
    assert rows["good.edi"]["state"] == "done"
    refusals = {name for name in site.out() if name.endswith(".rejected.txt")}
    assert refusals == {"list.xls.rejected.txt", "test.edi.rejected.txt", "invoice.edi.rejected.txt"}
    kinds = {case["kind"] for case in site.gateway("exceptions", "list")}
    assert kinds == {"syntax.rejected", "environment.mismatch", "document.unsupported"}
    refused = {row["file"] for row in site.gateway("status")["refused"]}
    assert refused == {"list.xls", "test.edi", "invoice.edi"}


def test_sigterm_drains_and_ends_well(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: any(name.startswith("850_") for name in site.out()))
    site.put("a.edi", answer(made, 1, "SO-1"))
    site.daemon.send_signal(signal.SIGTERM)
    assert site.daemon.wait(timeout=25) == 0
    site.restart()
    site.wait("the delivery", lambda: notes(site, made, "SO-1"))
    assert len(notes(site, made, "SO-1")) == 1


def test_a_partner_on_a_folder_trades_the_same_way(site: Site) -> None:
    channel = "kind: folder\n  in: share/in\n  out: share/out\n  every: 500ms\n  settle: 0s"
    file = "partners/acme/partner.yaml"
    site.edit(file, "kind: sftp-server\n  user: acme\n", channel + "\n")
    site.edit(file, '  keys: ["file:keys/acme.pub"]\n  quota: {files: 1000, bytes: 100MB}\n', "")
    share = site.folder / "share"
    for name in ("in", "out"):
        (share / name).mkdir(parents=True)
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: list((share / "out").glob("850_*")))
    (share / "in" / "answer.edi").write_bytes(answer(made, 1, "SO-1"))
    site.wait("the acknowledgement", lambda: list((share / "out").glob("997_*")))
    site.wait("the delivery", lambda: notes(site, made, "SO-1"))
    site.wait("the archive", lambda: list((share / "in" / "archive").glob("answer*")))
    assert list((share / "in").glob("*.edi")) == []


def test_an_order_the_partner_refuses_becomes_an_activity_on_it(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: site.out())
    detail = "AK2*850*0001~AK3*PO1*9**8~AK4*3*355*7*EA~AK5*R*5~"
    site.put("refusal.edi", isa([set_997(1, "R", detail=detail)], group="FA"))
    site.wait("the activity", lambda: [a for a in site.state()["activities"] if a["res_id"] == made["id"]])
    [activity] = [a for a in site.state()["activities"] if a["res_id"] == made["id"]]
    assert "refused" in activity["summary"]
    assert "code not accepted" in activity["note"]
    told = [milestone["text"] for milestone in site.gateway("order", str(made["name"]))["milestones"]]
    assert any("850 rejected by acme" in text for text in told)
