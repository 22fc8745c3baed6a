"""Refusals as `application/problem+json` (RFC 9457): one shape, words for whoever reads the partner's log.

Not here: when something is refused. Rule protected: who is not known learns nothing but that.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

from gateway.transports.http import Turned

TYPE = "urn:supplier-gateway:problem:"


class Problem(Turned):
    """A refusal of a kind that programs can tell apart: `kind` is the end of its `type`."""

    def __init__(self, status: int, kind: str, sentence: str, **headers: str) -> None:
        super().__init__(status, sentence, **headers)
        self.kind = kind


def response(turned: Turned) -> JSONResponse:
    """A refusal as it goes out."""
    kind = turned.kind if isinstance(turned, Problem) else "request"
    return _json(turned.status, kind, turned.sentence, turned.headers)


def _json(status: int, kind: str, detail: str, headers: Mapping[str, str]) -> JSONResponse:
    value = {"type": TYPE + kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(value, status, dict(headers), media_type="application/problem+json")
