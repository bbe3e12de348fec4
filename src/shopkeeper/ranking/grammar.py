"""The language of filters and boosts: from a text to a checked tree, or to an error that says where and what.

    choice     = test [ "if" test "else" choice ]
    test       = test "or" test | test "and" test | "not" test | comparison
    comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in" | "contains" ) sum ]
    sum        = product { ( "+" | "-" ) product }
    product    = factor { ( "*" | "/" ) factor }
    factor     = "-" factor | number | text | "true" | "false" | field | function "(" ... ")" | list | "(" choice ")"

There are no loops, no attributes and no functions but those of `FUNCTIONS`: an expression ends, and reads nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import NoReturn, cast

from shopkeeper.data.columns import FIELDS, Kind
from shopkeeper.data.facts import FACTS
from shopkeeper.kit.errors import InvalidInput

Plain = str | float | bool

LONGEST, DEEPEST = 10_000, 50
"""Characters and levels of an expression that are read."""

FUNCTIONS: Mapping[str, int] = {"missing": 1, "attribute": 1, "number": 1, "min": 2, "max": 2}
"""How many values each takes."""

_TIGHTNESS = {"or": 1, "and": 2, "contains": 4, "in": 4, "not": 4}
_TIGHTNESS |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 4) | {"+": 5, "-": 5, "*": 6, "/": 6}
_NOT, _COMPARISON, _MINUS = 3, 4, 7
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<sign>[=!<>]=|[-+*/<>()\[\],]))""",
    re.DOTALL,
)
_WORDS = ("and", "or", "not", "in", "contains", "if", "else", "true", "false")


