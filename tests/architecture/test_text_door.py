"""No text goes around widgets.shown on its way to the screen (and the lint that says so works)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.text_door import violations

ROOT = Path(__file__).parents[2]
HEAD = "from widgets import shown\nfrom widgets.shown import line, notify\n"

PLANTED = [
    "Static(row.contact)",
    'Static(f"{name} left")',
    'Static("a" + name)',
    "Static(str(error))",
    'Static("%s" % name)',
    "Static(content=name)",
    "Label(self.title_text)",
    "Button(label=scenario.name)",
    "Option(choice.label)",
    "OptionList(*names)",
    "OptionList(*[name for name in names])",
    "Select([(name, 1) for name in names])",
    "TabPane(tab)",
    "Collapsible(title=name)",
    "table.add_row(row.contact, line(row.step))",
    "table.add_row(*row)",
    "table.add_column(name)",
    "table.update_cell(key, column, value)",
    "tree.root.add_leaf(name)",
    "self.border_title = name",
    'pane.border_subtitle = f"{age} old"',
    "widget.tooltip = row.contact",
    "Button(line('x'), tooltip=name)",
    "Input(placeholder=name)",
    "self.title = name",
    "self.app.sub_title = name",
    "self.notify(text)",
    "self.app.notify(text, markup=False)",
    "Static(line(x), markup=True)",
    "Text(name)",
    "Content(name)",
    "Static(Text(name))",
    "Static(Content(name))",
    "Static(Content('a').join([Content(name)]))",
    "Text.from_ansi(chart)",
    "Text.from_markup('[b]x[/]')",
    "Content.from_markup(name)",
    "Markdown(text)",
    "from textual.widgets import Markdown",
    "from textual.widgets import RichLog",
    "import webbrowser",
    "self.app.open_url(url)",
    "print(row)",
    "echo(row)",
    "sys.stderr.write(row)",
    "sys.stdout.buffer.write(row)",
    "self.exit(message=str(error))",
    "self.app.panic(error)",
    'X = "[@click=app.quit]quit[/]"',
    'self.query_one(Static).update(f"{n} rows")',
    "self.query_one(Static).update(str(error))",
    "Static(other.line(name))",
]

HARMLESS = [
    "Static()",
    'Static("no rows", markup=False)',
    "Static(line(name))",
    "Static(shown.block(name))",
    'Static(line(name) if name else "")',
    "Static(shown.line(name).stylize('bold'))",
    "Static(Content('\\n').join(lines))",
    "def head(name) -> Content:\n    return shown.line(name)\nStatic(head(name))",
    "class A:\n  def head(self) -> Text:\n    return shown.cell(1)\n  def b(self):\n    Static(self.head())",
    "OptionList(*[Option(line(name)) for name in names])",
    "table.add_row(*[shown.cell(value) for value in row])",
    "self.border_title = shown.line(name)",
    "self.border_title = None",
    "notify(self, name)",
    "shown.notify(self, name)",
    "Input(placeholder=shown.text(name))",
    "counts.update(other)",
    "pane.title = name",
    "self.query_one(Static).update(line(name))",
]


@pytest.mark.parametrize("planted", PLANTED)
def test_the_lint_finds_what_is_planted(planted: str) -> None:
    assert violations(HEAD + planted, "tui/screens/planted.py") != []


@pytest.mark.parametrize("harmless", HARMLESS)
def test_the_lint_lets_the_door_through(harmless: str) -> None:
    assert violations(HEAD + harmless, "tui/screens/planted.py") == []


def test_a_door_must_come_from_the_door() -> None:
    assert violations("from elsewhere import line\nStatic(line(name))", "tui/planted.py") != []


def test_no_text_goes_around_the_door() -> None:
    found = [
        what
        for folder in ("tui", "widgets")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for what in violations(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert found == []
