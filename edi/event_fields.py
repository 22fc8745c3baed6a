"""What a path of a map or check means in the model of an event: its kind, the lists on its way, what is required.

Not here: reading or writing values. Rule protected: a map can name only what the event has; a misspelt field is found
when the map is loaded.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from edi.documents.owners import Owner
from edi.documents.types import Code, Data, Id, Moment, Scheme

Kind: TypeAlias = Literal["text", "decimal", "integer", "date", "boolean", "code", "id", "object"]
SCHEMES: tuple[str, ...] = get_args(Scheme)
_MOMENT = list(get_args(Moment)[1:])


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model. `many`: a list of this kind. `model` is set for objects; `required` has no default."""

    kind: Kind
    many: bool
    required: bool
    model: type[Data] | None = None


class UnknownField(ValueError):
    """A path that the event does not have. The text names the step and the nearest field."""


@functools.cache
def fields(model: type[Data]) -> dict[str, Field]:
    """The fields of a model, in their order."""
    return {name: _field(info.annotation, info.is_required()) for name, info in model.model_fields.items()}


def resolve(model: type[Data], path: Sequence[str]) -> list[Field]:
    """The field at every step of a path. A list may be crossed; `ids` may be followed by a scheme.

    Raises UnknownField.
    """
    found: list[Field] = []
    here: type[Data] | None = model
    for number, step in enumerate(path):
        if found and found[-1].kind == "id" and step in SCHEMES:
            found.append(Field("text", False, False))
            here = None
            continue
        known = fields(here) if here is not None else {}
        if step not in known:
            near = difflib.get_close_matches(step, known or SCHEMES, n=1)
            where = ".".join(path[:number]) or "the event"
            raise UnknownField(f"{where} has no field {step!r}" + (f", did you mean {near[0]!r}?" if near else ""))
        found.append(known[step])
        here = known[step].model
    return found


def deep_field(field: Field, name: str) -> Field:
    """The list of a name at any depth below a field. Raises UnknownField."""
    open_ = [field.model] if field.model is not None else []
    seen: list[type[Data]] = []
    while open_:
        model = open_.pop()
        seen.append(model)
        known = fields(model)
        if name in known and known[name].many:
            return known[name]
        open_ += [inner.model for inner in known.values() if inner.model is not None and inner.model not in seen]
    raise UnknownField(f"there is no list {name!r} below")


def skeleton(model: type[Data]) -> dict[str, Any]:
    """What an item of this model holds before anything is read: its required objects and lists that may be empty."""
    made: dict[str, Any] = {}
    for name, field in fields(model).items():
        if not field.required:
            continue
        if field.many:
            made[name] = []
        elif field.kind == "object" and field.model is not None and not _needs(field.model):
            made[name] = skeleton(field.model)
    return made


def leaves(model: type[Data], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Every field that holds a value, with its path; lists are crossed, `ids` stands for all its schemes.

    An object inside an object of its own kind (a package in a package) is not followed.
    """
    for name, field in fields(model).items():
        if field.kind == "object" and field.model is not None:
            if field.model is not model:
                yield from leaves(field.model, (*prefix, name))
        else:
            yield (*prefix, name), field


def is_moment(model: type[Data], name: str) -> bool:
    """Is the field a day that may have a time?"""
    info = model.model_fields[name]
    return Moment in (info.annotation, *get_args(info.annotation)) or info.metadata == _MOMENT


def owner_of(model: type[Data], path: Sequence[str]) -> Owner:
    """The owner of a field of an event: what the innermost marked field on the way to it says, else the event's.

    Raises UnknownField.
    """
    owner = _owner(model.model_config.get("json_schema_extra"))
    here: type[Data] | None = model
    for step, field in zip(path, resolve(model, path), strict=True):
        info = here.model_fields.get(step) if here is not None else None
        owner = _owner(info.json_schema_extra if info else None) or owner
        here = field.model
    return owner or "gateway"


def meanings_of(model: type[Data], path: Sequence[str]) -> tuple[str, ...]:
    """The values an open list is known to have; nothing where there is no list. Raises UnknownField."""
    *above, _ = (model, *(field.model for field in resolve(model, path)))
    holder = above[-1]
    extra = holder.model_fields[path[-1]].json_schema_extra if holder and path[-1] in holder.model_fields else None
    return tuple(map(str, extra.get("x-values", ()))) if isinstance(extra, dict) else ()  # type: ignore[arg-type]


def _owner(extra: Any) -> Owner | None:
    return extra.get("x-owner") if isinstance(extra, dict) else None


def _needs(model: type[Data]) -> bool:
    """Does an item of the model need a value from the wire?"""
    return any(f.required and not f.many and not (f.model and not _needs(f.model)) for f in fields(model).values())


def _field(annotation: Any, required: bool) -> Field:
    kind = _bare(annotation)
    many = get_origin(kind) is tuple
    if many:
        kind = _bare(get_args(kind)[0])
    if get_origin(kind) is Literal:
        kind = str
    if isinstance(kind, type) and issubclass(kind, Data):
        if kind is Code:
            return Field("code", many, required)
        if kind is Id:
            return Field("id", many, required)
        return Field("object", many, required, kind)
    names: dict[Any, Kind] = {str: "text", Decimal: "decimal", int: "integer", dt.date: "date", bool: "boolean"}
    return Field(names[kind], many, required)


def _bare(annotation: Any) -> Any:
    """Without Annotated and without `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation
