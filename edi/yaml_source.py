"""Schema, map and partner files as a tree of text: YAML in which every scalar is a string.

Not here: what a key means (the module that asked for the file). Rule protected: nothing is guessed and nothing is
ignored. An ordinary YAML 1.1 loader turns `ON`, `NO`, `067` and `12:30` into True, False, 55 and 750, all everyday EDI
values; here they stay text, and every node remembers its file, line and column so that each complaint can name them.

Refused: duplicate keys, anchors, aliases, tags, merge keys, several documents, directives, tabs, bytes that are not
UTF-8, and files beyond the limits.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

import yaml

from edi.errors import MapError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_DICTIONARY_NODES = 100_000  # segments.yaml: the definitions and code lists of a whole release

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its parser is used; libyaml is 20 times faster


class Scalar(str):
    """A piece of text with its place. `line` and `column` count from 1."""

    __slots__ = ("column", "file", "line")
    file: str
    line: int
    column: int


class Sequence_(list["Tree"]):
    """A list with the place where it starts."""

    __slots__ = ("column", "file", "line")
    file: str
    line: int
    column: int


class Mapping_(dict[str, "Tree"]):
    """A mapping in file order with the place where it starts; its keys are Scalars with places of their own."""

    __slots__ = ("column", "file", "line")
    file: str
    line: int
    column: int

    def key(self, key: str) -> Scalar:
        """The key itself, with its place."""
        return next(cast("Scalar", own) for own in self if own == key)

    def key_line(self, key: str) -> int:
        """The line of a key."""
        return self.key(key).line


Tree: TypeAlias = Mapping_ | Sequence_ | Scalar


class Found(NamedTuple):
    """Something to say about a node: a code and a sentence that says what to do."""

    node: Tree
    code: str
    sentence: str


def load(path: Path, *, nodes: int = MAX_NODES) -> Mapping_:
    """The tree of a YAML file, whose top level is a mapping. Raises MapError; OSError if it cannot be read."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _error(str(path), 1, 1, "yaml.size", f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise _error(str(path), line, column, "yaml.encoding", "the file is not UTF-8") from None
    return load_text(text, str(path), nodes=nodes)


def load_text(text: str, name: str, *, nodes: int = MAX_NODES) -> Mapping_:
    """The tree of YAML text; `name` stands for the file in error texts. Raises MapError."""
    if len(text) > MAX_BYTES:
        raise _error(name, 1, 1, "yaml.size", f"the text is larger than {MAX_BYTES} characters")
    tab = text.find("\t")
    if tab >= 0:
        line, column = text.count("\n", 0, tab) + 1, tab - text.rfind("\n", 0, tab)
        raise _error(name, line, column, "yaml.tab", "tabs are not allowed, indent with spaces")
    try:
        tree = _Builder(name, nodes).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _error(name, line, column, "yaml.syntax", error.problem or error.context or "not YAML") from None
    except yaml.YAMLError as error:
        raise _error(name, 1, 1, "yaml.syntax", str(error).splitlines()[0]) from None
    if not isinstance(tree, Mapping_):
        raise _error(name, 1, 1, "yaml.shape", "the file must be a mapping of keys to values")
    return tree


def fail(node: Tree, code: str, sentence: str) -> MapError:
    """The error for a node: `file:line:column: code: sentence`. The caller raises it."""
    return _error(node.file, node.line, node.column, code, sentence)


def check_keys(mapping: Mapping_, allowed: Collection[str], what: str, *, code: str = "map.unknown_key") -> None:
    """Refuse keys that `what` does not have, and suggest the one that was meant."""
    for key in mapping:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f"; it has {', '.join(sorted(allowed))}"
            raise fail(mapping.key(key), code, f"{what} has no key {key!r}{hint}")


def truth(node: Tree) -> bool:
    """`yes` or `no`."""
    if node == "yes":
        return True
    if node == "no":
        return False
    raise fail(node, "yaml.truth", f"write yes or no, not {shown(node)}")


def as_text(node: Tree, what: str) -> Scalar:
    """The node as text, refused if it is a list, a mapping or empty."""
    if not isinstance(node, Scalar):
        raise fail(node, "yaml.shape", f"{what} must be one value, not {shown(node)}")
    if not node:
        raise fail(node, "yaml.shape", f"{what} is empty")
    return node


