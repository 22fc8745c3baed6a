"""The small expression language of checks: text -> a function over an event's data.

Not here: its functions (edi/expression_functions.py), what a check does (edi/mapping_checks.py). Rules protected: an
expression can only look; it has no loops, assignment, attributes or regular expressions, and limits on everything. A
comparison with a missing value is neither true nor false.

    expr = or;  or = and {"or" and};  and = not {"and" not};  not = ["not"] cmp
    cmp  = sum [op sum | ["not"] "in" list | "is" ["not"] ("present"|"missing")]
    sum  = prod {("+"|"-") prod};  prod = unary {("*"|"/") unary};  unary = ["-"] atom
    atom = number | string | true | false | list | path | path/**/name | it | name(...) | "(" expr ")"

Data are plain dicts of canonical texts, as edi.documents models dump them in JSON mode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from edi.documents.types import Data
from edi.event_fields import Field, UnknownField, resolve
from edi.expression_functions import FUNCTIONS, LAZY, LONGEST_TEXT, MISSING, Unusable, Value, show
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


class BadExpression(ValueError):
    """An expression that cannot be used: the text says where and why."""

    code = "check.bad_expression"


class UnknownPath(BadExpression):
    """A path that the event does not have."""

    code = "check.unknown_path"


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<string>"[^"\n]*")
    |(?P<path>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?:/\*\*/[A-Za-z_][A-Za-z0-9_]*)?)
    |(?P<op>!=|<=|>=|[=<>+\-*/()\[\],]))""",
    re.VERBOSE,
)
_WORDS = frozenset({"or", "and", "not", "in", "is", "present", "missing", "true", "false", "it"})


def compile_expression(
    text: str,
    model: type[Data],
    item: type[Data] | Field | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
) -> Evaluate:
    """The function of an expression over events of `model`; `item` is what `each` gives (default: the event itself).

    Raises BadExpression. The function raises Unusable when it cannot be evaluated; MISSING is no answer.
    """
    parser = _Parser(text, model, item if item is not None else model, tables or {})
    found = parser.expression()
    if parser.kind:
        raise BadExpression(f"{parser.word!r} is not expected in {text!r}")
    return found


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


