"""The rule for writes of Blender data reports what it must and lets pass what it must."""

import textwrap

import pytest

from tests.blender_writes import blender_writes

REPORTED = {
    "an attribute of an argument": "def f(obj): obj.hide_render = True",
    "a custom property": "def f(obj): obj['facegan_tile'] = (0, 0, 1)",
    "a deleted custom property": "def f(obj): del obj['facegan_tile']",
    "an attribute behind a name": "def f(context):\n    obj = context.object\n    obj.name = 'x'",
    "an attribute of a loop's object": "def f(objects):\n    for obj in objects:\n        obj.select_set = 1",
    "an unpacked name": "def f(objects):\n    first, second = objects\n    second.name = 'x'",
    "a name bound twice": "def f(context):\n    x = {}\n    x = context.scene\n    x['a'] = 1",
    "what a walrus binds": "def f(context):\n    if (obj := context.object):\n        obj.name = 'x'",
    "what `with` binds": "def f(context):\n    with context.temp_override() as c:\n        c.name = 'x'",
    "one of two names bound at once": "def f(context):\n    n, obj = 0, context.object\n    obj.name = 'x'",
    "a tuple's member": "def f(obj): obj.a, x = 1, 2",
    "a new data-block": "import bpy\ndef f(): return bpy.data.images.new('page', 4, 4)",
    "a removed data-block": "import bpy\ndef f(image): bpy.data.images.remove(image)",
    "a collection behind a name": "import bpy\ndef f():\n    x = bpy.data.images\n    x.new('page', 4, 4)",
    "a collection out of bpy": "from bpy import data\ndef f(): data.images.new('page', 4, 4)",
    "bpy under another name": "import bpy as b\ndef f(): b.data.images.new('page', 4, 4)",
    "a type's new property": "import bpy\ndef f(p): bpy.types.Object.facegan = p",
    "pixels": "def f(image, values): image.pixels.foreach_set(values)",
    "an appended material": "def f(obj, material): obj.data.materials.append(material)",
    "setattr": "def f(obj): setattr(obj, 'name', 'x')",
    "an operator": "import bpy\ndef f(): bpy.ops.object.delete()",
    "an in-place operator": "def f(obj): obj.location.x += 1",
    "an in-place operator behind a name": "def f(obj, v):\n    place = obj.location\n    place += v",
    "self of a property callback": "def on_update(self, context): self.age = 3",
    "self of a PropertyGroup": "class P(bpy.types.PropertyGroup):\n    def f(self): self.age = 3",
    "what self holds": "class O(Operator):\n    def f(self): self.obj.name = 'x'",
    "an element of an own list": "def f(context):\n    objects = [context.object]\n    objects[0].name = 'x'",
    "a lambda's argument": "f = lambda obj: obj.materials.clear()",
    "an own name of an outer function, bound anew": "x = []\ndef f(x): x.append(1)",
}

ALLOWED = {
    "reading": "def f(context): return [obj.name for obj in context.selected_objects]",
    "an operator's own state": "class O(Operator):\n    def f(self, context): self.done = 0; self.done += 1",
    "an operator's own list": "class O(Operator):\n    def f(self): self.rows.append(1)",
    "a counter": "def f(n):\n    total = 0\n    for i in range(n): total += i\n    return total",
    "a local list": "def f(n):\n    rows = []\n    rows.append(n)\n    rows[0] = 2\n    return rows",
    "a local dictionary, annotated": "def f(n):\n    rows: dict[str, int] = {}\n    rows['a'] = n",
    "a list of the module": "ROWS = []\ndef f(n): ROWS.append(n)",
    "a panel's layout": "class P(Panel):\n    def draw(self, context): self.layout.use_property_split = True",
    "a row of a layout": """
        class P(Panel):
            def draw(self, context):
                layout = self.layout
                row = layout.row(align=True)
                row.enabled = False
                row.operator("facegan.populate").seed = 3
        """,
    "a layout bound beside another": """
        class P(Panel):
            def draw(self, context):
                layout, settings = self.layout, context.scene.facegan
                layout.use_property_split = True
        """,
    "an annotated layout": "def draw_list(layout: UILayout, rows): layout.column().scale_y = 1.2",
    "a module's function": "import shutil\ndef f(a, b): shutil.move(a, b)",
    "a handler": "import bpy\ndef f(g): bpy.app.handlers.load_post.append(g)",
    "a bar of progress": "def f(context): context.window_manager.progress_begin(0, 9)",
}


@pytest.mark.parametrize("source", REPORTED.values(), ids=REPORTED)
def test_a_write_is_reported(source: str) -> None:
    assert blender_writes(source)


@pytest.mark.parametrize("source", ALLOWED.values(), ids=ALLOWED)
def test_what_is_no_write_is_not_reported(source: str) -> None:
    assert blender_writes(textwrap.dedent(source)) == []


def test_a_report_tells_the_line_and_the_text() -> None:
    (write,) = blender_writes("def f(obj):\n    x = 1\n    obj.name = 'x'\n")
    assert (write.line, write.text) == (3, "obj.name")