def as_mapping(node: Tree, what: str) -> Mapping_:
    """The node as a mapping, else MapError."""
    if not isinstance(node, Mapping_):
        raise fail(node, "yaml.shape", f"{what} must be a mapping of keys to values, not {shown(node)}")
    return node


def as_sequence(node: Tree, what: str) -> Sequence_:
    """The node as a list, else MapError."""
    if not isinstance(node, Sequence_):
        raise fail(node, "yaml.shape", f"{what} must be a list, not {shown(node)}")
    return node


def required(mapping: Mapping_, key: str, what: str) -> Tree:
    """The value of a key that must be there, else MapError."""
    if key not in mapping:
        raise fail(mapping, "map.missing_key", f"{what} needs the key {key!r}")
    return mapping[key]


def shown(node: Tree) -> str:
    """A node as error texts show it."""
    if isinstance(node, Scalar):
        return repr(str(node)) if len(node) <= 60 else repr(node[:57] + "...")
    return "a mapping" if isinstance(node, Mapping_) else "a list"


def _error(name: str, line: int, column: int, code: str, sentence: str) -> MapError:
    return MapError(f"{name}:{line}:{column}: {code}: {sentence}")


class _Builder:
    """Builds the tree from the parser's events, so that nothing YAML would like to interpret is interpreted."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit

    def build(self, text: str) -> Tree:
        root: Tree | None = None
        stack: list[tuple[Mapping_ | Sequence_, list[Scalar]]] = []  # container, and in a mapping the key in waiting
        count = documents = 0
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                stack.pop()
                continue
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.refuse(event, "yaml.documents", "only one document is allowed in a file")
                if event.version or event.tags:
                    raise self.refuse(event, "yaml.directive", "directives are not allowed")
                continue
            if not isinstance(event, yaml.NodeEvent):
                continue
            count += 1
            if count > self.limit:
                raise self.refuse(event, "yaml.size", f"the file has more than {self.limit} nodes")
            node = self.node(event)
            if stack:
                self.attach(node, event, *stack[-1])
            else:
                root = node
            if not isinstance(node, Scalar):
                stack.append((node, []))
                if len(stack) > MAX_DEPTH:
                    raise self.refuse(event, "yaml.depth", f"nested deeper than {MAX_DEPTH} levels")
        if root is None:
            raise _error(self.name, 1, 1, "yaml.shape", "the file is empty")
        return root

    def node(self, event: yaml.NodeEvent) -> Tree:
        if isinstance(event, yaml.AliasEvent):
            raise self.refuse(event, "yaml.anchor", "aliases are not allowed, write the value out")
        if event.anchor is not None:
            raise self.refuse(event, "yaml.anchor", "anchors are not allowed, write the value out")
        if cast("yaml.ScalarEvent", event).tag is not None:
            raise self.refuse(event, "yaml.tag", "tags are not allowed, every value is text")
        node: Tree
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(event.value)
        elif isinstance(event, yaml.MappingStartEvent):
            node = Mapping_()
        else:
            node = Sequence_()
        node.file = self.name
        node.line, node.column = _place(event)
        return node

    def attach(self, node: Tree, event: yaml.NodeEvent, container: Mapping_ | Sequence_, waiting: list[Scalar]) -> None:
        if isinstance(container, Sequence_):
            container.append(node)
        elif waiting:
            container[waiting.pop()] = node
        elif not isinstance(node, Scalar):
            raise self.refuse(event, "yaml.key", "a key must be one value")
        elif node == "<<" and not cast("yaml.ScalarEvent", event).style:
            raise self.refuse(event, "yaml.merge", "merge keys are not allowed, write the keys out")
        elif node in container:
            first = container.key_line(node)
            raise self.refuse(event, "yaml.duplicate_key", f"the key {node!s} stands twice, first in line {first}")
        else:
            waiting.append(node)

    def refuse(self, event: yaml.Event, code: str, sentence: str) -> MapError:
        return _error(self.name, *_place(event), code, sentence)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def as_yaml(node: dict[str, Any]) -> str:
    """An item of a list as YAML, its keys in their order."""
    return yaml.safe_dump([node], sort_keys=False, allow_unicode=True, width=110).rstrip("\n")
