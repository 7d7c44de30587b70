"""The lint behind `test_text_door`: finds ways around widgets.shown in the source of tui and widgets.

Text reaches a widget of Textual as Content or rich Text made by `widgets.shown`, as a literal of ours, or
as the result of a function of the same module that is annotated to return Content or Text. Anything else
is a violation, because Textual reads markup in strings and sends control characters on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

DOORS = frozenset({"line", "cell", "block"})
"""What makes Content or Text out of anything."""
PLAIN_DOORS = DOORS | {"text", "marked"}
"""And what makes safe strings, for places that do not read markup."""

SINKS = frozenset(
    {
        "Static",
        "Label",
        "Button",
        "OptionList",
        "Option",
        "Select",
        "SelectionList",
        "Selection",
        "TabPane",
        "Tab",
    }
    | {"Collapsible", "Checkbox", "RadioButton", "Tree", "TreeNode", "Digits", "Link", "Tooltip", "ListItem"}
)
"""Widgets of Textual whose arguments are drawn."""
METHODS = frozenset(
    {
        "add_row",
        "add_rows",
        "add_column",
        "add_columns",
        "update_cell",
        "update_cell_at",
        "add_leaf",
        "add_node",
    }
    | {"add_option", "add_options", "set_options", "set_label", "write_line", "write_lines"}
)
TEXTS = frozenset({"border_title", "border_subtitle", "tooltip", "placeholder"})
APP_TEXTS = frozenset({"title", "sub_title"})
"""Texts of App and Screen, drawn by Header and by the terminal's title."""
FORBIDDEN = {
    "from_ansi": "reads escape sequences out of text",
    "from_markup": "reads markup out of text",
    "open_url": "opens what the data says",
    "webbrowser": "opens what the data says",
    "Markdown": "draws links out of text",
    "MarkdownViewer": "draws links out of text",
    "RichLog": "passes control characters on",
    "Log": "passes control characters on",
    "panic": "prints as it is",
}
CONTENT_TYPES = frozenset({"Content", "Text", "Option", "Selection"})


def violations(source: str, path: str) -> list[str]:
    """What goes around the door in one module, as "path:line: what"."""
    tree = ast.parse(source)
    module = _Module(tree)
    found = [
        (node.lineno, what)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt)
        for what in module.wrong_in(node, path)
    ]
    return [f"{path}:{line}: {what}" for line, what in sorted(set(found))]


class _Module:
    """What the names of one module stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self.doors = set(_imported_doors(tree))
        self.makers = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and _returns_content(node.returns)
        }

    def wrong_in(self, node: ast.AST, path: str) -> Iterator[str]:
        if isinstance(node, ast.Call):
            yield from self._wrong_call(node, path)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from self._wrong_assignment(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            yield from (f"{name}: {FORBIDDEN[name]}" for name in names if name in FORBIDDEN)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "[@click" in node.value:
            yield "a click action in markup"

    def _wrong_call(self, call: ast.Call, path: str) -> Iterator[str]:
        name = _name_of(call.func)
        is_method = isinstance(call.func, ast.Attribute)
        if name in FORBIDDEN:
            yield f"{name}: {FORBIDDEN[name]}"
        if _prints(call, name) and path != "tui/cli/output.py":
            yield "printing outside tui/cli/output.py"
        if name == "notify" and is_method and not _is_shown(call.func) and path != "widgets/shown.py":
            yield "notify not through widgets.shown.notify"
        if name in ("Content", "Text") and path != "widgets/shown.py":
            yield from self._unsafe(call.args[:1], f"{name} made outside widgets.shown")
        if name in SINKS:
            drawn = [
                word.value for word in call.keywords if word.arg in ("content", "label", "title", "prompt")
            ]
            yield from self._unsafe([*call.args[:1], *drawn], f"text of {name}")
        if is_method and name in METHODS:
            yield from self._unsafe(call.args, f"text of {name}")
        if is_method and name == "update":
            built = [arg for arg in call.args if _is_built_text(arg)]
            yield from self._unsafe(built, "text of update")
        for word in call.keywords:
            if word.arg in TEXTS:
                yield from self._unsafe([word.value], f"{word.arg}=")
            if word.arg == "message" and name == "exit":
                yield from self._unsafe([word.value], "message of exit")
            if word.arg == "markup" and getattr(word.value, "value", None) is not False:
                yield "markup that is not False"

    def _wrong_assignment(self, node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if not isinstance(target, ast.Attribute) or node.value is None:
                continue
            is_own = _name_of(target.value) in ("self", "app", "screen")
            if target.attr in TEXTS or (target.attr in APP_TEXTS and is_own):
                yield from self._unsafe([node.value], f"{target.attr} =")

    def _unsafe(self, values: Sequence[ast.expr], where: str) -> Iterator[str]:
        for value in values:
            if not self._is_safe(value):
                yield f"{where}: {ast.unparse(value)}"

    def _is_safe(self, value: ast.expr) -> bool:
        match value:
            case ast.Constant():
                return True
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_safe(body) and self._is_safe(orelse)
            case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
                return all(map(self._is_safe, values))
            case ast.Starred(value=inner):
                return self._is_safe(inner)
            case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner):
                return self._is_safe(inner)
            case ast.Call(func=func):
                return self._makes_content(func)
        return False

    def _makes_content(self, func: ast.expr) -> bool:
        name = _name_of(func)
        if isinstance(func, ast.Attribute):
            if _is_shown(func):
                return name in PLAIN_DOORS
            # Content("...").join(...), line(...).stylize(...): safe if what it starts from is.
            if isinstance(func.value, ast.Call):
                return self._makes_content(func.value.func) or _name_of(func.value.func) == "Content"
            return _name_of(func.value) in ("self", "cls") and name in self.makers
        return name in self.doors or name in self.makers or name in CONTENT_TYPES


def _imported_doors(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "widgets.shown":
            yield from (alias.asname or alias.name for alias in node.names if alias.name in PLAIN_DOORS)


def _returns_content(returns: ast.expr | None) -> bool:
    names = {_name_of(node) for node in ast.walk(returns)} if returns is not None else set()
    return bool(names & CONTENT_TYPES)


def _prints(call: ast.Call, name: str) -> bool:
    """Whether the call writes to a standard stream by itself."""
    if isinstance(call.func, ast.Attribute):
        return name.startswith("write") and ast.unparse(call.func).startswith(("sys.std", "sys.__std"))
    return name in ("print", "echo", "secho")


def _is_shown(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and _name_of(func.value) == "shown"


def _is_built_text(value: ast.expr) -> bool:
    """Whether this is plainly a string that was put together, and not a mapping."""
    if isinstance(value, ast.JoinedStr):
        return True
    if isinstance(value, ast.BinOp):
        return _is_built_text(value.left) or _is_built_text(value.right)
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str)
    return isinstance(value, ast.Call) and _name_of(value.func) in ("str", "repr", "format", "join")


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
