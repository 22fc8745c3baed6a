"""Python source in the making: lines, fresh names, and the objects the source refers to.

Not here: what is generated (edi/mapping_read.py, edi/mapping_write.py). Rule protected: text of a map enters the source
only as a repr, never as code.
"""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edi.mapping_shared import Parts


class Source:
    """One generated function in the making. `objects` are its globals, `strip` is what it does with text.

    `traced`: it tells where each value came from, with the number of its row in `rows`. `ready`: codes are
    taken from tables as finished values.
    """

    def __init__(self, objects: dict[str, Any], strip: str = "", traced: bool = False, ready: bool = False) -> None:
        self.strip, self.traced, self.ready = strip, traced, ready
        self.parts: Parts | None = None  # what of an event may be shared
        self.rows: list[Any] = []
        self.lines: list[str] = []
        self.objects = dict(objects)
        self._count = 0

    def add(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def name(self, prefix: str) -> str:
        """A name that is not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def bind(self, prefix: str, value: object) -> str:
        """The name under which the source reaches an object."""
        for name, known in self.objects.items():
            if known is value:
                return name
        name = self.name(prefix)
        self.objects[name] = value
        return name

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def function(self, name: str, title: str) -> Any:
        """Run the source and take the function out. `title` stands for a file in tracebacks."""
        text = self.text
        linecache.cache[title] = (len(text), None, text.splitlines(keepends=True), title)
        exec(compile(text, title, "exec"), self.objects)  # noqa: S102 - made here, from values that are only ever repr'd
        return self.objects[name]
