"""The partner's time zone on the moments of an event: a time read without a zone gets its offset, one to be sent is
said as the partner's clocks say it.

Not here: what the wire writes (edi/moments.py); maps know nothing of zones. Rules protected: days stay days; what the
sender told is never changed; without a zone in the partner's profile nothing is. Where clocks are set back an hour
comes twice and means the first; where they are set forward the hour that is left out has the offset from before.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from edi.documents.types import Data
from edi.errors import ProfileError
from edi.event_fields import fields, is_moment
from edi.profile import Profile

_TIMED = re.compile(r"(.{10}T[0-9:.]+)(Z|[+-][0-9:]{5})?")


def zone_of(profile: Profile) -> ZoneInfo | None:
    """The zone agreed with the partner, if one is. Raises ProfileError for one that does not exist."""
    if not profile.timezone:
        return None
    try:
        return ZoneInfo(profile.timezone)
    except (KeyError, ValueError, OSError):
        raise ProfileError(f"{profile.partner}: {profile.timezone!r} is no time zone") from None


def as_read(data: Data, zone: ZoneInfo | None) -> Data:
    """What was read, every time without an offset with that of the zone."""
    return data if zone is None else _changed(data, lambda text: with_offset(text, zone))


def to_write(data: Data, zone: ZoneInfo | None) -> Data:
    """What is to be written, every time as the clocks of the zone say it, with their offset."""
    return data if zone is None else _changed(data, lambda text: on_the_clock(text, zone))


def second_hour(data: Data, zone: ZoneInfo | None) -> Iterator[str]:
    """Paths of times, said by `to_write`, that only their offset tells from the hour before."""
    if zone is not None:
        yield from (path for path, text in _moments(data, "") if with_offset(_bare(text), zone) != text)


def with_offset(text: str, zone: ZoneInfo) -> str:
    """`2026-12-01T10:30` in Berlin is `2026-12-01T10:30+01:00`. Days, weeks and times with an offset are left alone, as
    are times before the zone had whole minutes."""
    timed = _TIMED.fullmatch(text)
    if timed is None or timed[2]:
        return text
    try:
        at = dt.datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return text
    offset = at.isoformat()[len(at.replace(tzinfo=None).isoformat()) :]
    return text + offset if len(offset) == 6 else text


def on_the_clock(text: str, zone: ZoneInfo) -> str:
    """`2026-12-01T09:30Z` in Berlin is `2026-12-01T10:30+01:00`; a time without an offset is of the zone."""
    timed = _TIMED.fullmatch(text)
    if timed is None or not timed[2]:
        return with_offset(text, zone)
    told = timed[1] + timed[2].replace("Z", "+00:00")
    if with_offset(timed[1], zone) == told:
        return told
    try:
        local = dt.datetime.fromisoformat(text).astimezone(zone)
    except (ValueError, OverflowError):
        return text
    offset = local.isoformat()[len(local.replace(tzinfo=None).isoformat()) :]
    return f"{local.isoformat()[:16]}{timed[1][16:]}{offset}" if len(offset) == 6 else text


def _bare(text: str) -> str:
    timed = _TIMED.fullmatch(text)
    return timed[1] if timed else text


@functools.cache
def _held(model: type[Data]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The moments of a model, and its objects that hold some."""
    inner = tuple(name for name, field in fields(model).items() if field.model is not None and _any(field.model, ()))
    return tuple(name for name in fields(model) if is_moment(model, name)), inner


def _any(model: type[Data], seen: tuple[type[Data], ...]) -> bool:
    """Is there a moment in a model? `seen` are those around it."""
    return model not in seen and any(
        is_moment(model, name) or (field.model is not None and _any(field.model, (*seen, model)))
        for name, field in fields(model).items()
    )


def _changed(data: Data, change: Callable[[str], str]) -> Data:
    moments, inner = _held(type(data))
    changes: dict[str, object] = {}
    for name in moments:
        text = getattr(data, name)
        if text is not None:
            changes[name] = change(text)
    for name in inner:
        value = getattr(data, name)
        if isinstance(value, tuple):
            if value:
                changes[name] = tuple(_changed(each, change) for each in value)
        elif value is not None:
            changes[name] = _changed(value, change)
    return data.model_copy(update=changes) if changes else data


def _moments(data: Data, prefix: str) -> Iterator[tuple[str, str]]:
    """Every moment with its path."""
    moments, inner = _held(type(data))
    yield from ((prefix + name, text) for name in moments if (text := getattr(data, name)) is not None)
    for name in inner:
        value = getattr(data, name)
        if isinstance(value, tuple):
            for number, each in enumerate(value):
                yield from _moments(each, f"{prefix}{name}.{number}.")
        elif value is not None:
            yield from _moments(value, f"{prefix}{name}.")
