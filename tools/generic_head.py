"""Make the generic head that light is measured on: normals, template and weights of a face in one small file.

    python -m tools.generic_head base.obj --targets A.target.gz B.target.gz --faces images.npy --out generic_head.npz

`base.obj` and the targets (whose mean is added to it) are MakeHuman's hm08, CC0; `images.npy` holds aligned faces uint8
[N, S, S, 3] of a prepared dataset, of which nothing but a median of all is kept. The file holds int8 or uint8 rasters
[H, W], rows downwards, in a frame of its own (see `FRAME`) whose unit is the distance between the eyes:

- `normals` int8 [H, W, 3]: right, up, towards the viewer, times 127; where no head is, (0, 0, 0).
- `template` uint8 [H, W]: what a face is beside its mean skin in even light (brows, lips, sockets), times 100.
- `weight` uint8 [H, W]: how much a pixel tells of the light, times 255: 0 where hair may be, low on eyes and mouth.
- `frame` float32 [3]: left and top edge from the middle between the eyes, in eye distances; pixels an eye distance.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

LEFT, TOP, RIGHT, BOTTOM = -2.0, -1.8, 2.0, 2.4
PIXELS = 40
"""The frame, in eye distances from the middle between the eyes, and its pixels an eye distance."""
FRAME = np.array([LEFT, TOP, PIXELS], np.float32)
NORMAL_BLUR = 0.065
"""Standard deviation in eye distances: 1.5 pixels of a 64-pixel crop, as far as landmarks are out."""
FACE_LENGTH = 0.93
"""What heights are multiplied by: the mesh's mouth stands 1.13 eye distances below its eyes, photographs' 1.05."""
GEOMETRY = (0.36, 0.38)
"""Eye distance and height of the faces in `images.npy`, as shares of their side."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

Floats = NDArray[np.float32]


def read_mesh(path: Path, targets: list[Path]) -> tuple[Floats, NDArray[np.int64], dict[str, Floats]]:
    """Vertices [V, 3], triangles of the body [T, 3] and the eye joints' vertices, the targets' mean added."""
    points: list[list[float]] = []
    triangles: list[list[int]] = []
    joints: dict[str, set[int]] = {}
    group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if line.startswith("v "):
            points.append([float(word) for word in words[1:4]])
        elif line.startswith("g "):
            group = words[1]
        elif line.startswith("f "):
            corners = [int(word.split("/")[0]) - 1 for word in words[1:]]
            if group in ("body", "helper-l-eye", "helper-r-eye"):
                triangles += [[corners[0], corners[i], corners[i + 1]] for i in range(1, len(corners) - 1)]
            elif group in ("joint-l-eye", "joint-r-eye"):
                joints.setdefault(group, set()).update(corners)
    vertices = np.array(points, np.float32)
    for target in targets:
        for line in gzip.decompress(target.read_bytes()).decode().splitlines():
            words = line.split()
            if words and not line.startswith("#"):
                vertices[int(words[0])] += np.array(words[1:4], np.float32) / len(targets)
    return vertices, np.array(triangles), {name: vertices[sorted(own)] for name, own in joints.items()}


def vertex_normals(vertices: Floats, triangles: NDArray[np.int64]) -> Floats:
    """Smooth unit normals [V, 3], triangles weighted by their area."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], flat)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9), np.float32)


def rasterise(positions: Floats, values: Floats, triangles: NDArray[np.int64]) -> Floats:
    """The values [V, C] of the nearest surface seen along -z, [H, W, C]; NaN where there is none."""
    height, width = round((BOTTOM - TOP) * PIXELS), round((RIGHT - LEFT) * PIXELS)
    picture = np.full((height, width, values.shape[1]), np.nan, np.float32)
    depth = np.full((height, width), -np.inf, np.float32)
    x = (positions[:, 0] - LEFT) * PIXELS - 0.5
    y = (-positions[:, 1] - TOP) * PIXELS - 0.5
    for corners in triangles:
        xs, ys = x[corners], y[corners]
        left, right = max(int(np.ceil(xs.min())), 0), min(int(xs.max()), width - 1)
        top, bottom = max(int(np.ceil(ys.min())), 0), min(int(ys.max()), height - 1)
        area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (ys[1] - ys[0])
        if left > right or top > bottom or abs(area) < 1e-9:
            continue
        grid_y, grid_x = np.mgrid[top : bottom + 1, left : right + 1]
        second = ((grid_x - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (grid_y - ys[0])) / area
        third = ((xs[1] - xs[0]) * (grid_y - ys[0]) - (grid_x - xs[0]) * (ys[1] - ys[0])) / area
        shares = np.stack([1 - second - third, second, third], axis=-1)
        own = shares @ positions[corners, 2]
        window = (slice(top, bottom + 1), slice(left, right + 1))
        nearer = (shares >= -1e-4).all(axis=-1) & (own > depth[window])
        depth[window][nearer] = own[nearer]
        picture[window][nearer] = (shares @ values[corners])[nearer]
    return picture


def head_normals(base: Path, targets: list[Path]) -> Floats:
    """The head's normals in the frame, [H, W, 3], mirrored and blurred, of length 0 where no head is."""
    vertices, triangles, joints = read_mesh(base, targets)
    eyes = [points.mean(axis=0) for points in joints.values()]
    unit = abs(eyes[0][0] - eyes[1][0])
    vertices = (vertices - (eyes[0] + eyes[1]) / 2) / unit
    vertices[:, 1] *= FACE_LENGTH
    near = (np.abs(vertices) < 4).all(axis=1)
    triangles = triangles[near[triangles].all(axis=1)]
    normals = rasterise(vertices, vertex_normals(vertices, triangles), triangles)
    there = ~np.isnan(normals[..., 0])
    filled = np.where(there[..., None], normals, 0)
    sigma = NORMAL_BLUR * PIXELS
    cover = gaussian_filter(there.astype(np.float32), sigma)
    blurred = np.stack([gaussian_filter(filled[..., axis], sigma) for axis in range(3)], axis=-1)
    blurred = blurred + blurred[:, ::-1] * np.array([-1, 1, 1], np.float32)
    there = (cover > 0.5) & (cover[:, ::-1] > 0.5)
    length = np.maximum(np.linalg.norm(blurred, axis=-1, keepdims=True), 1e-6)
    return np.asarray(np.where(there[..., None], blurred / length, 0), np.float32)


