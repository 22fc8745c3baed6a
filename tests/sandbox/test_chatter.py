"""Notes, attachments and activities on a purchase order."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .conftest import Client, OdooFault

ORDER = 1
KEY = "<edi.855.4f0c@gateway>"


async def note(odoo: Client, **options: Any) -> Any:
    return await odoo.call("purchase.order", "message_post", [ORDER], **options)


async def test_a_note_is_found_again_by_its_message_id(odoo: Client) -> None:
    domain = [["message_id", "=", KEY], ["model", "=", "purchase.order"], ["res_id", "=", ORDER]]
    assert await odoo.call("mail.message", "search_count", domain=domain) == 0
    document = base64.b64encode(b"ISA*00*~").decode()
    options = {"body_is_html": True, "subtype_xmlid": "mail.mt_note", "attachments": [["855.edi", document]]}
    result = await note(odoo, body="<p>855 <b>VSO-77</b></p>", message_id=KEY, **options)
    assert isinstance(result, list if odoo.version >= 19 else int)
    assert await odoo.call("mail.message", "search_count", domain=domain) == 1
    await note(odoo, body="again", message_id=KEY)
    assert await odoo.call("mail.message", "search_count", domain=domain) == 2, "nothing makes it unique"

    message = (await odoo.sandbox("state"))["messages"][0]
    assert message["message_id"] == KEY
    assert message["body"] == "<p>855 <b>VSO-77</b></p>"
    assert message["subtype_id"][1] == "Note"
    assert message["author_id"][1] == "edi"
    attachment = message["attachments"][0]
    assert (attachment["name"], attachment["datas"], attachment["file_size"]) == ("855.edi", document, 8)
    assert (attachment["res_model"], attachment["res_id"]) == ("purchase.order", ORDER)


async def test_html_is_escaped_unless_it_is_said_to_be_html_and_scripts_go(odoo: Client) -> None:
    await note(odoo, body="<b>1 < 2</b>")
    hostile = (
        '<p onclick="x()">a<script>alert(1)</script><a href="javascript:x()">l</a></p>'
        "<table><tr><td>&lt;b&gt;</td></tr></table><br/><iframe src=x></iframe><ul><li>i</li></ul>"
    )
    await note(odoo, body=hostile, body_is_html=True)
    bodies = [message["body"] for message in (await odoo.sandbox("state"))["messages"]]
    assert bodies[0] == "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p>"
    assert bodies[1] == "<p>a<a>l</a></p><table><tr><td>&lt;b&gt;</td></tr></table><br><ul><li>i</li></ul>"


async def test_a_comment_reaches_the_vendor_and_a_note_does_not(odoo: Client) -> None:
    await note(odoo, body="internal", subtype_xmlid="mail.mt_note")
    await note(odoo, body="for all", subtype_xmlid="mail.mt_comment")
    first, second = (await odoo.sandbox("state"))["messages"]
    vendor = (await odoo.sandbox("state"))["orders"][0]["partner_id"][0]
    assert first["notified_partner_ids"] == []
    assert second["notified_partner_ids"] == [vendor]


async def test_an_unknown_option_of_a_note_is_refused(odoo: Client) -> None:
    with pytest.raises(OdooFault, match="not supported when posting or notifying: nope"):
        await note(odoo, body="x", nope=1)


async def test_an_activity_is_scheduled_found_by_its_summary_and_closed(odoo: Client) -> None:
    result = await odoo.call(
        "purchase.order",
        "activity_schedule",
        [ORDER],
        act_type_xmlid="mail.mail_activity_data_warning",
        summary="[EDI 855 VSO_77] 2 lines need a decision",
        note="<table><tr><td>10</td></tr></table>",
        user_id=2,
        date_deadline="2026-11-24",
    )
    assert result == ([1] if odoo.version >= 19 else "mail.activity(1,)")
    found = [["res_model", "=", "purchase.order"], ["res_id", "=", ORDER], ["summary", "=like", "[EDI 855 VSO\\_77]%"]]
    assert await odoo.call("mail.activity", "search_count", domain=found) == 1
    other = [["summary", "=like", "EDI 855%"]]
    assert await odoo.call("mail.activity", "search_count", domain=other) == 0, "=like is the whole text"
    activity = (await odoo.sandbox("state"))["activities"][0]
    assert activity["activity_type_id"][1] == "Exception"
    assert activity["user_id"] == [2, "admin"]

    message = await odoo.call("mail.activity", "action_feedback", [1], feedback="price <agreed>")
    assert await odoo.call("mail.activity", "search_count", domain=found) == 0
    state = await odoo.sandbox("state")
    assert state["messages"][-1]["id"] == message
    assert "price &lt;agreed&gt;" in state["messages"][-1]["body"]
    assert [each["active"] for each in state["activities"]] == ([False] if odoo.version >= 19 else [])


async def test_creating_an_activity_by_hand_needs_an_administrator(odoo: Client) -> None:
    values = {"res_model": "purchase.order", "res_id": ORDER, "user_id": 2, "date_deadline": "2026-11-24"}
    with pytest.raises(OdooFault, match=r"You are not allowed to access 'Models' \(ir\.model\) records") as caught:
        await odoo.call("mail.activity", "create", vals_list=[values])
    assert caught.value.name == "odoo.exceptions.AccessError"
    assert await odoo.as_user("admin").call("mail.activity", "create", vals_list=[values]) == [1]


async def test_an_attachment_can_be_made_alone_and_raw_text_needs_a_type(odoo: Client) -> None:
    data = base64.b64encode(b"\x00\xff").decode()
    made = await odoo.call("ir.attachment", "create", vals_list=[{"name": "a.edi", "datas": data}])
    row = (await odoo.call("ir.attachment", "read", made, fields=["datas", "file_size", "mimetype"]))[0]
    assert row == {"id": made[0], "datas": data, "file_size": 2, "mimetype": "application/octet-stream"}
    with pytest.raises(OdooFault) as caught:
        await odoo.call("ir.attachment", "create", vals_list=[{"name": "a", "raw": "text"}])
    assert caught.value.name == "builtins.TypeError"
    with pytest.raises(OdooFault) as caught:
        await odoo.call("ir.attachment", "create", vals_list=[{"name": "a", "datas": "no base64!"}])
    assert caught.value.name == "builtins.ValueError"