class Tokens:
    """The tokens of an expression, one after the other: `kind` and `word` are those of the current one."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.kind = self.word = ""
        self.next()

    def next(self) -> str:
        """Step to the next token; returns the one that was current."""
        before = self.word
        rest = self.text[self.at :]
        match = _TOKEN.match(rest)
        if match is None:
            if rest.strip():
                raise BadExpression(f"{rest.strip()[:20]!r} is not understood in {self.text!r}")
            self.kind = self.word = ""
            return before
        self.at += match.end()
        self.kind = match.lastgroup or ""
        self.word = match[self.kind]
        return before

    def take(self, *words: str) -> bool:
        if self.word in words and self.kind in ("op", "path"):
            self.next()
            return True
        return False


class _Parser(Tokens):
    """Recursive descent over the tokens; every rule returns the function that evaluates it."""

    def __init__(
        self, text: str, model: type[Data], item: type[Data] | Field, tables: Mapping[str, Mapping[str, str]]
    ) -> None:
        super().__init__(text)
        self.model, self.item, self.tables = model, item, tables
        self.nodes = self.depth = 0

    def need(self, word: str) -> None:
        if not self.take(word):
            raise BadExpression(f"{word!r} is missing before {self.word or 'the end'!r} in {self.text!r}")

    def node(self, evaluate: Evaluate) -> Evaluate:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise BadExpression(f"an expression has at most {MOST_NODES} parts")
        return evaluate

    def expression(self) -> Evaluate:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise BadExpression(f"an expression is at most {MOST_DEPTH} levels deep")
        found = self.either()
        self.depth -= 1
        return found

    def either(self) -> Evaluate:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else self.node(lambda scope: logic(parts, scope, True))

    def both(self) -> Evaluate:
        parts = [self.negated()]
        while self.take("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else self.node(lambda scope: logic(parts, scope, False))

    def negated(self) -> Evaluate:
        if not self.take("not"):
            return self.compared()
        inner = self.compared()

        def evaluate(scope: Scope) -> Value:
            value = truth(inner(scope))
            return MISSING if value is MISSING else not value

        return self.node(evaluate)

    def compared(self) -> Evaluate:
        left = self.summed()
        if self.kind == "op" and self.word in ("=", "!=", "<", "<=", ">", ">="):
            sign = self.next()
            right = self.summed()
            return self.node(lambda scope: compare(sign, left(scope), right(scope)))
        if self.take("is"):
            want = not self.take("not")
            if self.take("missing"):
                want = not want
            else:
                self.need("present")
            return self.node(lambda scope: present(left(scope)) is want)
        negated = self.take("not")
        if self.take("in"):
            choices = self.summed()
            return self.node(lambda scope: within(left(scope), choices(scope), negated))
        if negated:
            raise BadExpression(f"'in' is missing after 'not' in {self.text!r}")
        return left

    def summed(self) -> Evaluate:
        left = self.multiplied()
        while self.kind == "op" and self.word in ("+", "-"):
            left = self._arithmetic(self.next(), left, self.multiplied())
        return left

    def multiplied(self) -> Evaluate:
        left = self.signed()
        while self.kind == "op" and self.word in ("*", "/"):
            left = self._arithmetic(self.next(), left, self.signed())
        return left

    def _arithmetic(self, sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
        return self.node(lambda scope: calculate(sign, left(scope), right(scope)))

    def signed(self) -> Evaluate:
        if not self.take("-"):
            return self.atom()
        inner = self.atom()
        return self.node(lambda scope: calculate("-", Decimal(0), inner(scope)))

    def atom(self) -> Evaluate:
        if self.take("("):
            found = self.expression()
            self.need(")")
            return found
        if self.kind == "op" and self.word == "[":
            return self.node(self._list())
        if self.kind == "number":
            amount = Decimal(self.next())
            return self.node(lambda scope: amount)
        if self.kind == "string":
            word = self.next()[1:-1]
            return self.node(lambda scope: word)
        if self.kind != "path":
            raise BadExpression(f"a value is missing before {self.word or 'the end'!r} in {self.text!r}")
        name = self.next()
        if name in ("true", "false"):
            return self.node(lambda scope: name == "true")
        if self.kind == "op" and self.word == "(":
            return self.node(self._call(name))
        if name == "it":
            return self.node(self._it())
        if name in _WORDS:
            raise BadExpression(f"{name!r} is not a value in {self.text!r}")
        return self.node(self._path(name))

    def _arguments(self, end: str) -> list[Evaluate]:
        found: list[Evaluate] = []
        while not self.take(end):
            if found:
                self.need(",")
            found.append(self.expression())
        return found

    def _list(self) -> Evaluate:
        self.need("[")
        parts = self._arguments("]")
        return lambda scope: [part(scope) for part in parts]

    def _call(self, name: str) -> Evaluate:
        self.need("(")
        if name == "lookup":
            return self._lookup()
        parts = self._arguments(")")
        fewest, most = LAZY[name] if name in LAZY else FUNCTIONS[name][:2] if name in FUNCTIONS else (-1, -1)
        if most < 0:
            raise BadExpression(f"there is no function {name!r}")
        if not fewest <= len(parts) <= most:
            raise BadExpression(f"{name} takes {fewest if fewest == most else f'{fewest} to {most}'} values")
        if name == "if":
            test, then, other = parts
            return lambda scope: then(scope) if truth(test(scope)) is True else other(scope)
        if name == "coalesce":
            return lambda scope: next((v for part in parts if (v := part(scope)) is not MISSING), MISSING)
        function = FUNCTIONS[name][2]
        keeps = name == "concat"  # the only function to which a missing value is an empty text

        def evaluate(scope: Scope) -> Value:
            values = [part(scope) for part in parts]
            if not keeps and any(value is MISSING for value in values):
                return MISSING
            return function(*values)

        return evaluate

    def _lookup(self) -> Evaluate:
        name = self.next()
        if name not in self.tables:
            raise BadExpression(f"there is no table {name!r}")
        self.need(",")
        inner = self.expression()
        self.need(")")
        table = self.tables[name]

        def evaluate(scope: Scope) -> Value:
            value = inner(scope)
            return MISSING if value is MISSING else table.get(show(value), MISSING)

        return evaluate

    def _it(self) -> Evaluate:
        if not isinstance(self.item, Field):
            raise BadExpression("'it' needs an each over plain values")
        kind = self.item.kind
        return lambda scope: leaf(scope.item, kind)

    def _path(self, text: str) -> Evaluate:
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

            return gather
        kind, many = along[-1].kind, along[-1].many

        def evaluate(scope: Scope) -> Value:
            value = walk(scope.root if from_root else scope.item, steps)
            return [] if many and value is MISSING else leaves(value, kind)

        return evaluate