def crop_to_frame(raster: Floats, outside: float) -> Floats:
    """A raster [S, S] of a crop of `GEOMETRY`, resampled into the frame; `outside` beyond the crop."""
    side = raster.shape[0]
    height, width = round((BOTTOM - TOP) * PIXELS), round((RIGHT - LEFT) * PIXELS)
    rows, columns = np.mgrid[:height, :width]
    x = ((columns + 0.5) / PIXELS + LEFT) * GEOMETRY[0] * side + side / 2 - 0.5
    y = ((rows + 0.5) / PIXELS + TOP) * GEOMETRY[0] * side + GEOMETRY[1] * side - 0.5
    resampled = map_coordinates(raster, [y, x], order=1, mode="nearest")
    inside = (x > -0.5) & (x < side - 0.5) & (y > -0.5) & (y < side - 0.5)
    return np.asarray(np.where(inside, resampled, outside), np.float32)


def face_template(images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Median and spread (median absolute deviation of the logarithm) of face over mean skin, mirrored, [S, S] each."""
    side = images.shape[1]
    unit = GEOMETRY[0] * side
    middle, eyes = side / 2, GEOMETRY[1] * side
    cheeks = [
        np.s_[
            :,
            round(eyes + 0.4 * unit) : round(eyes + 0.84 * unit),
            round(middle + (at - 0.22) * unit) : round(middle + (at + 0.22) * unit),
        ]
        for at in (-0.5, 0.5)
    ]
    ratios = np.empty((len(images), side, side), np.float16)
    for start in range(0, len(images), 1000):
        light = (images[start : start + 1000] / np.float32(255)) ** np.float32(2.2) @ LUMINANCE
        skin = np.mean([light[cheek].mean(axis=(1, 2)) for cheek in cheeks], axis=0)
        ratios[start : start + 1000] = light / np.maximum(skin, 0.01)[:, None, None]
    median, spread = np.empty((side, side), np.float32), np.empty((side, side), np.float32)
    for row in range(side):
        both = np.concatenate([ratios[:, row], ratios[:, row, ::-1]]).astype(np.float32)
        median[row] = np.median(both, axis=0)
        spread[row] = np.median(np.abs(np.log(np.maximum(both, 1e-3) / np.maximum(median[row], 1e-3))), axis=0)
    return median, spread


def ellipse(x: Floats, y: Floats, at: tuple[float, float], radii: tuple[float, float], soft: float = 0.25) -> Floats:
    """1 inside an ellipse, 0 outside, with a soft edge a share `soft` of the radius wide."""
    distance = np.hypot((x - at[0]) / radii[0], (y - at[1]) / radii[1])
    return np.asarray(np.clip((1 - distance) / soft + 0.5, 0, 1), np.float32)


def weights(normals: Floats) -> Floats:
    """How much each pixel of the frame tells of the light, [H, W], 0 to 1."""
    rows, columns = np.mgrid[: normals.shape[0], : normals.shape[1]].astype(np.float32)
    x, y = (columns + 0.5) / PIXELS + LEFT, (rows + 0.5) / PIXELS + TOP
    face = ellipse(x, y, (0, 0.42), (0.98, 1.28), 0.12) * (normals[..., 2] > 0.2)
    features = [((side * 0.5, -0.03), (0.34, 0.26)) for side in (-1, 1)]
    features += [((0.0, 1.04), (0.46, 0.22)), ((0.0, 0.66), (0.26, 0.10))]
    dull = np.max([ellipse(x, y, at, radii) for at, radii in features], axis=0)
    return np.asarray(face * (1 - 0.85 * dull), np.float32)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("--targets", type=Path, nargs="*", default=[])
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--show", type=Path, help="also write the rasters as one PNG to look at")
    arguments = parser.parse_args()
    normals = head_normals(arguments.base, arguments.targets)
    median, spread = face_template(np.load(arguments.faces, mmap_mode="r", allow_pickle=False))
    template, weight = crop_to_frame(median, 1.0), weights(normals)
    np.savez_compressed(
        arguments.out,
        normals=np.round(normals * 127).astype(np.int8),
        template=np.clip(np.round(template * 100), 1, 255).astype(np.uint8),
        weight=np.round(weight * 255).astype(np.uint8),
        frame=FRAME,
    )
    if arguments.show:
        shown = [*np.moveaxis(normals * 0.5 + 0.5, -1, 0), template / 1.5, weight, crop_to_frame(spread, 0.0)]
        whole = np.asarray(np.clip(np.concatenate(shown, axis=1), 0, 1) * 255, np.uint8)
        Image.fromarray(whole).save(arguments.show)


if __name__ == "__main__":
    main()
