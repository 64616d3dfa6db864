"""The rule that finds where source code may write Blender data.

Python does not tell which names hold Blender data, so the rule works from the other side: a write is allowed
on what is provably the code's own, and reported on anything else. Its own are

- `self.name`, in a class that is no PropertyGroup, and the elements of what it holds;
- the elements of a local name that is bound only to literals, comprehensions and new containers;
- whatever comes from `self.layout` or an argument annotated `UILayout`;
- the functions of an imported module (`shutil.move`), except `bpy`, of which only `bpy.app` holds no data.

A write is an assignment to or deletion of an attribute or element, an in-place operator, a call of `setattr`
or `delattr`, any `bpy.ops` call, and a call of a method that changes Blender data (`MUTATORS`).
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MUTATORS = frozenset(
    """
    add animation_data_clear animation_data_create append clear driver_add driver_remove extend foreach_set
    from_mesh from_pydata insert keyframe_delete keyframe_insert link load make_local material_slot_remove
    move new normals_split_custom_set pack pop property_unset reload remove save save_render scale setdefault
    shade_flat shade_smooth transform unlink unpack update update_from_file update_gpu_tag user_clear
    user_remap
    """.split()  # noqa: SIM905
)
CONTAINERS = frozenset(["list", "dict", "set", "bytearray", "deque", "defaultdict", "sorted"])
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Write:
    """A place that may write Blender data: its line and its source text."""

    line: int
    text: str


@dataclass
class Scope:
    """The names that a module or function binds, and what they are bound to (None: unknown)."""

    parent: "Scope | None" = None
    bindings: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    layouts: set[str] = field(default_factory=set)
    owns_self: bool = False

    def find(self, name: str) -> "Scope | None":
        """The innermost scope that binds `name`."""
        if name in self.bindings or name in self.modules or name in self.layouts:
            return self
        return self.parent.find(name) if self.parent else None

    def bind(self, target: ast.expr, value: ast.expr | None) -> None:
        """Note that `target` is bound to `value`."""
        if isinstance(target, ast.Name):
            self.bindings.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            values: Sequence[ast.expr | None] = [None] * len(target.elts)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                values = value.elts
            for element, part in zip(target.elts, values, strict=True):
                self.bind(element, part)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, None)


def chain(expression: ast.expr) -> tuple[ast.expr, list[str]]:
    """The root of `a.b[c].d()` and its steps: attribute names, `[]` for an element, `()` for a call."""
    steps: list[str] = []
    while True:
        if isinstance(expression, ast.Attribute):
            steps.append(expression.attr)
            expression = expression.value
        elif isinstance(expression, ast.Subscript):
            steps.append("[]")
            expression = expression.value
        elif isinstance(expression, ast.Call):
            steps.append("()")
            expression = expression.func
        else:
            return expression, steps[::-1]


def is_new_value(expression: ast.expr | None) -> bool:
    """Whether the expression makes a value that nobody else holds."""
    if isinstance(expression, ast.Call):
        return isinstance(expression.func, ast.Name) and expression.func.id in CONTAINERS
    literals = (ast.Constant, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.JoinedStr)
    comprehensions = (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
    return isinstance(expression, literals + comprehensions)


def is_layout(expression: ast.expr | None, scope: Scope) -> bool:
    """Whether the expression comes from a panel's layout."""
    if expression is None:
        return False
    root, steps = chain(expression)
    if not isinstance(root, ast.Name):
        return False
    if root.id == "self" and steps[:1] == ["layout"]:
        return True
    holder = scope.find(root.id)
    if holder is None or root.id not in holder.bindings:
        return holder is not None and root.id in holder.layouts
    return all(value is not None and is_layout(value, holder) for value in holder.bindings[root.id])


def is_own_container(expression: ast.expr, scope: Scope) -> bool:
    """Whether changing what `expression` contains is allowed: its elements, but nothing in them."""
    root, steps = chain(expression)
    if not isinstance(root, ast.Name):
        return is_new_value(root) and not steps
    if root.id == "self":
        return scope.owns_self and len(steps) == 1
    holder = scope.find(root.id)
    if holder is None or steps:
        return False
    return all(is_new_value(value) for value in holder.bindings.get(root.id, [None]))


