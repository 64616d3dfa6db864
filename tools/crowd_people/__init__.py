"""Makes examples/people/people.npz, the demo's people, out of MakeHuman's base mesh and shapes (CC0)."""

import bpy  # noqa: F401  # mathutils can be imported only after it
