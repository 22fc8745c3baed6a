"""Durations and sizes as people write them in configuration: `30s`, `15m`, `24h`, `7d`; `64KB`, `100MB`, `2GB`."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3}


def seconds(value: Any) -> float:
    """`24h` -> 86400.0; a plain number is seconds. Raises ValueError with the forms that are understood."""
    if isinstance(value, int | float):
        return float(value)
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?", str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is no duration; write 30s, 15m, 24h or 7d")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def size(value: Any) -> int:
    """`100MB` -> 100000000; a plain number is bytes. Raises ValueError with the forms that are understood."""
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(B|KB|MB|GB)?", str(value).strip(), re.IGNORECASE)
    if not match:
        raise ValueError(f"{value!r} is no size; write 64KB, 100MB or 2GB")
    return int(float(match[1]) * _BYTES[(match[2] or "").upper()])


Duration: TypeAlias = Annotated[float, BeforeValidator(seconds)]
Size: TypeAlias = Annotated[int, BeforeValidator(size)]
