"""Chatter: notes with attachments, and activities. Models that have them derive from Threads.

The rules kept: message_id is stored word for word and nothing makes it unique; HTML is escaped unless `body_is_html`;
an activity is scheduled, never created, by a user who is no administrator; posting does not move the record's
write_date.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import mimetypes
from collections.abc import Sequence
from html import escape
from typing import Any, Literal

from gateway.sandbox.odoo.base import external_ids
from gateway.sandbox.odoo.errors import InvalidType, InvalidValue
from gateway.sandbox.odoo.fields import (
    Compute,
    Field,
    Model,
    Values,
    binary,
    char,
    choice,
    date,
    flag,
    html,
    integer,
    many,
    moment,
    one,
    text,
)
from gateway.sandbox.odoo.records import Records, record_method
from gateway.sandbox.odoo.session import Recordset, Session


class Threads(Records):
    """A model with chatter and activities."""

    @record_method
    def message_post(
        self,
        ids: list[int],
        *,
        body: str = "",
        subject: str | None = None,
        message_type: str = "notification",
        email_from: str | None = None,
        author_id: int | None = None,
        parent_id: int | bool = False,
        subtype_xmlid: str | None = None,
        subtype_id: int | bool = False,
        partner_ids: list[int] | None = None,
        attachments: list[Any] | None = None,
        attachment_ids: list[int] | None = None,
        body_is_html: bool = False,
        **more: Any,
    ) -> int | Recordset:
        unknown = more.keys() - {"message_id", "reply_to", "date"}
        if unknown:
            raise InvalidValue(
                "Those values are not supported when posting or notifying: " + ", ".join(sorted(unknown))
            )
        if len(ids) != 1:
            raise InvalidValue(f"Expected singleton: {self.name}{tuple(ids)}")
        self.require(ids)
        record = ids[0]
        made = [self._attach(record, *attachment[:2]) for attachment in attachments or []]
        subtype = subtype_id or self._xmlid(subtype_xmlid or "mail.mt_note", "mail.message.subtype")
        author = author_id or self.session.value("res.users", self.session.uid, "partner_id")
        notified = set(partner_ids or [])
        if subtype == self._xmlid("mail.mt_comment", "mail.message.subtype"):
            notified |= set(self.get(record, "message_follower_ids")) - {author}
        default = f"<{self.session.started.timestamp():.6f}-openerp-{record}-{self.name}@sandbox>"
        message = self.session["mail.message"].create_one(
            {
                "model": self.name,
                "res_id": record,
                "message_id": more.get("message_id") or default,
                "body": body if body_is_html else f"<p>{escape(body)}</p>" if body else "",
                "subject": subject or False,
                "message_type": message_type,
                "subtype_id": subtype,
                "author_id": author,
                "email_from": email_from or False,
                "parent_id": parent_id,
                "date": more.get("date") or self.session.seconds,
                "attachment_ids": [(6, 0, [*made, *(attachment_ids or [])])],
                "notified_partner_ids": [(6, 0, sorted(notified))],
            }
        )
        return Recordset("mail.message", (message,)) if self.store.version >= 19 else message

    @record_method
    def activity_schedule(
        self,
        ids: list[int],
        act_type_xmlid: str = "",
        date_deadline: str | None = None,
        summary: str = "",
        note: str = "",
        **act_values: Any,
    ) -> Recordset:
        self.require(ids)
        kind = act_values.pop("activity_type_id", None) or self._xmlid(
            act_type_xmlid or "mail.mail_activity_data_todo", "mail.activity.type"
        )
        activities = self.session["mail.activity"]
        values = {
            "activity_type_id": kind,
            "summary": summary or False,
            "note": note,
            "date_deadline": date_deadline or self.session.started.date().isoformat(),
            "user_id": act_values.pop("user_id", None) or self.session.uid,
            "res_model": self.name,
            **act_values,
        }
        return Recordset("mail.activity", tuple(activities.create_one({**values, "res_id": each}) for each in ids))

    def follow(self, record: int, partner: int) -> None:
        followers = self.get(record, "message_follower_ids")
        self.store.update(self.name, record, {"message_follower_ids": sorted({*followers, partner})})

    @staticmethod
    def messages(model: str) -> Compute:
        """The messages of a record, newest first."""
        return lambda session, record: [
            message
            for message in reversed(session.store.children("mail.message", "res_id", record))
            if session.store.rows("mail.message")[message]["model"] == model
        ]

    @staticmethod
    def activities(model: str) -> Compute:
        """The open activities of a record."""
        return lambda session, record: [
            activity
            for activity in session.store.children("mail.activity", "res_id", record)
            if (row := session.store.rows("mail.activity")[activity])["res_model"] == model and row["active"]
        ]

    def _attach(self, record: int, name: str, content: str | bytes) -> int:
        data = content if isinstance(content, str) else base64.b64encode(content).decode()
        values = {"name": name, "datas": data, "res_model": self.name, "res_id": record}
        return self.session["ir.attachment"].create_one(values)

    def _xmlid(self, xml_id: str, model: str) -> int:
        found = external_ids(self.session).reference(xml_id)
        if found is None or found[0] != model:
            raise InvalidValue(f"External ID not found in the system: {xml_id}")
        return found[1]


class Activities(Records):
    @record_method
    def action_feedback(
        self, ids: list[int], feedback: str | Literal[False] = False, attachment_ids: list[int] | None = None
    ) -> int | bool:
        """Mark done: a message on the record says so, and the activity is gone (18) or archived (19)."""
        self.require(ids)
        message: int | bool = False
        for record in ids:
            row = self.store.rows(self.name)[record]
            target = self.session[row["res_model"]]
            assert isinstance(target, Threads)
            done = self.session.display_name("mail.activity.type", row["activity_type_id"])
            body = f"<p>{escape(done)} done: {escape(row['summary'] or '')}</p><p>{escape(feedback or '')}</p>"
            posted = target.message_post(
                [row["res_id"]],
                body=body,
                body_is_html=True,
                subtype_xmlid="mail.mt_activities",
                attachment_ids=attachment_ids,
            )
            message = posted.ids[0] if isinstance(posted, Recordset) else posted
            if self.store.version >= 19:
                self.set(record, active=False, feedback=feedback or False)
            else:
                self.store.delete(self.name, record)
        return message

    @record_method
    def action_done(self, ids: list[int]) -> int | bool:
        return self.action_feedback(ids)

    def display_name(self, record: int) -> str:
        return str(
            self.get(record, "summary")
            or self.session.display_name("mail.activity.type", self.get(record, "activity_type_id"))
        )


class Attachments(Records):
    def create_one(self, values: Values, record: int | None = None) -> int:
        values = dict(values)
        data = values.get("datas") or ""
        if "raw" in values:
            raw = values.pop("raw")
            if isinstance(raw, str) and "mimetype" not in values:
                raise InvalidType("a bytes-like object is required, not 'str'")
            data = base64.b64encode(raw.encode()).decode()
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise InvalidValue(str(error)) from None
        guessed = mimetypes.guess_type(str(values.get("name", "")))[0] or "application/octet-stream"
        values.update(
            datas=data,
            file_size=len(content),
            checksum=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            mimetype=values.get("mimetype") or guessed,
        )
        return super().create_one(values, record)


def _overdue(session: Session, record: int) -> str:
    deadline = dt.date.fromisoformat(session.store.rows("mail.activity")[record]["date_deadline"])
    today = session.started.date()
    return "overdue" if deadline < today else "today" if deadline == today else "planned"


def _res_name(session: Session, record: int) -> str:
    row = session.store.rows("mail.activity")[record]
    return session.display_name(row["res_model"], row["res_id"])


def models(version: int) -> Sequence[Model]:
    message: dict[str, Field] = {
        "model": char("Related Document Model"),
        "res_id": integer("Related Document ID"),
        "message_id": char("Message-Id"),
        "subject": char("Subject"),
        "body": html("Contents"),
        "message_type": char("Type", default="notification"),
        "subtype_id": one("mail.message.subtype", "Subtype"),
        "author_id": one("res.partner", "Author"),
        "email_from": char("From"),
        "parent_id": one("mail.message", "Parent Message"),
        "date": moment("Date"),
        "attachment_ids": many("ir.attachment", "Attachments"),
        "notified_partner_ids": many("res.partner", "Partners with Need Action"),
        "is_internal": flag("Employee Only"),
    }
    activity: dict[str, Field] = {
        "res_model": char("Related Document Model", required=True),
        "res_id": integer("Related Document ID"),
        "res_name": char("Document Name", compute=_res_name),
        "activity_type_id": one("mail.activity.type", "Activity Type"),
        "summary": char("Summary"),
        "note": html("Note"),
        "user_id": one("res.users", "Assigned to", required=True),
        "date_deadline": date("Due Date", required=True),
        "state": choice("State", "overdue", "today", "planned", compute=_overdue),
        "active": flag("Active", default=True),
        "feedback": text("Feedback"),
    }
    attachment: dict[str, Field] = {
        "name": char("Name", required=True),
        "datas": binary("File Content (base64)"),
        "mimetype": char("Mime Type"),
        "res_model": char("Resource Model"),
        "res_id": integer("Resource ID"),
        "type": choice("Type", "url", "binary=File", default="binary"),
        "file_size": integer("File Size"),
        "checksum": char("Checksum/SHA1"),
        "description": text("Description"),
    }
    return (
        Model("mail.message", "Message", message, Records, "id desc", "subject"),
        Model("mail.message.subtype", "Message subtypes", {"name": char(), "internal": flag()}, Records),
        Model("mail.activity", "Activity", activity, Activities, "date_deadline, id"),
        Model("mail.activity.type", "Activity Type", {"name": char("Name")}, Records),
        Model("ir.attachment", "Attachment", attachment, Attachments, "id desc"),
    )
