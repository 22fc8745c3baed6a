"""Search domains: prefix notation, dotted paths, the operators the connector uses.

A domain is judged record by record in memory; there is no index and no SQL. The rule kept: a condition on an unknown
field is an error with Odoo's text, never silently true or false.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from gateway.sandbox.odoo.errors import InvalidValue
from gateway.sandbox.odoo.fields import Field

if TYPE_CHECKING:
    from gateway.sandbox.odoo.session import Session

Test: TypeAlias = Callable[[int], bool]
OPERATORS = frozenset(
    {
        "=",
        "!=",
        "in",
        "not in",
        "like",
        "ilike",
        "not like",
        "not ilike",
        "=like",
        "=ilike",
        "child_of",
        ">",
        ">=",
        "<",
        "<=",
    }
)


def compile_domain(session: Session, model: str, domain: list[Any]) -> Test:
    """The test of a record id. Conditions that stand side by side without an operator are joined by `&`."""
    stack: list[Test] = []
    for item in reversed(domain):
        if isinstance(item, str):
            if item not in "&|!" or len(item) != 1 or len(stack) < (1 if item == "!" else 2):
                raise InvalidValue(f"Domain() invalid item in domain: {item!r}")
            stack.append(_negation(stack.pop()) if item == "!" else _pair(item, stack.pop(), stack.pop()))
        else:
            stack.append(_condition(session, model, item))
    tests = tuple(reversed(stack))
    return lambda record: all(test(record) for test in tests)


def mentions(domain: list[Any], name: str) -> bool:
    """Whether a condition of the domain is on this very field."""
    return any(isinstance(item, (list, tuple)) and len(item) == 3 and item[0] == name for item in domain)


def _negation(test: Test) -> Test:
    return lambda record: not test(record)


def _pair(operator: str, left: Test, right: Test) -> Test:
    if operator == "&":
        return lambda record: left(record) and right(record)
    return lambda record: left(record) or right(record)


def _condition(session: Session, model: str, item: Any) -> Test:
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        raise InvalidValue(f"Domain() invalid item in domain: {item!r}")
    path, operator, wanted = item
    # (1, '=', 1) and (0, '=', 1) are Odoo's always and never.
    if path in (0, 1) and operator == "=" and wanted == 1:
        return lambda record: path == 1
    if not isinstance(path, str) or operator not in OPERATORS:
        raise InvalidValue(f"Invalid leaf {tuple(item)!r}")
    field = _field_at(session, model, path, tuple(item))
    match = _match(session, field, model, operator, wanted)
    negative = operator in ("!=", "not in", "not like", "not ilike")

    def test(record: int) -> bool:
        found = any(match(value) for value in _values(session, model, record, path.split(".")))
        return not found if negative else found

    return test


def _field_at(session: Session, model: str, path: str, item: tuple[Any, ...]) -> Field | None:
    """The last field of a path; None for `id`."""
    field: Field | None = None
    for step in path.split("."):
        if field is not None:
            model = field.relation
        fields = session.store.model(model).fields if model else {}
        if step not in fields:
            word = "condition" if session.store.version >= 19 else "leaf"
            raise InvalidValue(f"Invalid field {model or path}.{step} in {word} {item!r}")
        field = fields[step]
    return field


def _values(session: Session, model: str, record: int, steps: list[str]) -> list[Any]:
    """Every value a path reaches; an empty relation gives False once, as an outer join would."""
    if steps[0] == "id":
        return [record]
    field = session.store.model(model).fields[steps[0]]
    value = session.value(model, record, steps[0])
    reached = (value or [False]) if field.many else [value]
    if len(steps) == 1:
        return list(reached)
    return [
        deeper
        for target in reached
        for deeper in ([False] if target is False else _values(session, field.relation, target, steps[1:]))
    ]


def _match(session: Session, field: Field | None, model: str, operator: str, wanted: Any) -> Test:
    """The test of one value. A negative operator gets its positive test; the caller turns it round."""
    relation = field.relation if field else ""
    if operator == "child_of":
        return _descendants(session, relation or model, wanted).__contains__
    if operator in ("in", "not in", "=", "!="):
        members = wanted if isinstance(wanted, (list, tuple)) else [wanted]
        if relation and any(isinstance(member, str) for member in members):
            texts = {member for member in members if isinstance(member, str)}
            return lambda value: value is not False and session.display_name(relation, value) in texts
        empty = any(member is False or member is None for member in members)
        accepted = [_comparable(field, member) for member in members if member is not None and member is not False]
        return lambda value: (empty and _is_empty(value)) or _comparable(field, value) in accepted
    if "like" in operator:
        return _pattern(session, relation, operator, wanted)
    limit = _comparable(field, wanted)

    def compare(value: Any) -> bool:
        if value is False or limit is False:
            return False
        left = _comparable(field, value)
        return bool(
            left > limit
            if operator == ">"
            else left >= limit
            if operator == ">="
            else left < limit
            if operator == "<"
            else left <= limit
        )

    return compare


def _is_empty(value: Any) -> bool:
    return value is False or value is None or value == ""


def _comparable(field: Field | None, value: Any) -> Any:
    """Dates compare as texts: the store keeps microseconds, and a shorter text sorts before. A flag is no number."""
    if field and field.type in ("date", "datetime") and isinstance(value, str):
        return value.replace("T", " ")
    if field and field.type == "boolean":
        return bool(value)
    return value if not isinstance(value, bool) else ("flag", value)


def _pattern(session: Session, relation: str, operator: str, wanted: Any) -> Test:
    """`like` looks for a part, `=like` for the whole text; `%` and `_` are wild, a backslash takes that away."""
    exact = operator.startswith("=")
    source = "".join(
        ".*" if part == "%" else "." if part == "_" else re.escape(part[-1:])
        for part in re.findall(r"\\.|.", str(wanted), re.DOTALL)
    )
    flags = re.DOTALL | (re.IGNORECASE if "ilike" in operator else 0)
    pattern = re.compile(source if exact else f".*{source}.*", flags)

    def test(value: Any) -> bool:
        if value is False:
            return False
        shown = session.display_name(relation, value) if relation and isinstance(value, int) else str(value)
        return pattern.fullmatch(shown) is not None

    return test


def _descendants(session: Session, model: str, roots: Any) -> set[int]:
    """The records and all below them along parent_id."""
    found = set(roots if isinstance(roots, (list, tuple)) else [roots])
    if "parent_id" not in session.store.model(model).fields:
        return found
    while True:
        rows = session.store.rows(model)
        below = {record for record, row in rows.items() if row.get("parent_id") in found} - found
        if not below:
            return found
        found |= below
