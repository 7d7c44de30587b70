"""Strangers' text to text that is safe to show in a terminal, for screen, stdout and stderr alike.

A log holds what anybody chose to put there: escape sequences that write the clipboard, letters that
reverse a line, marks that stack over the rows above. What comes out here has no control, format,
private, unassigned or surrogate character, takes the same number of cells in every terminal, and
still shows that something was there. The stored value is never changed: only what is shown.
A leaf: the standard library is all it needs.
"""

from __future__ import annotations

import re
import unicodedata

LIMIT = 256
"""Code points shown of a value in a list."""
BLOCK_LIMIT = 65_536
"""Code points shown of a value in a detail pane."""
VIRAMA = 9
"""The combining class of the signs that join two letters of an Indian script."""
MOST_MARKS = 3
"""Combining marks shown on one letter; real writing needs no more."""

_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\U0001d159\U00016fe4")
"""Letters and marks that show as nothing."""
_MARK, _CHANGES_EMOJI = "\0mark", "\0emoji"
_SUSPECT_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|[\u2400-\u2421\u2423]")
_WORDS = re.compile(r"[^\W\d_]+")
_LOOKALIKES = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH"})


_PART = r"[^\s@<>\"'(),;:=/?&%\[\]{}]"
_ESCAPE = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}|\\u[0-9a-fA-F]{4}|\\[bfnrt\\]"
"""One letter of JSON's text: cut in the middle it would be none."""
_ADDRESS = rf"(?<!{_PART})({_ESCAPE}|{_PART}){_PART}*(@|%40)"
"""Tried once for each run: never quadratic. Compiled where something is masked: it takes a millisecond."""


def clean(value: object, limit: int = LIMIT, multiline: bool = False, *, ascii_only: bool = False) -> str:
    """`value` as text in which nothing can act on a terminal, cut to `limit` code points plus "…(+n)".

    None is "". `multiline` keeps newlines. `ascii_only` is for terminals without UTF-8: everything
    outside ASCII becomes an escape. The result cleaned again is the same, unless it was cut.
    """
    text = value if isinstance(value, str) else _text_of(value)
    rest = len(text) - limit
    if rest > 0:
        text = text[:limit]
    if not _is_plain(text):
        text = "\n".join(map(_shown, text.split("\n"))) if multiline else _shown(text)
    if rest > 0:
        text = f"{text}…(+{rest})"
    return _to_ascii(text) if ascii_only and not text.isascii() else text


def masked(text: str) -> str:
    """The text with a***@example.org in place of every address, also of those inside of URLs."""
    return re.sub(_ADDRESS, r"\1***\2", text) if "@" in text or "%40" in text else text


def masked_bytes(content: bytes) -> bytes:
    """The same of bytes that are text or mostly so; what is no UTF-8 stays as it is."""
    return masked(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def suspicious(value: object) -> bool:
    """Whether `value` may not be what it seems: it hides characters, imitates our escapes or mixes alphabets.

    Show a mark beside such a value, and its id where somebody decides by it.
    """
    text = value if isinstance(value, str) else _text_of(value)
    if _SUSPECT_ESCAPE.search(text):
        return True
    if text.isascii() and text.isprintable():
        return False
    return clean(text, len(text)) != text or any(map(_mixes_alphabets, _WORDS.findall(text)))


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _is_plain(text: str) -> bool:
    # Below U+0300 there are no marks and no wide letters; isprintable() refuses every category in _NEVER
    # and every space but U+0020.
    return text.isprintable() and (text.isascii() or max(text) < "\u0300")


def _shown(text: str) -> str:
    """One line, character by character: what a mark becomes depends on the letter before it."""
    out: list[str] = []
    base, marks = "", 0
    for char in text:
        piece = _PIECES[char]
        if piece is _CHANGES_EMOJI:
            if base and unicodedata.category(base) == "So":
                continue
            piece = _escape(char)
        elif piece is _MARK:
            if not base:
                out.append("◌")
                base = "◌"
            marks += 1
            if marks <= MOST_MARKS:
                out.append(char)
            elif marks == MOST_MARKS + 1:
                out.append("…")
            continue
        out.append(piece)
        base, marks = piece[-1], 0
    return "".join(out)


class _Pieces(dict[str, str]):
    """Character -> how it is shown, found out once for each character that occurs."""

    def __missing__(self, char: str) -> str:
        piece = self[char] = _piece(char)
        return piece


_PIECES = _Pieces()


def _piece(char: str) -> str:
    code = ord(char)
    category = unicodedata.category(char)
    if code < 0x20 or code == 0x7F:
        return chr(0x2400 + code) if code < 0x20 else "\u2421"
    if 0x1F3FB <= code <= 0x1F3FF or code in (0xFE0E, 0xFE0F):  # skin tones, presentation selectors
        return _CHANGES_EMOJI
    if category in _NEVER or char in _BLANK or _is_selector(code) or _is_wider_than_its_cells(code):
        return _escape(char)
    if category == "Zs":
        return char if char == " " else "␣"
    if 0x1F1E6 <= code <= 0x1F1FF:  # a pair is a flag in some terminals, two letters in others
        return chr(code - 0x1F1E6 + ord("A"))
    if category == "Mc" or unicodedata.combining(char) == VIRAMA or code == 0x1171E:
        return _escape(char)  # vowel signs and joiners of Indian scripts: no cell here, one there
    return _MARK if category in ("Mn", "Me") or _is_joining_jamo(code) else char


def _is_selector(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F


def _is_wider_than_its_cells(code: int) -> bool:
    """Cuneiform, the basmala ligature, two- and three-em dashes."""
    return 0x12000 <= code <= 0x1254F or code in (0xFDFD, 0x2E3A, 0x2E3B)


def _is_joining_jamo(code: int) -> bool:
    """Vowels and finals of Korean written apart: they take no cell behind their consonant."""
    return 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF


def _escape(char: str) -> str:
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _to_ascii(text: str) -> str:
    return "".join(char if char.isascii() else _ASCII.get(char) or _escape(char) for char in text)


_ASCII = {"…": "...", "␣": "\\xa0", "\u2421": "\\x7f"} | {
    chr(0x2400 + code): f"\\x{code:02x}" for code in range(0x20)
}


def _mixes_alphabets(word: str) -> bool:
    """Whether one word has letters of alphabets that share shapes, such as a Cyrillic a in a Latin name."""
    if word.isascii():
        return False
    return len({unicodedata.name(char, "?").split()[0] for char in word} & _LOOKALIKES) > 1
