"""The small expression language of checks: text -> a function over an event's data.

Not here: its words (edi/expression_tokens.py), types (edi/expression_types.py) and functions
(edi/expression_functions.py), what a check does (edi/mapping_checks.py). Rules protected: an
expression can only look; it has no loops, assignment, attributes or regular expressions, and limits on everything. A
comparison with a missing value is neither true nor false.

    expr = or;  or = and {"or" and};  and = not {"and" not};  not = ["not"] cmp
    cmp  = sum [op sum | ["not"] "in" list | "is" ["not"] ("present"|"missing")]
    sum  = prod {("+"|"-") prod};  prod = unary {("*"|"/") unary};  unary = ["-"] atom
    atom = number | string | true | false | list | path | path/**/name | it | name(...) | "(" expr ")"

Data are plain dicts of canonical texts, as edi.documents models dump them in JSON mode.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from edi.documents.types import Data
from edi.event_fields import Field, UnknownField, resolve
from edi.expression_functions import FUNCTIONS, LAZY, LONGEST_TEXT, MISSING, Unusable, Value, show
from edi.expression_tokens import BadExpression, Tokens, UnknownPath
from edi.expression_types import (
    ANY,
    NUMBER,
    TEXT,
    TRUTH,
    Said,
    Type,
    called,
    common,
    compared,
    listed,
    looked_for,
    must_be,
    name_of,
    type_of,
)
from edi.expression_values import (
    calculate,
    collect,
    compare,
    deep_kind,
    leaf,
    leaves,
    logic,
    present,
    truth,
    walk,
    within,
)

MOST_NODES = 500
MOST_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Scope:
    """What paths are relative to: the current item of `each`, and the whole event."""

    item: Any
    root: Mapping[str, Any]


Evaluate: TypeAlias = Callable[[Scope], Value]


_WORDS = frozenset({"or", "and", "not", "in", "is", "present", "missing", "true", "false", "it"})


def compile_expression(
    text: str,
    model: type[Data],
    item: type[Data] | Field | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
    gives: Type = ANY,
) -> Evaluate:
    """The function of an expression over events of `model`; `item` is what `each` gives (default: the event itself),
    `gives` what it must be.

    Raises BadExpression. The function raises Unusable when it cannot be evaluated; MISSING is no answer.
    """
    parser = _Parser(text, model, item if item is not None else model, tables or {})
    found = parser.expression()
    if parser.kind:
        raise BadExpression(f"{parser.word!r} is not expected in {text!r}")
    must_be(found, gives, "this is to give")
    return found.evaluate


def compile_template(
    text: str,
    model: type[Data],
    item: type[Data] | Field | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
) -> Callable[[Scope], str]:
    """A text with expressions in braces. Raises BadExpression."""
    parts: list[str | Evaluate] = []
    for number_, part in enumerate(re.split(r"\{([^{}]*)\}", text)):
        parts.append(compile_expression(part, model, item, tables) if number_ % 2 else part)

    def say(scope: Scope) -> str:
        words = []
        for part in parts:
            try:
                words.append(part if isinstance(part, str) else show(part(scope)))
            except Unusable:
                words.append("?")
        return "".join(words)[:LONGEST_TEXT]

    return say


@dataclass(frozen=True, slots=True)
class _Part(Said):
    """A part of an expression with the function that evaluates it."""

    evaluate: Evaluate


class _Parser(Tokens):
    """Recursive descent over the tokens; every rule returns the part it found."""

    def __init__(
        self, text: str, model: type[Data], item: type[Data] | Field, tables: Mapping[str, Mapping[str, str]]
    ) -> None:
        super().__init__(text)
        self.model, self.item, self.tables = model, item, tables
        self.nodes = self.depth = 0

    def need(self, word: str) -> None:
        if not self.take(word):
            raise BadExpression(f"{word!r} is missing before {self.word or 'the end'!r} in {self.text!r}")

    def part(self, begins: int, type_: Type, evaluate: Evaluate) -> _Part:
        """What was read since `begins`."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise BadExpression(f"an expression has at most {MOST_NODES} parts")
        return _Part(type_, self.text[begins : self.ended], evaluate)

    def expression(self) -> _Part:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise BadExpression(f"an expression is at most {MOST_DEPTH} levels deep")
        found = self.either()
        self.depth -= 1
        return found

    def either(self) -> _Part:
        return self._joined("or", self.both)

    def both(self) -> _Part:
        return self._joined("and", self.negated)

    def _joined(self, word: str, rule: Callable[[], _Part]) -> _Part:
        begins, parts = self.begins, [rule()]
        while self.take(word):
            parts.append(rule())
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            must_be(part, TRUTH, f"{word} joins what is")
        steps = [part.evaluate for part in parts]
        return self.part(begins, TRUTH, lambda scope: logic(steps, scope, word == "or"))

    def negated(self) -> _Part:
        begins = self.begins
        if not self.take("not"):
            return self.compared()
        part = self.compared()
        must_be(part, TRUTH, "after not comes what is")
        inner = part.evaluate

        def evaluate(scope: Scope) -> Value:
            value = truth(inner(scope))
            return MISSING if value is MISSING else not value

        return self.part(begins, TRUTH, evaluate)

    def compared(self) -> _Part:
        begins, found = self.begins, self.summed()
        left = found.evaluate
        if self.kind == "op" and self.word in ("=", "!=", "<", "<=", ">", ">="):
            sign, other = self.next(), self.summed()
            compared(sign, found, other)
            right = other.evaluate
            return self.part(begins, TRUTH, lambda scope: compare(sign, left(scope), right(scope)))
        if self.take("is"):
            want = not self.take("not")
            if self.take("missing"):
                want = not want
            else:
                self.need("present")
            return self.part(begins, TRUTH, lambda scope: present(left(scope)) is want)
        negated = self.take("not")
        if self.take("in"):
            other = self.summed()
            looked_for(found, other)
            choices = other.evaluate
            return self.part(begins, TRUTH, lambda scope: within(left(scope), choices(scope), negated))
        if negated:
            raise BadExpression(f"'in' is missing after 'not' in {self.text!r}")
        return found

    def summed(self) -> _Part:
        return self._calculated(("+", "-"), self.multiplied)

    def multiplied(self) -> _Part:
        return self._calculated(("*", "/"), self.signed)

    def _calculated(self, signs: tuple[str, str], rule: Callable[[], _Part]) -> _Part:
        begins, found = self.begins, rule()
        while self.kind == "op" and self.word in signs:
            sign = self.next()
            found = self._arithmetic(begins, sign, found, rule())
        return found

    def _arithmetic(self, begins: int, sign: str, one: _Part, other: _Part) -> _Part:
        for part in (one, other):
            must_be(part, NUMBER, f"{sign} takes")
        left, right = one.evaluate, other.evaluate
        return self.part(begins, NUMBER, lambda scope: calculate(sign, left(scope), right(scope)))

    def signed(self) -> _Part:
        begins = self.begins
        if not self.take("-"):
            return self.atom()
        part = self.atom()
        must_be(part, NUMBER, "- takes")
        inner = part.evaluate
        return self.part(begins, NUMBER, lambda scope: calculate("-", Decimal(0), inner(scope)))

    def atom(self) -> _Part:
        begins = self.begins
        if self.take("("):
            found = self.expression()
            self.need(")")
            return _Part(found.type, self.text[begins : self.ended], found.evaluate)
        if self.take("["):
            parts = self._arguments("]")
            steps = [part.evaluate for part in parts]
            return self.part(begins, listed(parts), lambda scope: [step(scope) for step in steps])
        if self.kind == "number":
            amount = Decimal(self.next())
            return self.part(begins, NUMBER, lambda scope: amount)
        if self.kind == "string":
            word = self.next()[1:-1]
            return self.part(begins, TEXT, lambda scope: word)
        if self.kind != "path":
            raise BadExpression(f"a value is missing before {self.word or 'the end'!r} in {self.text!r}")
        name = self.next()
        if name in ("true", "false"):
            return self.part(begins, TRUTH, lambda scope: name == "true")
        if self.take("("):
            type_, evaluate = self._lookup() if name == "lookup" else self._call(name, self._arguments(")"))
        elif name == "it":
            type_, evaluate = self._it()
        elif name in _WORDS:
            raise BadExpression(f"{name!r} is not a value in {self.text!r}")
        else:
            type_, evaluate = self._path(name)
        return self.part(begins, type_, evaluate)

    def _arguments(self, end: str) -> list[_Part]:
        found: list[_Part] = []
        while not self.take(end):
            if found:
                self.need(",")
            found.append(self.expression())
        return found

    def _call(self, name: str, parts: list[_Part]) -> tuple[Type, Evaluate]:
        if name not in FUNCTIONS and name not in LAZY:
            near = difflib.get_close_matches(name, (*FUNCTIONS, *LAZY), n=1)
            raise BadExpression(f"there is no function {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
        fewest, most = LAZY[name] if name in LAZY else FUNCTIONS[name][:2]
        if not fewest <= len(parts) <= most:
            wanted = f"{fewest if fewest == most else f'{fewest} to {most}'} value{'s' if most > 1 else ''}"
            raise BadExpression(f"{name} takes {wanted}, not {len(parts)}, in {self.text!r}")
        steps = [part.evaluate for part in parts]
        if name == "if":
            must_be(parts[0], TRUTH, "if begins with what is")
            test, then, other = steps
            chosen = common([part.type for part in parts[1:]])
            return chosen, lambda scope: then(scope) if truth(test(scope)) is True else other(scope)
        if name == "coalesce":
            chosen = common([part.type for part in parts])
            return chosen, lambda scope: next((v for step in steps if (v := step(scope)) is not MISSING), MISSING)
        function = FUNCTIONS[name][2]
        keeps = name == "concat"  # the only function to which a missing value is an empty text

        def evaluate(scope: Scope) -> Value:
            values = [step(scope) for step in steps]
            if not keeps and any(value is MISSING for value in values):
                return MISSING
            return function(*values)

        return called(name, parts), evaluate

    def _lookup(self) -> tuple[Type, Evaluate]:
        name = self.next()
        if name not in self.tables:
            near = difflib.get_close_matches(name, self.tables, n=1)
            raise BadExpression(f"there is no table {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
        self.need(",")
        inner = self.expression().evaluate
        self.need(")")
        table = self.tables[name]

        def evaluate(scope: Scope) -> Value:
            value = inner(scope)
            return MISSING if value is MISSING else table.get(show(value), MISSING)

        return TEXT, evaluate

    def _it(self) -> tuple[Type, Evaluate]:
        if not isinstance(self.item, Field):
            raise BadExpression("'it' needs an each over plain values")
        kind = self.item.kind
        return Type(name_of(kind)), lambda scope: leaf(scope.item, kind)

    def _path(self, text: str) -> tuple[Type, Evaluate]:
        text, _, deep = text.partition("/**/")
        steps = text.split(".")
        from_root = steps[0] == "root"
        if from_root:
            steps = steps[1:]
        model = self.model if from_root else self.item
        if isinstance(model, Field):
            raise BadExpression(f"{text!r}: the items of each have no fields, use it")
        try:
            along = resolve(model, steps)
        except UnknownField as error:
            raise UnknownPath(str(error)) from None
        if deep:
            if along[-1].model is None:
                raise BadExpression(f"{text!r} has nothing below it")
            try:
                kind = deep_kind(along[-1].model, deep)
            except UnknownField as error:
                raise UnknownPath(str(error)) from None

            def gather(scope: Scope) -> Value:
                found: list[Value] = []
                collect(walk(scope.root if from_root else scope.item, steps), deep, found)
                return [leaf(item, kind) for item in found]

            return Type(name_of(kind), True), gather
        kind, many = along[-1].kind, along[-1].many

        def evaluate(scope: Scope) -> Value:
            value = walk(scope.root if from_root else scope.item, steps)
            return [] if many and value is MISSING else leaves(value, kind)

        return type_of(along), evaluate
