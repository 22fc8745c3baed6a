"""Odoo's errors, as both transports show them.

Every one carries the exception name a client sees (`odoo.exceptions.UserError`), the text, and the HTTP status JSON-2
gives it; JSON-RPC always answers 200. The texts follow recordings of real servers: a client may classify by them.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class OdooError(Exception):
    """An error answered to the client. `status` is the HTTP status of JSON-2."""

    name = "builtins.Exception"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def arguments(self) -> list[Any]:
        return [self.message]

    def last_line(self) -> str:
        """The line a Python traceback ends with."""
        return f"{self.name.removeprefix('builtins.')}: {self.message}"

    def data(self) -> dict[str, Any]:
        """The body of a JSON-2 error, and `error.data` of JSON-RPC."""
        return {
            "name": self.name,
            "message": self.message,
            "arguments": self.arguments(),
            "context": {},
            "debug": f"Traceback (most recent call last):\n{self.last_line()}\n",
        }


class UserError(OdooError):
    name = "odoo.exceptions.UserError"
    status = 422


class ValidationError(OdooError):
    name = "odoo.exceptions.ValidationError"
    status = 422


class MissingError(OdooError):
    name = "odoo.exceptions.MissingError"
    status = 404


class AccessError(OdooError):
    name = "odoo.exceptions.AccessError"
    status = 403


class AccessDenied(OdooError):
    name = "odoo.exceptions.AccessDenied"
    status = 403

    def __init__(self, message: str = "Access Denied") -> None:
        super().__init__(message)


class InvalidValue(OdooError):
    name = "builtins.ValueError"


class InvalidType(OdooError):
    name = "builtins.TypeError"


class NoAttribute(OdooError):
    name = "builtins.AttributeError"


class SerializationFailure(OdooError):
    name = "psycopg2.errors.SerializationFailure"

    def __init__(self, message: str = "could not serialize access due to concurrent update\n") -> None:
        super().__init__(message)


class OrderedError(OdooError):
    """An error a test ordered, of any name."""

    def __init__(self, name: str, message: str, status: int) -> None:
        super().__init__(message)
        self.name, self.status = name, status


class OperationalError(OdooError):
    name = "psycopg2.OperationalError"


class HttpError(OdooError):
    """An error of the HTTP layer itself: its arguments hold the status, its traceback the status line."""

    def arguments(self) -> list[Any]:
        return [self.message, self.status]

    def last_line(self) -> str:
        return f"{self.name}: {self.status} {HTTPStatus(self.status).phrase}: {self.message}"


class BadRequest(HttpError):
    name = "werkzeug.exceptions.BadRequest"
    status = 400


class Unauthorized(HttpError):
    name = "werkzeug.exceptions.Unauthorized"
    status = 401


class NotFound(HttpError):
    name = "werkzeug.exceptions.NotFound"
    status = 404


class UnprocessableEntity(HttpError):
    name = "werkzeug.exceptions.UnprocessableEntity"
    status = 422

    def last_line(self) -> str:
        return f"{self.name}: 422 Unprocessable Entity: {self.message}"


class UnknownModel(Exception):
    """No such model. Each transport has its own answer."""


class UnknownMethod(Exception):
    """No such method on the model. Each transport has its own answer."""


class ArgumentMismatch(Exception):
    """The arguments do not fit the method; the text says how. Each transport has its own answer."""


class NoKey(OdooError):
    name = "builtins.KeyError"
