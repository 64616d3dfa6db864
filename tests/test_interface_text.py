"""What Blender's guidelines ask of buttons and words, held on the source: greyed buttons say why, in US English."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "blender_facegan" / "ui").rglob("*.py"), *(ROOT / "blender_facegan" / "scene").rglob("*.py")])
SPEAKS = {"poll_message_set"}
"""Calls after which the button says why it is grey."""
BRITISH = (
    "colour",
    "licence",
    "centre",
    "grey",
    "behaviour",
    "neighbour",
    "favour",
    "normalis",
    "organis",
    "realis",
    "randomis",
    "recognis",
    "catalogue",
    "metre",
    "cancelling",
    "labelled",
)


def silent_refusals(tree: ast.AST) -> Iterator[int]:
    """Lines of `poll` functions of operators that return False and do not say why."""
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and "_PT_" not in node.name):
        for function in cls.body:
            if isinstance(function, ast.FunctionDef) and function.name == "poll":
                yield from _silent(function)


def _silent(function: ast.FunctionDef) -> Iterator[int]:
    for node in ast.walk(function):
        if not isinstance(node, ast.If) or not _returns_false(node.body):
            continue
        if not (SPEAKS & _calls(node) or "poll" in _calls(node.test)):
            yield node.lineno


def _returns_false(body: list[ast.stmt]) -> bool:
    last = body[-1]
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Constant) and last.value.value is False


def _calls(node: ast.AST) -> set[str]:
    return {
        found.func.attr if isinstance(found.func, ast.Attribute) else getattr(found.func, "id", "")
        for found in ast.walk(node)
        if isinstance(found, ast.Call)
    }


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What an artist may read: sentences and words with a capital, but for docstrings and faults of the program.

    The docstring of an operator is its tooltip.
    """
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    documents |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    documents -= {
        id(tip) for node in ast.walk(tree) if _has_tooltip(node) for tip in ast.iter_child_nodes(node.body[0])
    }
    faults = {id(text) for node in ast.walk(tree) if isinstance(node, ast.Raise) for text in _fault_texts(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in documents | faults else None
        if isinstance(node, ast.expr) and isinstance(text, str) and (" " in text or text.istitle()):
            yield node.lineno, text


def _has_tooltip(node: ast.AST) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and "_OT_" in node.name


def _fault_texts(node: ast.Raise) -> Iterator[ast.AST]:
    """Those of errors that no artist is to see."""
    if isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) in ("RuntimeError", "TypeError", "ValueError"):
        yield from ast.walk(node.exc)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_a_grey_button_says_why(path: Path) -> None:
    assert list(silent_refusals(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_the_interface_is_in_us_english(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [(line, text) for line, text in texts(tree) if any(word in text.lower() for word in BRITISH)]
    assert found == []


def test_the_rules_find_what_breaks_them() -> None:
    silent = "class A_OT_b:\n def poll(cls, context):\n  if not context.object:\n   return False\n  return True"
    assert list(silent_refusals(ast.parse(silent))) == [3]
    spoken = ast.parse('x = Property(name="Colour", description="What colour it is")')
    assert [text for _, text in texts(spoken)] == ["Colour", "What colour it is"]
    operator = ast.parse('class A_OT_b:\n "Take the colour away."\nclass B:\n "The colour of a thing."')
    assert [text for _, text in texts(operator)] == ["Take the colour away."]
