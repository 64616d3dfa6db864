"""Where faces land on characters, measured in renders: a page whose tiles hold their own coordinates says it.

python -m tools.face_placement [--figures] OUT FILE...          with a Python that has Blender's module

For each character (.blend, .glb, .gltf, .vrm, .fbx, .obj, .dae, .ply) it populates all its meshes, renders it as it is
from the front, at 45 and at 90 degrees into OUT/NAME.png, and, where NAME.json beside the file tells the true places of
`left_eye`, `right_eye`, `mouth` and `chin` in the world, prints how far off the face is, in shares of eye to chin.
--figures: without the pictures, which take the most time.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import blender_facegan  # noqa: E402  # found only now
from blender_facegan.core.head.landmarks import CHIN, MOUTH  # noqa: E402
from blender_facegan.core.head.names import part_role  # noqa: E402
from blender_facegan.core.model.file import read_card  # noqa: E402
from blender_facegan.scene.head.coordinates import landmarks_of  # noqa: E402

SIDE = 360
VIEWS = (0.0, 45.0, 90.0)
data: Any = bpy.data


def main(arguments: list[str]) -> None:
    """Measures each file."""
    pictures = "--figures" not in arguments
    out, *files = (Path(name) for name in arguments if name != "--figures")
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        try:
            load(file)
        except RuntimeError as error:
            print(f"{file.name:34s} cannot be read: {str(error).strip()[:100]}", flush=True)
            continue
        blender_facegan.register()
        try:
            print(f"{file.name:34s} {measure(file, out if pictures else None)}", flush=True)
        finally:
            blender_facegan.unregister()


def load(file: Path) -> None:
    """Imports a character into an empty file."""
    if file.suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(file))
        return
    bpy.ops.wm.read_factory_settings(use_empty=True)
    ops: Any = bpy.ops
    how = {
        ".glb": ops.import_scene.gltf,
        ".gltf": ops.import_scene.gltf,
        ".vrm": ops.import_scene.gltf,
        ".fbx": ops.import_scene.fbx,
        ".obj": ops.wm.obj_import,
        ".ply": ops.wm.ply_import,
        ".abc": ops.wm.alembic_import,
        ".usdc": ops.wm.usd_import,
        ".dae": getattr(ops.wm, "collada_import", None),
    }
    how[file.suffix.lower()](filepath=str(file))


def measure(file: Path, out: Path | None) -> str:
    """Populates, renders, and says what came of it in one line. out: the folder for the picture, None for none."""
    scene: Any = bpy.context.scene
    refresh()
    for obj in scene.objects:
        obj.select_set(obj.type == "MESH" and not obj.name.startswith("Icosphere"))
    try:
        data_ops: Any = bpy.ops
        data_ops.facegan.populate(scope="SELECTED")
    except RuntimeError as error:
        return f"refused: {str(error).strip()[:150]}"
    heads = [obj for obj in scene.objects if obj.type == "MESH" and obj.facegan.page is not None]
    if not heads:
        return "no face"
    head, told = heads[0], truth(file)
    rest(scene)
    if landmarks_of(head) is None:
        return f"{len(heads)} face(s), {head.name} as a billboard"
    frame = head_frame(head, told)
    light(scene)
    if out is not None:
        save(np.hstack([shot(scene, frame, yaw) for yaw in VIEWS]), out / f"{file.stem}.png")
    carrier = f"{len(heads)} person(s), on {head.name} [{head.material_slots[head.facegan.slot].name}]"
    if told is None:
        return carrier
    bare(heads)
    return f"{carrier} " + " | ".join(offsets(scene, frame, yaw, told) for yaw in VIEWS)


def truth(file: Path) -> dict[str, Vector] | None:
    """The true places that a file beside tells."""
    beside = file.with_suffix(".json")
    if not beside.exists():
        return None
    told = json.loads(beside.read_text(encoding="utf-8"))
    found = {name: Vector(told[name]) for name in ("left_eye", "right_eye", "mouth", "chin") if name in told}
    return found if {"left_eye", "right_eye", "chin"} <= set(found) else None


def rest(scene: Any) -> None:
    """Puts the rigs into their rest pose, in which the true places are told."""
    for obj in scene.objects:
        if obj.type == "ARMATURE":
            obj.data.pose_position = "REST"
    refresh()


def refresh() -> None:
    """Has Blender compute what was changed."""
    layer: Any = bpy.context.view_layer
    layer.update()


class HeadFrame:
    """Middle, size and axes of a head in the world."""

    def __init__(self, middle: Vector, tall: float, up: Vector, front: Vector) -> None:
        self.middle, self.tall, self.up, self.front = middle, tall, up, front


def head_frame(head: Any, told: dict[str, Vector] | None) -> HeadFrame:
    """From the true places, else from the landmarks that were found."""
    marked = landmarks_of(head)
    if marked is None:
        raise RuntimeError(f"{head.name} carries no landmarks")
    frame, found = marked.in_frame(np.array(head.matrix_world))
    up, front = Vector(frame.axes[1]), Vector(frame.axes[2])
    eyes, chin = Vector(frame.world(found.eyes[None])[0]), Vector(frame.world(found.chin[None])[0])
    if told is not None:
        eyes, chin = (told["left_eye"] + told["right_eye"]) / 2, told["chin"]
        across: Any = told["left_eye"] - told["right_eye"]
        across.normalize()
        up = Vector((0, 0, 1))
        front = across.cross(up).normalized()
    # As seen from the front: an eye that was read off a picture has no certain depth.
    away = eyes - chin
    return HeadFrame((eyes + chin) / 2, (away - front * away.dot(front)).length, up, front)


def look(scene: Any, frame: HeadFrame, yaw: float, wide: float) -> Any:
    """A camera that sees the head from an angle."""
    side: Any = frame.up.cross(frame.front)
    angle = np.radians(yaw)
    towards: Any = frame.front * float(np.cos(angle)) + side * float(np.sin(angle))
    camera = data.objects.get("Look") or data.objects.new("Look", data.cameras.new("Look"))
    if camera.name not in scene.collection.objects:
        scene.collection.objects.link(camera)
    camera.data.type, camera.data.ortho_scale = "ORTHO", wide * frame.tall
    camera.data.clip_start, camera.data.clip_end = 0.001 * frame.tall, 100 * frame.tall
    camera.location = frame.middle + frame.up * 0.1 * frame.tall + towards * 20 * frame.tall
    right: Any = frame.up.cross(towards)

    camera.rotation_mode = "QUATERNION"
    camera.rotation_quaternion = Matrix([right, frame.up.to_tuple(), towards]).transposed().to_quaternion()
    scene.camera = camera
    refresh()
    return camera


def shot(scene: Any, frame: HeadFrame, yaw: float, samples: int = 8, wide: float = 2.6) -> NDArray[np.float32]:
    """The head as rendered, float32 [SIDE, SIDE, 4], linear, row 0 at the top."""
    look(scene, frame, yaw, wide)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = samples, False, 2
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    scene.render.use_compositing = scene.render.use_sequencer = False
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR", "32"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shot.exr"
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        image = data.images.load(str(path))
        pixels = np.empty(SIDE * SIDE * 4, np.float32)
        image.pixels.foreach_get(pixels)
        data.images.remove(image)
    return pixels.reshape(SIDE, SIDE, 4)[::-1]


def light(scene: Any) -> None:
    """A sky, and a lamp beside the viewer."""
    for obj in [obj for obj in scene.objects if obj.type == "LIGHT"]:
        data.objects.remove(obj)
    scene.world = data.worlds.new("Even")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.8, 0.8, 0.85, 1)
    lamp = data.objects.new("Sun", data.lights.new("Sun", "SUN"))
    lamp.data.energy = 1.5
    lamp.rotation_euler = (0.9, 0.0, 0.5)
    scene.collection.objects.link(lamp)


def save(pixels: NDArray[np.float32], path: Path) -> None:
    """Writes linear pixels as a PNG."""
    image = data.images.new("Sheet", pixels.shape[1], pixels.shape[0], float_buffer=False)
    rgb = np.where(pixels[..., 3:] > 0, pixels, 0.05)
    values = np.clip(rgb, 0, 1)
    encoded = np.where(values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 1e-9) ** (1 / 2.4) - 0.055)
    encoded[..., 3] = 1.0
    image.pixels.foreach_set(np.ascontiguousarray(encoded[::-1], np.float32).ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    data.images.remove(image)


def bare(heads: list[Any]) -> None:
    """Puts the coordinates in the page's place, and lets every material show what it is given by itself.

    Hair is taken off: here its strands would be whole, whatever its texture cuts out of them.
    """
    page: Any = heads[0].facegan.page
    width, height = page.size
    pixels = np.zeros((height, width, 4), np.float32)
    for head in heads:
        u, v, size_u, size_v = head["facegan_tile"]
        left, low = round(u * width), round(v * height)
        right, top = left + round(size_u * width), low + round(size_v * height)
        across = (np.arange(left, right) + 0.5 - u * width) / (size_u * width)
        up = (np.arange(low, top) + 0.5 - v * height) / (size_v * height)
        pixels[low:top, left:right, 0], pixels[low:top, left:right, 1] = across, up[:, None]
    made = data.images.new("Coordinates", width, height, float_buffer=True)
    made.colorspace_settings.name = "Non-Color"
    made.pixels.foreach_set(pixels.ravel())
    for tree in data.node_groups:
        for node in tree.nodes:
            if node.bl_idname == "ShaderNodeTexImage" and node.image == page:
                node.image, node.interpolation = made, "Linear"
    bald(data.objects)
    for material in data.materials:
        if material.node_tree is not None:
            show(material)


def bald(objects: Any) -> None:
    """Takes hair off, and gives every mesh a material."""
    plain = data.materials.new("Plain")
    plain.use_nodes = True
    for obj in objects:
        if obj.type == "MESH":
            obj.hide_render |= part_role(obj.name) == "HAIR"
            give(obj, plain)


def give(obj: Any, plain: Any) -> None:
    """A material where there is none, since Blender's white would be taken for a face."""
    if not obj.material_slots:
        obj.data.materials.append(plain)
    for slot in obj.material_slots:
        slot.material = slot.material or plain


