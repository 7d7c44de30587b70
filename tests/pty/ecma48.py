"""The bytes that a program writes, taken apart by ECMA-48, and which of them Textual itself writes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["text", "control", "csi", "string", "escape", "broken"]

TOKENS = re.compile(
    "(?P<csi>(?:\x1b\\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e])"
    "|(?P<string>(?:\x1b[\\]P_^X]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\\\|\x9c))"
    "|(?P<escape>\x1b[\x20-\x2f]*[\x30-\x7e])"
    "|(?P<broken>\x1b)"
    "|(?P<control>[\x00-\x1f\x7f-\x9f])"
    "|(?P<text>[^\x00-\x1f\x7f-\x9f]+)",
    re.DOTALL,
)

_N = r"(?:0|[1-9]\d{0,4})"
"""A number without leading zeros: the numbers of the corpus have them."""
OF_TEXTUAL = re.compile(
    rf"\x1b\[(?:{_N}(?:;{_N})*)?m"  # colours and styles
    rf"|\x1b\[{_N};{_N}H"  # place of the cursor
    r"|\x1b\[\?(?:1049|1000|1003|1006|1015|1016|25|1004|2004|7|2026|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p"
    r"|\x1b\[>\d{1,2}u|\x1b\[<u"  # keyboard protocol
    r"|\x1b\]22;(?:default|pointer|text|grab|[a-z]{2,4}-resize)(?:\x07|\x1b\\)"  # shape of the pointer
)
TEXTUAL_CONTROLS = frozenset("\x07\r\n")
"""The bell, and line ends of what is printed after the screen is left."""
NEVER_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Token(NamedTuple):
    kind: Kind
    text: str


def tokens(written: str) -> Iterator[Token]:
    """Everything that was written, in order."""
    for match in TOKENS.finditer(written):
        yield Token(match.lastgroup, match.group())  # type: ignore[arg-type]


def strange(written: str) -> list[Token]:
    """The tokens that Textual does not write by itself: something leaked."""
    return [token for token in tokens(written) if not _is_expected(token)]


def _is_expected(token: Token) -> bool:
    if token.kind == "text":
        return token.text.isprintable() or not NEVER_TEXT & set(map(unicodedata.category, token.text))
    if token.kind == "control":
        return token.text in TEXTUAL_CONTROLS
    return OF_TEXTUAL.fullmatch(token.text) is not None


def modes_left_on(written: str) -> set[str]:
    """What a program switched on and did not switch off again: an empty set after a clean end."""
    on: set[str] = set()
    keyboard = 0
    for kind, text in tokens(written):
        if kind != "csi":
            continue
        if match := re.fullmatch(r"\x1b\[\?(\d+)([hl])", text):
            mode, switch = match.groups()
            (on.add if (switch == "h") != (mode in ("25", "7")) else on.discard)(mode)  # those two rest on
        elif re.fullmatch(r"\x1b\[>\d+u", text):
            keyboard += 1
        elif text == "\x1b[<u":
            keyboard = max(0, keyboard - 1)
    return on | ({"keyboard"} if keyboard else set())
