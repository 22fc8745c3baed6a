"""What a partner may do with its mailbox over HTTPS: upload a file, see what waits for it, fetch it, confirm it.

Not here: who it is (server.py). Rules protected: a file is accepted when it is committed, and a repeat of it is known;
limits hold while a body is read, and nothing of what breaks one stays.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from gateway import clock
from gateway.ports import Arrival, Desk, MailboxFile
from gateway.transports import names
from gateway.transports.http import Turned, read_body
from gateway.transports.https.problems import Problem
from gateway.transports.https.settings import Listener, UploadChannel
from gateway.window import Staging, Window, window

HOUR = dt.timedelta(hours=1)
LONGEST_KEY = 200
LISTED = 1000
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One channel (`<partner>/<channel>`) in one request. `facts` are kept as evidence. Methods raise Turned."""

    name: str
    settings: UploadChannel
    listener: Listener
    desk: Desk
    facts: dict[str, str]

    async def upload(self, request: Request) -> Response:
        """Take the body as a file: 202 with the number of its receipt, after the commit."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.startswith("multipart/"):
            raise Problem(415, "form", "send the file itself as the body (curl --data-binary @FILE), not as a form")
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Problem(415, "encoding", "send the file as it is, without Content-Encoding")
        key, given = _key(request), _given_name(request)
        largest = await self._room(request)
        with Staging(self.listener.staging) as staging:
            file = staging.file()
            try:
                await read_body(request, file, largest, self.listener.idle)
            except Turned as turned:
                raise self._too_large(largest) if turned.status == 413 else turned from None
            content = Window.all_of(file)
            if not len(content):
                raise Problem(400, "empty", "the body is empty; send the file itself as the body")
            digest = await asyncio.to_thread(_digest, content)
            arrival = Arrival(self.name, given or f"{digest[:16]}.edi", content, {**self.facts, "key": key})
            uploaded = await self.desk.uploads.upload(arrival, key)
        if uploaded.conflict:
            raise Problem(422, "key", f"Idempotency-Key {key!r} was used before for another file; nothing was kept")
        logger.info(
            "upload_accepted", mailbox=self.name, receipt=uploaded.id, repeat=uploaded.repeat, size=len(content)
        )
        return JSONResponse({"id": uploaded.id, "sha256": digest, "size": len(content)}, 202)

    async def listing(self, request: Request) -> Response:
        """What waits for the partner, oldest first, in pieces."""
        files: list[dict[str, Any]] = []
        async for file in self.desk.mailboxes.files(self.name, "out"):
            if len(files) == LISTED:
                return JSONResponse({"files": files, "more": True})
            files.append({"name": file.name, "size": file.size, "placed": file.modified.isoformat()})
        return JSONResponse({"files": files, "more": False})

    async def fetch(self, request: Request) -> Response:
        """The bytes of a file. When all of them are sent it counts as fetched, and stays until it is confirmed."""
        file = await self._named(request)
        headers = {"content-length": str(file.size), "cache-control": "no-store"}
        if request.method == "HEAD":
            return Response(headers=headers, media_type="application/octet-stream")
        try:
            content = await self.desk.mailboxes.content(self.name, file.id)
        except KeyError:
            raise _not_there(file.name) from None

        async def body() -> AsyncIterator[bytes]:
            chunks = iter(window(content).chunks())
            while chunk := await asyncio.to_thread(next, chunks, b""):
                yield chunk
            await self.desk.mailboxes.collected(self.name, file.id)

        return StreamingResponse(body(), headers=headers, media_type="application/octet-stream")

    async def confirm(self, request: Request) -> Response:
        """The partner has the file: it is listed no more."""
        file = await self._named(request)
        await self.desk.mailboxes.discard(self.name, file.id)
        return Response(status_code=204)

    async def _named(self, request: Request) -> MailboxFile:
        """The file of a name; of several the oldest, so that a confirmed one makes room for the next."""
        name = request.path_params["name"]
        async for file in self.desk.mailboxes.files(self.name, "out", name=name):
            return file
        raise _not_there(name)

    async def _room(self, request: Request) -> int:
        """How many bytes the body may have."""
        folder = self.listener.staging
        if folder is not None and shutil.disk_usage(folder).free < self.listener.least_free:
            logger.error("upload_refused", mailbox=self.name, reason=f"the disk of {folder} is nearly full")
            raise Problem(503, "room", "there is no room at the moment; try again later", **{"Retry-After": "300"})
        quota = self.settings.quota
        files, size = await self.desk.mailboxes.held(self.name, clock.now() - HOUR)
        if files >= quota.files:
            raise _quota(f"{quota.files} files within an hour")
        largest = min(self.settings.max_file, quota.bytes - size)
        announced = request.headers.get("content-length", "")
        if largest <= 0 or (announced.isdigit() and int(announced) > largest):
            raise self._too_large(largest)
        return largest

    def _too_large(self, largest: int) -> Problem:
        if largest < self.settings.max_file:
            return _quota(f"{self.settings.quota.bytes} bytes within an hour")
        return Problem(413, "size", f"a file may have {self.settings.max_file} bytes")


def _quota(what: str) -> Problem:
    return Problem(429, "quota", f"this mailbox takes {what}; try again later", **{"Retry-After": "600"})


def _not_there(name: str) -> Problem:
    return Problem(404, "name", f"there is no file {name!r} waiting for you")


def _key(request: Request) -> str:
    """Idempotency-Key, which may stand in quotes (draft-ietf-httpapi-idempotency-key-header)."""
    key = request.headers.get("idempotency-key", "").strip()
    key = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Problem(400, "key", f"an Idempotency-Key has at most {LONGEST_KEY} printable ASCII characters")
    return key


def _given_name(request: Request) -> str:
    """The name the partner gives the file: `?name=`, else that of Content-Disposition, else none."""
    name = request.query_params.get("name", "")
    if not name and "content-disposition" in request.headers:
        parsed = Message()
        parsed["content-disposition"] = request.headers["content-disposition"]
        name = parsed.get_filename() or ""
    if not name:
        return ""
    try:
        checked = names.checked(name)
    except names.NameRefused as refused:
        raise Problem(400, "name", str(refused)) from None
    if names.in_progress(checked):
        raise Problem(400, "name", f"{checked!r} says that the file is still being written; send it when it is whole")
    return checked


def _digest(content: Window) -> str:
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    return digest.hexdigest()