def show(material: Any) -> None:
    """Red and green: the face's colour, on black where it shows less; blue: how much of it shows."""
    tree = material.node_tree
    out = next((node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial"), None)
    if out is None:
        return
    emission = tree.nodes.new("ShaderNodeEmission")
    emission.inputs["Color"].default_value = (0, 0, 0, 1)
    face = next((node for node in tree.nodes if node.bl_idname == "ShaderNodeGroup" and "Mask" in node.outputs), None)
    if face is not None:
        for link in list(face.inputs["Base Color"].links):
            tree.links.remove(link)
        face.inputs["Base Color"].default_value = (0, 0, 0, 1)
        face.inputs["Skin"].default_value = 0.0
        split, join = tree.nodes.new("ShaderNodeSeparateXYZ"), tree.nodes.new("ShaderNodeCombineXYZ")
        tree.links.new(face.outputs["Color"], split.inputs[0])
        tree.links.new(split.outputs[0], join.inputs[0])
        tree.links.new(split.outputs[1], join.inputs[1])
        tree.links.new(face.outputs["Mask"], join.inputs[2])
        tree.links.new(join.outputs[0], emission.inputs["Color"])
    tree.links.new(emission.outputs[0], out.inputs["Surface"])


def offsets(scene: Any, frame: HeadFrame, yaw: float, told: dict[str, Vector]) -> str:
    """How far eyes, mouth and middle are off as seen from an angle, in shares of eye to chin."""
    seen = shot(scene, frame, yaw, 1)
    camera = scene.camera
    found = {name: read(seen, camera, point, frame.tall) for name, point in told.items()}
    card = read_card(ROOT / "blender_facegan" / "models" / "default.facegan")
    unit, level = card.eye_distance, 1.0 - card.eye_height
    tall = -CHIN * unit
    parts = []
    # From the side, the nose or the hair may hide the far eye.
    shown = (found["left_eye"],) if yaw else (found["right_eye"], found["left_eye"])
    eyes = [eye for eye in shown if eye is not None]
    if eyes:
        parts.append(f"eyes {max(abs(eye[1] - level) for eye in eyes) / tall:.1%}")
    mouth = found.get("mouth")
    if mouth is not None:
        parts.append(f"mouth {abs(mouth[1] - (level + MOUTH * unit)) / tall:.1%}")
    if len(eyes) == 2 and yaw == 0:
        parts.append(f"distance {(eyes[1][0] - eyes[0][0]) / unit:.2f}")
        parts.append(f"middle {abs((eyes[0][0] + eyes[1][0]) / 2 - 0.5) / tall:.1%}")
    return f"{yaw:.0f}: " + ", ".join(parts or ["nothing seen"])


def read(seen: NDArray[np.float32], camera: Any, point: Vector, tall: float) -> NDArray[np.float64] | None:
    """The place in the picture that is seen at a point: from the face's pixels about it, fitted by a plane."""
    local = camera.matrix_world.inverted() @ point
    scale = SIDE / camera.data.ortho_scale
    x, y = SIDE / 2 + local.x * scale, SIDE / 2 - local.y * scale
    rows, columns = np.nonzero(seen[..., 2] > 0.9)
    away = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    for reach in (0.08, 0.16, 0.25):
        near = away < reach * tall * scale
        if near.sum() > 40:
            break
    if near.sum() < 12:
        return None
    basis = np.column_stack((columns[near] + 0.5 - x, rows[near] + 0.5 - y, np.ones(near.sum())))
    values = seen[rows[near], columns[near]].astype(np.float64)
    fit = np.linalg.lstsq(basis, values[:, :2] / values[:, 2:3], rcond=None)[0]
    result: NDArray[np.float64] = fit[2]
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
