"""`record: FOLDER`: every exchange with Odoo as a file, for tests and for support. Off unless asked for.

Not here: reading recordings. Rule protected: the key and cookies are masked before anything is written.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import httpx


class Recording(httpx.AsyncBaseTransport):
    """An HTTP transport that writes down what passes: `request`, `http_status`, `response`."""

    def __init__(self, inner: httpx.AsyncBaseTransport, folder: Path, secrets: tuple[str, ...]) -> None:
        self._inner, self._folder, self._secrets = inner, folder, secrets
        self._numbers = itertools.count(1)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        exchange = {
            "method": request.method,
            "path": request.url.path,
            "request": _body(request.content),
            "http_status": response.status_code,
            "content_type": response.headers.get("Content-Type", ""),
            "response": _body(response.content),
        }
        text = json.dumps(exchange, indent=1, ensure_ascii=False)
        for secret in self._secrets:
            text = text.replace(secret, "<API_KEY>")
        await asyncio.to_thread(self._write, f"{next(self._numbers):06d}.json", text)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text(text, encoding="utf-8")


def _body(content: bytes) -> Any:
    """JSON as JSON, anything else as text."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
