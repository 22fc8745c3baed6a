"""Notes, attachments and activities on a purchase order: each looked for before it is made.

Not here: what they say (note.py). Rule protected: Odoo makes none of them unique, so the marker message is searched
first, written last, and safe because one runner at a time works on an order. Notes are internal (mail.mt_note): a
comment would mail the vendor.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import mimetypes
import re
from collections.abc import Callable

from gateway.destinations.odoo import values
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.orders import Row
from gateway.ports import Parcel

MODEL = "purchase.order"


def marker(document: str, identity: str) -> str:
    """The message_id that says an effect is complete: `<edi.855.<event id>@gateway>`."""
    return f"<edi.{document.lower()}.{identity}@gateway>"


def prefix(document: str, reference: str, identity: str) -> str:
    """The head of an activity's summary: document and reference for people, then what makes it this document's own."""
    short = hashlib.sha256(identity.encode()).hexdigest()[:8]
    words = re.sub(r"[^\w\-./#+ ]", "?", f"{document} {reference}".strip())[:60]  # nothing that is a pattern of `=like`
    return f"[EDI {words} {short}]"


class Chatter:
    """Posts as the connection's user. `now` gives Odoo's time."""

    def __init__(self, connection: Connection, now: Callable[[], dt.datetime]) -> None:
        self._connection, self._now = connection, now

    async def marked(self, order: int, message_id: str) -> bool:
        domain = [["message_id", "=", message_id], ["model", "=", MODEL], ["res_id", "=", order]]
        return bool(await self._connection.call("mail.message", "search_count", domain=domain))

    async def post(self, order: int, message_id: str, body: str, attachments: list[int] | None = None) -> None:
        """The marker message."""
        await self._connection.call(
            MODEL,
            "message_post",
            [order],
            body=body,
            body_is_html=True,
            subtype_xmlid="mail.mt_note",
            message_id=message_id,
            attachment_ids=attachments or [],
        )

    async def attach(self, order: int, message_id: str, name: str, data: bytes) -> int:
        """The partner's document as an attachment of the order, made once; its description is the marker.

        Not the `attachments` of message_post: that takes text, and a document is bytes.
        """
        domain = [["res_model", "=", MODEL], ["res_id", "=", order], ["description", "=", message_id]]
        found = await self._connection.call("ir.attachment", "search", domain=domain, limit=1)
        if found:
            return int(found[0])
        safe = re.sub(r"[\x00-\x1f/\\]", "_", name)[-100:] or "document"
        made = await self._connection.call(
            "ir.attachment",
            "create",
            vals_list=[
                {
                    "name": safe,
                    "datas": base64.b64encode(data).decode(),
                    "mimetype": mimetypes.guess_type(safe)[0] or "application/octet-stream",
                    "res_model": MODEL,
                    "res_id": order,
                    "description": message_id,
                }
            ],
        )
        return int(made[0] if isinstance(made, list) else made)

    async def attach_original(self, order: int, message_id: str, parcel: Parcel) -> tuple[list[int], str]:
        """The partner's document of a delivery, attached; or a sentence when it is too big to copy."""
        if parcel.original is None:
            size = parcel.original_size
            return [], f"The file {parcel.original_name} has {size} bytes and is kept by the gateway." if size else ""
        return [await self.attach(order, message_id, parcel.original_name, parcel.original)], ""

    async def activity(self, order: Row, head: str, summary: str, note: str) -> None:
        """One task for the order's buyer, due the next working day; nothing when one with this head is open."""
        domain = [["res_model", "=", MODEL], ["res_id", "=", order["id"]], ["summary", "=like", f"{head}%"]]
        if await self._connection.call("mail.activity", "search_count", domain=domain):
            return
        buyer = values.ref(order["user_id"])
        await self._connection.call(
            MODEL,
            "activity_schedule",
            [order["id"]],
            act_type_xmlid="mail.mail_activity_data_warning",
            summary=f"{head} {summary}"[:250],
            note=note,
            date_deadline=_next_working_day(self._now().date()).isoformat(),
            **({"user_id": buyer} if buyer else {}),
        )


def _next_working_day(day: dt.date) -> dt.date:
    day += dt.timedelta(days=1)
    while day.weekday() > 4:
        day += dt.timedelta(days=1)
    return day
