"""Which changes of an event's JSON Schema need a new major version.

Not here: making schemas (edi/documents/__init__.py) and keeping them (docs/make_schemas.py). Rule protected: who reads
version 1.0 of an event reads every 1.x; what only adds is a minor change, anything else a major one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

# Keyword -> does a new limit allow less than the old one did?
_LOWER_IS_NARROWER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum")
_HIGHER_IS_NARROWER = ("minLength", "minItems", "minimum", "exclusiveMinimum")


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What the new schema of a major takes away from readers or writers of the old one: a sentence each, with its path.

    Compared are fields, what is required, types, lists of values, limits, defaults, owners, and the order of the old
    fields, because the content hash follows it. Titles and descriptions are not.
    """
    return list(dict.fromkeys(_compare(old, new, _Pair(old, new), "", frozenset())))


class _Pair:
    """The two documents, in which references are looked up."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new

    def old(self, schema: Schema) -> Schema:
        return _resolved(self._old, schema)

    def new(self, schema: Schema) -> Schema:
        return _resolved(self._new, schema)


def _resolved(document: Schema, schema: Schema) -> Schema:
    """A schema with its reference followed; what stands beside the reference holds as well."""
    if "$ref" not in schema:
        return schema
    target: Any = document
    for step in str(schema["$ref"]).removeprefix("#/").split("/"):
        target = target[step]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**_resolved(document, target), **beside}


def _compare(old: Schema, new: Schema, pair: _Pair, path: str, above: frozenset[tuple[str, str]]) -> Iterator[str]:
    names = (str(old.get("$ref", "")), str(new.get("$ref", "")))
    if names != ("", ""):
        if names in above:  # a package in a package: compared already
            return
        above |= {names}
    old, new = pair.old(old), pair.new(new)
    where = path or "the event"
    if "default" in old and old["default"] != new.get("default"):
        yield f"{where}: the default was {old['default']!r} and is {new.get('default')!r}"
    if "x-owner" in old and old["x-owner"] != new.get("x-owner"):
        yield f"{where}: the owner was {old['x-owner']} and is {new.get('x-owner')}"
    gone = [value for value in old.get("x-values", ()) if value not in new.get("x-values", ())]
    if gone:
        yield f"{where}: no longer a known value: {', '.join(map(str, gone))}"
    kinds = [pair.new(one) for one in _alternatives(new)]
    for one in _alternatives(old):
        resolved = pair.old(one)
        like = [raw for raw, kind in zip(_alternatives(new), kinds, strict=True) if _type(kind) == _type(resolved)]
        if not like:
            yield f"{where}: was {_type(resolved)} and is {' or '.join(map(_type, kinds))}"
            continue
        # Of several of one type the one that fits best is the one that is meant.
        yield from min((list(_same_type(one, other, pair, path, above)) for other in like), key=len)


def _alternatives(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf", (schema,)))


def _type(schema: Schema) -> str:
    if "type" in schema:
        return f"{schema['type']}" + (f" ({schema['format']})" if "format" in schema else "")
    return "one of some values" if "enum" in schema or "const" in schema else "anything"


def _same_type(old: Schema, new: Schema, pair: _Pair, path: str, above: frozenset[tuple[str, str]]) -> Iterator[str]:
    names = (str(old.get("$ref", "")), str(new.get("$ref", "")))
    if names != ("", ""):
        if names in above:
            return
        above |= {names}
    old, new = pair.old(old), pair.new(new)
    yield from _limits(old, new, path or "the event")
    if "items" in old or "items" in new:
        yield from _compare(old.get("items", {}), new.get("items", {}), pair, f"{path}[]", above)
    if "properties" in old or "properties" in new:
        yield from _fields(old, new, pair, path, above)


def _limits(old: Schema, new: Schema, where: str) -> Iterator[str]:
    before, after = _values(old), _values(new)
    if after is not None and (before is None or not set(before) <= set(after)):
        lost = ", ".join(sorted(set(before or ()) - set(after))) or "all other values"
        yield f"{where}: no longer allowed: {lost}"
    for key in _LOWER_IS_NARROWER:
        if key in new and (key not in old or new[key] < old[key]):
            yield f"{where}: {key} was {old.get(key, 'open')} and is {new[key]}"
    for key in _HIGHER_IS_NARROWER:
        if key in new and (key not in old or new[key] > old[key]):
            yield f"{where}: {key} was {old.get(key, 'open')} and is {new[key]}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{where}: another pattern"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{where}: further fields were allowed"


def _values(schema: Schema) -> list[str] | None:
    if "const" in schema:
        return [str(schema["const"])]
    return [str(value) for value in schema["enum"]] if "enum" in schema else None


def _fields(old: Schema, new: Schema, pair: _Pair, path: str, above: frozenset[tuple[str, str]]) -> Iterator[str]:
    before: Schema = old.get("properties", {})
    after: Schema = new.get("properties", {})
    required = set(old.get("required", ()))
    for name, field in before.items():
        place = f"{path}.{name}" if path else name
        if name not in after:
            yield f"{place}: removed"
        else:
            yield from _compare(field, after[name], pair, place, above)
    for name in new.get("required", ()):
        if name not in required:
            yield f"{path + '.' if path else ''}{name}: required now"
    for name in required.intersection(after) - set(new.get("required", ())):
        yield f"{path + '.' if path else ''}{name}: may be absent now"
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield f"{path or 'the event'}: its fields stand in another order"
