"""An expression of a check as a sentence for people who never see a map.

Not here: evaluating it (edi/expressions.py). Rule protected: the sentence is made from the expression itself, token by
token, so that a guide says what the check tests; what has no words of its own is shown as it stands.
"""

from __future__ import annotations

import re

from edi.expression_tokens import Tokens

_NAMES = {
    "ids.gtin": "GTIN",
    "ids.gln": "GLN",
    "ids.duns": "D-U-N-S number",
    "ids.vat": "VAT number",
    "ids.buyer": "number given by the buyer",
    "ids.supplier": "number given by the supplier",
    "ids.manufacturer": "number given by the manufacturer",
    "uom": "unit",
    "ordered": "ordered quantity",
    "shipped": "shipped quantity",
    "invoiced": "invoiced quantity",
    "ssccs": "SSCC",
    "po": "order",
}
_SILENT = ("value", "on", "root")  # steps that say nothing to a reader: `quantity.value` is the quantity
_COMPARE = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_CALCULATE = {"+": "+", "-": "−", "*": "×", "/": "÷"}
_CALLS = {
    "sum": "the sum of {0}",
    "min": "the smallest {0}",
    "max": "the largest {0}",
    "count": "the number of {0}s",
    "first": "the first {0}",
    "last": "the last {0}",
    "abs": "the amount of {0}",
    "round": "{0} rounded to {1} decimals",
    "length": "the length of {0}",
    "days_between": "the days between {0} and {1}",
    "unique": "no {0} occurs twice",
    "any": "one {0} holds",
    "all": "every {0} holds",
    "valid_gtin": "the check digit of {0} is right",
    "valid_gln": "the check digit of {0} is right",
    "valid_sscc": "the check digit of {0} is right",
    "starts_with": "{0} starts with {1}",
    "coalesce": "{0} (or else {1})",
    "if": "{1} if {0}, else {2}",
}


def path_in_words(path: str) -> str:
    """`lines.responses.date.on` as `line response date`, `item.ids.gtin` as `item GTIN`."""
    text = path.rpartition("/**/")[2].removeprefix("root.")
    for name, words in _NAMES.items():
        text = re.sub(rf"(^|\.){re.escape(name)}(?=\.|$)", rf"\1{words.replace(' ', '_')}", text)
    steps = [step for step in text.split(".") if step not in _SILENT] or [text]
    return " ".join(_singular(step).replace("_", " ") for step in steps)


def in_words(text: str) -> str:
    """The expression as words: `sum(a.value) <= b * 1.05` as `the sum of a is at most b × 1.05`."""
    words = _Words(text)
    said = words.either()
    return said if not words.kind else text


def _singular(step: str) -> str:
    if step.endswith("ies"):
        return step[:-3] + "y"
    return step[:-1] if step.endswith("s") and not step.endswith(("ss", "us", "is")) else step


class _Words(Tokens):
    """Recursive descent over the tokens; every rule returns the words of its part."""

    def either(self) -> str:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return ", or ".join(parts)

    def both(self) -> str:
        parts = [self.negated()]
        while self.take("and"):
            parts.append(self.negated())
        return " and ".join(parts)

    def negated(self) -> str:
        return f"it is not so that {self.compared()}" if self.take("not") else self.compared()

    def compared(self) -> str:
        left = self.summed()
        if self.kind == "op" and self.word in _COMPARE:
            return f"{left} {_COMPARE[self.next()]} {self.summed()}"
        if self.take("is"):
            negated = self.take("not")
            there = (self.next() == "present") is not negated
            return f"{left} is {'there' if there else 'missing'}"
        negated = self.take("not")
        if self.take("in"):
            return f"{left} is {'not ' if negated else ''}{self.summed()}"
        return left

    def summed(self) -> str:
        left = self.multiplied()
        while self.kind == "op" and self.word in ("+", "-"):
            left = f"{left} {_CALCULATE[self.next()]} {self.multiplied()}"
        return left

    def multiplied(self) -> str:
        left = self.signed()
        while self.kind == "op" and self.word in ("*", "/"):
            left = f"{left} {_CALCULATE[self.next()]} {self.signed()}"
        return left

    def signed(self) -> str:
        return f"−{self.atom()}" if self.take("-") else self.atom()

    def atom(self) -> str:
        if self.take("("):
            inner = self.either()
            self.take(")")
            return f"({inner})"
        if self.take("["):
            return " or ".join(self._arguments("]"))
        if self.kind in ("number", "string"):
            return self.next().strip('"').replace("_", " ")
        name = self.next()
        if self.take("("):
            parts = self._arguments(")")
            form = _CALLS.get(name)
            if form is None or form.count("{") > len(parts):
                return f"{name}({', '.join(parts)})"
            return form.format(*parts)
        return "it" if name == "it" else path_in_words(name)

    def _arguments(self, end: str) -> list[str]:
        found: list[str] = []
        while self.kind and not self.take(end):
            if found:
                self.take(",")
            found.append(self.either())
        return found
