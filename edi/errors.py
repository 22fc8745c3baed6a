"""Exceptions: the caller's or our own mistakes. A partner's bad data is never one of these; it is a Fault value.

EdiError
├── ProfileError      a partner.yaml that cannot be used        (file, line, key in the text)
├── MapError          a schema or map file that cannot be used  (file:line:column: code: sentence)
├── EventError        an event that is not valid for its type
└── RenderError       an event that cannot be written for this partner
    └── SelfCheckError    what we wrote does not read back equal: the project's own bug
"""

from __future__ import annotations


class EdiError(Exception):
    """Base of everything this library raises on purpose."""


class ProfileError(EdiError):
    """A partner profile that cannot be used. The text names file, line and key."""


class MapError(EdiError):
    """A schema, map or code table that cannot be used. The text starts with `file:line:column: code:`."""


class EventError(EdiError):
    """The event handed in is not valid for its type."""


class RenderError(EdiError):
    """The event cannot be written for this partner: the text names field, element and reason.

    `code` is one of the `write.*` codes of the fault catalogue; `element` is the wire place (`PO1[3]/PO102`), `field`
    the canonical path (`lines.2.ordered.value`), each empty when unknown.
    """

    def __init__(self, message: str, *, code: str = "write.required", element: str = "", field: str = "") -> None:
        super().__init__(message)
        self.code, self.element, self.field = code, element, field


class SelfCheckError(RenderError):
    """What was written does not read back as meant. Nothing may leave; an operator has to look."""

    def __init__(self, message: str, *, code: str = "write.putget", element: str = "", field: str = "") -> None:
        super().__init__(message, code=code, element=element, field=field)