class ExpressionError(InvalidInput):
    """An expression that cannot be read; the text says at which character, and what was expected."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of an expression: an operator with what it takes, a field, or a value that is written out."""

    op: str
    """An operator or function, else `field`, `fact`, `value` or `list`."""
    kind: Kind
    args: tuple["Node", ...] = ()
    value: Plain | tuple[Plain, ...] = False
    """Of a value or list; of a field or fact, its name."""
    at: int = field(default=0, compare=False)
    """Where it stands in the text, from 0."""
    personal: bool = field(default=False, init=False, compare=False)
    """Whether it depends on the person."""
    depth: int = field(default=0, init=False, compare=False)
    """Levels below it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "personal", self.op == "fact" or any(arg.personal for arg in self.args))
        object.__setattr__(self, "depth", 1 + max((arg.depth for arg in self.args), default=0))


Names = tuple[tuple[str, Kind], ...]
"""What an expression can ask about."""


@lru_cache(1024)
def parse(text: str, kind: Kind, names: Names | None = None) -> Node:
    """Return the tree of a text that gives a value of a kind for each product; or, with names, for what has these."""
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text):,} characters; at most {LONGEST:,} are read")
    reader = _Reader(text, names)
    node = reader.choice()
    if reader.kind:
        reader.fail("the end or an operator such as `and`")
    if node.kind is not kind:
        wanted = "a test, such as price < 50" if kind is Kind.FLAG else "a number, such as 1.5"
        raise ExpressionError(f"the whole is a {node.kind}; expected {wanted}")
    return node


class _Reader:
    """Precedence climbing over the tokens."""

    def __init__(self, text: str, names: Names | None) -> None:
        self._text, self._place, self._depth = text, 0, 0
        self._names = None if names is None else dict(names)
        self._functions = {
            name: n for name, n in FUNCTIONS.items() if names is None or name not in ("attribute", "number")
        }
        self.kind = self.word = ""
        self.at = 0
        self._next()

    def _next(self) -> str:
        """Step to the next token, and return the word of the one before."""
        before = self.word
        found = _TOKEN.match(self._text, self._place)
        if found and found.lastgroup:
            self.kind, self.word = found.lastgroup, found[found.lastgroup]
            self.at, self._place = found.start(found.lastgroup), found.end()
        elif rest := self._text[self._place :].lstrip():
            self.kind, self.word, self.at = "sign", rest[0], len(self._text) - len(rest)
            hint = "; a text ends with the quote it began with" if self.word in "\"'" else ""
            hint = "; to compare, write ==" if self.word == "=" else hint
            self.fail(f"a value or an operator{hint}")
        else:
            self.kind, self.word, self.at = "", "", len(self._text)
        return before

    def fail(self, expected: str, at: int | None = None, found: str | None = None) -> NoReturn:
        """Raise what is wrong at a place, counted from 1 for people."""
        here = found or (f"{self.word!r}" if self.kind else "the end")
        raise ExpressionError(f"character {(self.at if at is None else at) + 1}: expected {expected}, found {here}")

    def _take(self, word: str) -> None:
        if self.word != word or self.kind == "text":
            self.fail(f"{word!r}")
        self._next()

    def choice(self) -> Node:
        """Read `a if test else b`, or what is simpler."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(f"at most {DEEPEST} levels")
        node = self._binary(1)
        if self._is("if"):
            at = self.at
            self._next()
            test = self._binary(1)
            self._take("else")
            other = self.choice()
            self._must(test, Kind.FLAG)
            if node.kind is not other.kind or node.kind not in (Kind.NUMBER, Kind.FLAG):
                self.fail("two numbers or two tests around `if`", at, f"a {node.kind} and a {other.kind}")
            node = Node("if", node.kind, (node, test, other), at=at)
        self._depth -= 1
        return node

    def _is(self, *words: str) -> bool:
        return self.kind in ("name", "sign") and self.word in words

    def _binary(self, least: int) -> Node:
        left, compared = self._unary(), False
        while self._is(*_TIGHTNESS) and _TIGHTNESS[self.word] >= least:
            op, at = self.word, self.at
            tight = _TIGHTNESS[op]
            if compared and tight == _COMPARISON:
                self.fail("`and` between two comparisons")
            self._next()
            if op == "not":
                self._take("in")
            right = self._binary(tight + 1)
            left = self._joined("not in" if op == "not" else op, left, right, at)
            compared |= tight == _COMPARISON
            if left.depth > 2 * DEEPEST:
                self.fail(f"at most {2 * DEEPEST} operators in a row (`in [...]` takes long lists)", at, op)
        return left

    def _unary(self) -> Node:
        at = self.at
        if self._is("not", "-"):
            self._depth += 1
            if self._depth > DEEPEST:
                self.fail(f"at most {DEEPEST} levels")
            op = self._next()
            kind = Kind.FLAG if op == "not" else Kind.NUMBER
            inner = self._must(self._binary(_NOT if op == "not" else _MINUS), kind)
            self._depth -= 1
            return Node("not" if op == "not" else "negative", kind, (inner,), at=at)
        return self._atom()

    def _atom(self) -> Node:
        at, kind, word = self.at, self.kind, self._next() if self.kind else ""
        if kind == "number":
            return Node("value", Kind.NUMBER, value=float(word), at=at)
        if kind == "text":
            return Node("value", Kind.TEXT, value=re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL), at=at)
        if word == "(":
            node = self.choice()
            self._take(")")
            return node
        if word == "[":
            return self._list(at)
        if kind == "name" and word not in _WORDS:
            return self._call(word, at) if self._is("(") else self._named(word, at)
        if word not in ("true", "false"):
            self.fail("a field, a number, a text in quotes or `(`", at, f"{word!r}" if word else "the end")
        return Node("value", Kind.FLAG, value=word == "true", at=at)

    def _named(self, name: str, at: int) -> Node:
        if self._names is not None and name in self._names:
            return Node("field", self._names[name], value=name, at=at)
        if self._names is None and name in FIELDS:
            return Node("field", FIELDS[name].kind, value=name, at=at)
        if self._names is None and name in FACTS:
            return Node("fact", FACTS[name].kind, value=name, at=at)
        known = sorted({*FIELDS, *FACTS} if self._names is None else self._names)
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        advice = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}."
        raise ExpressionError(f"character {at + 1}: there is no field {name!r}; {advice} A text needs quotes.")

    def _call(self, name: str, at: int) -> Node:
        if name not in self._functions:
            self.fail(f"one of the functions {', '.join(self._functions)}", at, f"{name!r}")
        args = self._between("(", ")")
        if len(args) != FUNCTIONS[name]:
            self.fail(f"{FUNCTIONS[name]} values in {name}()", at, str(len(args)))
        if name in ("attribute", "number"):
            self._literal(args[0])
            kind = Kind.TEXTS if name == "attribute" else Kind.NUMBER
            return Node("field", kind, value=f"{name} {args[0].value}", at=at)
        if name == "missing":
            if args[0].op not in ("field", "fact"):
                self.fail("a field in missing()", args[0].at, args[0].op)
            return Node(name, Kind.FLAG, args, at=at)
        return Node(name, Kind.NUMBER, tuple(self._must(arg, Kind.NUMBER) for arg in args), at=at)

    def _between(self, opening: str, closing: str) -> tuple[Node, ...]:
        if opening == "(":
            self._take("(")
        args: list[Node] = []
        while not self._is(closing):
            if args:
                self._take(",")
            args.append(self.choice())
        self._take(closing)
        return tuple(args)

    def _list(self, at: int) -> Node:
        args = self._between("[", "]")
        for arg in args:
            if arg.op != "value" or arg.kind is not args[0].kind or arg.kind is Kind.FLAG:
                self.fail("a list of texts, or one of numbers", arg.at, f"a {arg.kind}")
        values = tuple(cast("Plain", arg.value) for arg in args)
        return Node("list", args[0].kind if args else Kind.TEXT, value=values, at=at)

    def _joined(self, op: str, left: Node, right: Node, at: int) -> Node:
        """Return the operator over both sides, if they are of kinds that it takes."""
        if op in ("and", "or"):
            return Node(op, Kind.FLAG, (self._must(left, Kind.FLAG), self._must(right, Kind.FLAG)), at=at)
        if op in ("+", "-", "*", "/"):
            return Node(op, Kind.NUMBER, (self._must(left, Kind.NUMBER), self._must(right, Kind.NUMBER)), at=at)
        if op in ("<", "<=", ">", ">="):
            return Node(op, Kind.FLAG, (self._must(left, Kind.NUMBER), self._must(right, Kind.NUMBER)), at=at)
        if op in ("in", "not in"):
            self._check_membership(left, right)
        elif op == "contains":
            if left.op != "field" or left.kind not in (Kind.TEXT, Kind.TEXTS):
                self.fail("a field of text before `contains`", left.at, self._name(left))
            self._literal(right)
        else:
            if left.op == "value" and left.kind is Kind.TEXT:
                left, right = right, left
            if left.kind is not right.kind or left.kind is Kind.TEXTS or "list" in (left.op, right.op):
                self.fail(f"two of a kind around {op}", at, f"{self._name(left)} and {self._name(right)}")
            if left.kind is Kind.TEXT:
                self._literal(right)
        base = {"!=": "==", "not in": "in"}.get(op, op)
        node = Node(base, Kind.FLAG, (left, right), at=at)
        return node if base == op else Node("not", Kind.FLAG, (node,), at=at)

    def _check_membership(self, left: Node, right: Node) -> None:
        if right.op == "list":
            if right.value and (left.kind is not right.kind or left.kind not in (Kind.TEXT, Kind.NUMBER)):
                self.fail(f"a {right.kind} before `in`", left.at, self._name(left))
        elif right.kind is Kind.TEXTS:
            self._literal(left)
        else:
            self.fail("a list in [ ], categories or tags after `in`", right.at, self._name(right))

    def _literal(self, node: Node) -> None:
        if node.op != "value" or node.kind is not Kind.TEXT:
            self.fail("a text in quotes", node.at, self._name(node))

    def _must(self, node: Node, kind: Kind) -> Node:
        if node.kind is not kind or node.op == "list":
            wanted = "a test, such as price < 50" if kind is Kind.FLAG else f"a {kind}"
            self.fail(wanted, node.at, self._name(node))
        return node

    @staticmethod
    def _name(node: Node) -> str:
        what = "list" if node.op == "list" else str(node.kind)
        return f"{node.value} (a {what})" if node.op in ("field", "fact") else f"a {what}"
