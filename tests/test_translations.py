"""What the panels, buttons and reports say can be translated.

Blender itself translates labels, tooltips and names of properties; what is put together in code must go through
`bpy.app.translations` before values are put in: `rpt_("{:,} faces").format(count)`. What the core says of a file or a
value is not for translation: it knows nothing of Blender.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "blender_facegan" / "ui").rglob("*.py"), *(ROOT / "blender_facegan" / "scene").rglob("*.py")])
TRANSLATES = {"rpt_", "iface_", "tip_", "pgettext_iface", "pgettext_rpt", "pgettext_tip"}
PROGRAM_FAULTS = {"RuntimeError", "TypeError", "ValueError", "NotImplementedError", "CancelledError"}
"""Raised where the add-on itself is wrong."""
FROM_CORE = {"PageFileError"}
"""The core puts their words together."""
SPEAKS = {"Skipped": slice(1, None), "system_refusals": slice(2)}
"""What is called with words: which of its arguments an artist reads."""
FOR_TERMINALS = ROOT / "blender_facegan" / "scene" / "headless"
"""What this room says is for the command line, which is English like Blender's own."""


def spoken(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose text an artist reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name == "report" and len(node.args) == 2:
                yield node.args[1]
            elif name == "poll_message_set":
                yield node.args[0]
            elif name in ("label", "operator", "prop", "menu"):
                # A literal is translated by Blender.
                yield from (word.value for word in node.keywords if word.arg == "text" and is_built(word.value))
            elif name == "popup_menu":
                yield from (word.value for word in node.keywords if word.arg == "title")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from node.args[SPEAKS.get(node.func.id, slice(0))]
        elif isinstance(node, ast.FunctionDef) and node.name == "missing":
            # Of an operator: why its button is grey.
            yield from (found.value for found in ast.walk(node) if isinstance(found, ast.Return) and found.value)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and is_refusal(node.exc.func):
            yield from node.exc.args[:2]


def is_refusal(error: ast.expr) -> bool:
    return isinstance(error, ast.Name) and error.id.endswith("Error") and error.id not in PROGRAM_FAULTS | FROM_CORE


def is_built(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant)


def untranslated(node: ast.expr) -> Iterator[str]:
    """Texts with letters in an expression that go through no translation."""
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "format" and isinstance(node.func, ast.Attribute):
            yield from untranslated(node.func.value)
        elif name not in TRANSLATES:
            return
    elif isinstance(node, ast.IfExp):
        yield from untranslated(node.body)
        yield from untranslated(node.orelse)
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.JoinedStr):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from untranslated(part)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and any(map(str.isalpha, node.value)):
        yield node.value


def found_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        f"{path.name}:{node.lineno} {text}"
        for node in spoken(tree)
        for text in untranslated(node)
        if path.parent != FOR_TERMINALS
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_what_is_said_can_be_translated(path: Path) -> None:
    assert found_in(path) == []


@pytest.mark.parametrize(
    "line",
    [
        'self.report({"INFO"}, "Done")',
        'self.report({"INFO"}, f"{count} faces")',
        'cls.poll_message_set("Select characters")',
        'def missing(cls, context):\n    return "" if context.object else "Select characters"',
        'layout.label(text=f"License: {name}")',
        'Skipped(obj.name, "no mesh", rpt_("choose a mesh"))',
        'raise ChoiceError(f"No collection named {name}")',
        'system_refusals("cannot be read ({})", rpt_("choose another file"), path)',
        'self.report({"INFO"}, rpt_("One") if one else "Many")',
        'self.report({"INFO"}, "{} faces".format(count))',
    ],
)
def test_the_rule_finds_what_cannot(tmp_path: Path, line: str) -> None:
    path = tmp_path / "said.py"
    path.write_text(line, encoding="utf-8")
    assert found_in(path)


def test_no_values_are_put_in_before_the_translation() -> None:
    """`rpt_(f"...")` would look for a sentence with somebody's name in it."""
    early = [
        f"{path.name}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in TRANSLATES
        and isinstance(node.args[0], ast.JoinedStr)
    ]
    assert early == []
