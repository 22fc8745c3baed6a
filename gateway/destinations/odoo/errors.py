"""What a failed call means: one table from Odoo's answers to outcomes.

The name of the exception decides first, the HTTP status only where there is no name: JSON-2 answers an unknown field
with 500 and a serialization failure with 500 as well. Rule protected: after a write whose fate is not known nothing is
repeated blindly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from gateway.exceptions import case
from gateway.ports import Business, Outcome, Transient, Unknown

HELD = 300.0  # credential and configuration errors: no automatic try sooner


class Meaning(Enum):
    """What a failed call means for the parcel and the connector."""

    RETRY = "retry"  # transient, this parcel only
    DOWN = "down"  # transient, the whole connector
    CREDENTIAL = "credential"
    CONFIG = "config"
    REFUSED = "refused"  # a business rule of Odoo says no
    GONE = "gone"  # the record does not exist any more
    DEFECT = "defect"  # our own mistake
    UNKNOWN = "unknown"  # it may have been executed


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no result. `name` and `message` are empty when the body was not JSON."""

    status: int
    name: str = ""
    message: str = ""
    retry_after: float | None = None
    write: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A classified answer. `reason` is safe to show; it never holds a traceback."""

    meaning: Meaning
    reason: str
    retry_in: float = 0.0


class OdooError(Exception):
    """A call that did not give a result. `debug` is Odoo's traceback, for the log only."""

    def __init__(self, failure: Failure, call: str = "", debug: str = "") -> None:
        super().__init__(f"{call}: {failure.reason}" if call else failure.reason)
        self.failure, self.call, self.debug = failure, call, debug

    @property
    def meaning(self) -> Meaning:
        return self.failure.meaning


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table: a pattern of the whole name, a pattern anywhere in the message, a status (0: any)."""

    meaning: Meaning
    name: str = ""
    message: str = ""
    status: int = 0
    retry_in: float = 0.0

    def fits(self, answer: Answer) -> bool:
        return (
            re.fullmatch(self.name, answer.name) is not None
            and re.search(self.message, answer.message, re.IGNORECASE) is not None
            and self.status in (0, answer.status)
        )


# First line that fits. Names as recorded on Odoo 18 (JSON-RPC) and 19 (JSON-2).
_TABLE = (
    _Row(Meaning.RETRY, r"psycopg2?\.errors\..*", retry_in=5),
    _Row(Meaning.CONFIG, r"psycopg2?\.OperationalError", r"database .* does not exist"),
    _Row(Meaning.DOWN, r"psycopg2?\.(OperationalError|InterfaceError)", retry_in=30),
    _Row(Meaning.RETRY, r"psycopg2?\..*", retry_in=5),
    _Row(Meaning.RETRY, r"odoo\.exceptions\.LockError", retry_in=5),
    # Three clients validating at once: the losers' followers collide. A concurrency error in disguise.
    _Row(Meaning.RETRY, r"odoo\.exceptions\.ValidationError", r"cannot follow twice the same object", retry_in=2),
    _Row(Meaning.CONFIG, r"odoo\.exceptions\.UserError", r"^Object \S+ doesn't exist"),
    _Row(Meaning.GONE, r"odoo\.exceptions\.MissingError"),
    _Row(Meaning.DEFECT, r"odoo\.exceptions\.AccessError", r"^Private methods"),
    _Row(Meaning.CONFIG, r"odoo\.exceptions\.AccessError"),
    _Row(Meaning.CREDENTIAL, r"odoo\.exceptions\.AccessDenied"),
    _Row(Meaning.CREDENTIAL, r"werkzeug\.exceptions\.Unauthorized"),
    _Row(Meaning.CONFIG, r"odoo\.http\.SessionExpiredException"),
    _Row(Meaning.REFUSED, r"odoo\.exceptions\..*"),
    _Row(Meaning.CONFIG, r"werkzeug\.exceptions\.NotFound", r"^the model "),
    _Row(Meaning.DEFECT, r"werkzeug\.exceptions\.(NotFound|UnprocessableEntity|BadRequest|UnsupportedMediaType)"),
    _Row(Meaning.DEFECT, r"builtins\.(AttributeError|ValueError|TypeError|KeyError)"),
    # Without a name: the answer came from the web server, a proxy, or a wrong route.
    _Row(Meaning.DOWN, "", status=429, retry_in=30),
    _Row(Meaning.CREDENTIAL, "", status=401),
    _Row(Meaning.CONFIG, "", status=404),
    _Row(Meaning.DEFECT, "", status=400),
    _Row(Meaning.DEFECT, "", status=415),
    *(_Row(Meaning.CONFIG, "", status=status) for status in (301, 302, 303, 307, 308, 403)),
)
_GATEWAY_STATUS = (502, 503, 504)


def classify(answer: Answer) -> Failure:
    """What an answer without a result means, by name first, then by status."""
    reason = _reason(answer)
    if not answer.name and answer.status in _GATEWAY_STATUS:
        return lost(f"the server answered {answer.status}", write=answer.write)
    for row in _TABLE:
        if row.fits(answer):
            return Failure(row.meaning, reason, answer.retry_after or row.retry_in)
    if answer.write:
        return Failure(Meaning.UNKNOWN, reason)
    # A page instead of JSON is a proxy or a login page; a name nobody has recorded is for whoever maintains this table.
    return Failure(Meaning.DEFECT if answer.name else Meaning.CONFIG, reason)


def lost(reason: str, *, write: bool) -> Failure:
    """The request went out and no answer came back."""
    return Failure(Meaning.UNKNOWN, reason) if write else Failure(Meaning.DOWN, reason, 10)


def unsent(reason: str) -> Failure:
    """The request did not reach Odoo."""
    return Failure(Meaning.DOWN, reason, 10)


def misconfigured(reason: str) -> Failure:
    return Failure(Meaning.CONFIG, reason)


def outcome(error: OdooError, subject: str, unknown_wait: float) -> Outcome:
    """The outcome of a delivery that ended with this error."""
    return _OUTCOMES[error.meaning](error, subject, unknown_wait)


def _held(error: OdooError, _subject: str, _wait: float) -> Outcome:
    alarm: Literal["credential", "config"] = "credential" if error.meaning is Meaning.CREDENTIAL else "config"
    return Transient(str(error), max(error.failure.retry_in, HELD), "connector", alarm)


def _business(kind: str) -> Callable[[OdooError, str, float], Outcome]:
    return lambda error, subject, _wait: Business(case(kind, str(error), subject=subject, actual=error.failure.reason))


_OUTCOMES: dict[Meaning, Callable[[OdooError, str, float], Outcome]] = {
    Meaning.RETRY: lambda error, _s, _w: Transient(str(error), error.failure.retry_in or 5.0),
    Meaning.DOWN: lambda error, _s, _w: Transient(str(error), error.failure.retry_in or 10.0, "connector"),
    Meaning.CREDENTIAL: _held,
    Meaning.CONFIG: _held,
    Meaning.REFUSED: _business("odoo.refused"),
    Meaning.GONE: _business("odoo.record_gone"),
    Meaning.DEFECT: _business("connector.defect"),
    Meaning.UNKNOWN: lambda error, _s, wait: Unknown(str(error), wait),
}


def _reason(answer: Answer) -> str:
    """One line for people: what Odoo said, or which status came."""
    said = " ".join(answer.message.split())
    if said:
        return said[:500]
    return answer.name or f"the server answered {answer.status} without JSON"