def may_store(target: ast.Attribute | ast.Subscript, scope: Scope) -> bool:
    """Whether assigning to `target`, or deleting it, is allowed."""
    if is_layout(target.value, scope):
        return True
    if isinstance(target, ast.Subscript):
        return is_own_container(target.value, scope)
    return isinstance(target.value, ast.Name) and target.value.id == "self" and scope.owns_self


def may_change(receiver: ast.expr, scope: Scope) -> bool:
    """Whether calling one of the MUTATORS of `receiver` is allowed."""
    root, steps = chain(receiver)
    holder = scope.find(root.id) if isinstance(root, ast.Name) else None
    if holder is not None and isinstance(root, ast.Name) and root.id in holder.modules:
        return root.id != "bpy" or steps[:1] == ["app"]
    return is_layout(receiver, scope) or is_own_container(receiver, scope)


class Finder(ast.NodeVisitor):
    """Walks a module, keeping its scopes, and collects `writes`."""

    def __init__(self, tree: ast.Module) -> None:
        self.writes: list[Write] = []
        self.scope = Scope()
        self.classes: list[ast.ClassDef] = []
        self.collect(tree, self.scope)
        self.visit(tree)

    def report(self, node: ast.expr | ast.stmt) -> None:
        self.writes.append(Write(node.lineno, ast.unparse(node)))

    def collect(self, node: ast.AST, scope: Scope) -> None:
        """Note what `node` binds itself, leaving out the functions and classes in it."""
        for child in ast.iter_child_nodes(node):
            scope.modules.update(imported_names(child))
            for target, value in bindings(child):
                scope.bind(target, value)
            if not isinstance(child, (*FUNCTIONS, ast.ClassDef)):
                self.collect(child, scope)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.classes.append(node)
        self.generic_visit(node)
        self.classes.pop()

    def enter(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        outer, classes = self.scope, self.classes
        self.scope = Scope(outer, owns_self=outer.owns_self)
        if self.classes:
            bases = [ast.unparse(base) for base in self.classes[-1].bases]
            self.scope.owns_self = not any(base.endswith("PropertyGroup") for base in bases)
            self.classes = []
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.annotation is not None and ast.unparse(argument.annotation).endswith("UILayout"):
                self.scope.layouts.add(argument.arg)
            elif argument.arg != "self":
                self.scope.bindings[argument.arg] = [None]
        self.collect(node, self.scope)
        self.generic_visit(node)
        self.scope, self.classes = outer, classes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.enter(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.enter(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit_stored(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit_stored(node)

    def visit_stored(self, node: ast.Attribute | ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store | ast.Del) and not may_store(node, self.scope):
            self.report(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            holder = self.scope.find(node.target.id)
            values = holder.bindings.get(node.target.id, []) if holder else []
            if any(isinstance(value, ast.Attribute | ast.Subscript) for value in values):
                self.report(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        root, steps = chain(node.func)
        if isinstance(root, ast.Name) and root.id == "bpy" and steps[:1] == ["ops"]:
            self.report(node)
        elif isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            if ast.unparse(node.args[0]) != "self" or not self.scope.owns_self:
                self.report(node)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:  # noqa: SIM102
            if not may_change(node.func.value, self.scope):
                self.report(node)
        self.generic_visit(node)


def imported_names(node: ast.AST) -> Iterator[str]:
    """The names that an import binds, those out of `bpy` left out: they may be its data."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname is None or alias.name.split(".")[0] != "bpy":
                yield alias.asname or alias.name.split(".")[0]
    elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] != "bpy":
        for alias in node.names:
            yield alias.asname or alias.name


def bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """The targets that one statement or expression binds, each with its value where that is known."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield target, value
        case ast.AnnAssign(target=target, value=value) if value is not None:
            yield target, value
        case ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            yield target, None
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield item.optional_vars, None


def blender_writes(source: str) -> list[Write]:
    """The places in `source` that may write Blender data, in the order of the text."""
    return sorted(Finder(ast.parse(source)).writes, key=lambda write: write.line)
