"""A user's own prop: one GLB file to one model, with every node's transform baked into the vertices.

Read are triangles with positions, normals, the first texture coordinates and colors, and metallic-roughness materials.
Animations, cameras and lights are left out; what would look wrong is refused with the reason.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.reader.container import Container
from engine.codecs.gltf.reader.fields import Fields, refusal
from engine.codecs.gltf.reader.surfaces import Look, Surfaces
from engine.errors import DataError
from engine.geometry.mesh import Mesh, joined
from engine.geometry.scene import Lod, Material, Model, Primitive

FILE_MAX_BYTES = 64 * 1024 * 1024
VERTICES_MAX = 500_000
TRIANGLES_MAX = 500_000
NODES_MAX = 10_000

_SUPPORTED = {
    "KHR_lights_punctual",
    "KHR_materials_emissive_strength",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
}
_TRIANGLES = 4
_NO_MATERIAL = Look(Material("default"))
_Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prop:
    """A model and its own materials: the material of a primitive is an index into `materials`."""

    model: Model
    materials: tuple[Material, ...]


@dataclass(slots=True)
class _Collected:
    """The placed pieces of the file, by material and by which attributes they have."""

    pieces: dict[tuple[Material, bool, bool], list[Mesh]] = field(default_factory=dict)
    vertex_count: int = 0
    triangle_count: int = 0

    def add(self, mesh: Mesh, material: Material) -> None:
        key = material, mesh.texture_coordinate is None, mesh.color is None
        self.pieces.setdefault(key, []).append(mesh)

    def count(self, mesh: Mesh) -> None:
        """Raises DataError once the limits are exceeded."""
        self.vertex_count += mesh.vertex_count
        self.triangle_count += mesh.triangle_count
        if self.vertex_count > VERTICES_MAX or self.triangle_count > TRIANGLES_MAX:
            raise DataError(
                f"more than {VERTICES_MAX} vertices or {TRIANGLES_MAX} triangles with all its nodes is not allowed"
            )


def read_prop(data: bytes, name: str) -> Prop:
    """The model in a GLB file, with one level of detail and one primitive for each material.

    name  of the file; becomes the model's name and starts the line of every error

    Raises DataError saying what is wrong with a file that is broken, foreign, too large or uses what is not supported:
    data outside of the file, compressed meshes, skins, sparse accessors, rotated images. No other error comes out,
    whatever the bytes are.
    """
    try:
        return _read(data, name)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def _read(data: bytes, name: str) -> Prop:
    if len(data) > FILE_MAX_BYTES:
        raise DataError(f"{len(data)} bytes are not allowed; allowed: {FILE_MAX_BYTES}")
    container = Container(data)
    document = container.document
    for extension in document.texts("extensionsRequired"):
        if extension not in _SUPPORTED:
            raise refusal("extensionsRequired", extension, ", ".join(sorted(_SUPPORTED)))
    surfaces, collected = Surfaces(container), _Collected()
    meshes = document.sections("meshes")
    read: dict[int, list[tuple[Mesh, Material]]] = {}
    for node, matrix in _placed_nodes(document):
        if "skin" in node:
            raise DataError(f"{node.place}.skin: a skinned mesh is not allowed; allowed: meshes that keep their form")
        index = node.integer("mesh", len(meshes) - 1)
        if index not in read:
            primitives = meshes[index].sections("primitives")
            read[index] = [read_primitive(container, surfaces, primitive) for primitive in primitives]
        for mesh, material in read[index]:
            collected.count(mesh)
            if mesh.triangle_count:
                collected.add(_moved(mesh, matrix, node.place), material)
    if not collected.pieces:
        raise DataError("no triangles in the file")
    materials = list(dict.fromkeys(material for material, _, _ in collected.pieces))
    merged = tuple(Primitive(joined(pieces), materials.index(key[0])) for key, pieces in collected.pieces.items())
    return Prop(Model(name, (Lod(merged),)), tuple(materials))


def _placed_nodes(document: Fields) -> list[tuple[Fields, _Matrix]]:
    """The nodes of the file's scene that have a mesh, with their matrices [4, 4] into the scene."""
    nodes, scenes = document.sections("nodes"), document.sections("scenes")
    if len(nodes) > NODES_MAX:
        raise DataError(f"nodes: {len(nodes)} are not allowed; allowed: {NODES_MAX}")
    if scenes:
        roots = scenes[document.integer("scene", len(scenes) - 1, default=0)].integers("nodes", len(nodes) - 1)
    else:
        children = {child for node in nodes for child in node.integers("children", len(nodes) - 1)}
        roots = [index for index in range(len(nodes)) if index not in children]
    placed: list[tuple[Fields, _Matrix]] = []
    seen: set[int] = set()
    waiting = [(index, np.eye(4)) for index in reversed(roots)]
    while waiting:
        index, parent = waiting.pop()
        if index in seen:
            raise DataError(f"nodes.{index}: a second parent is not allowed; allowed: a tree")
        seen.add(index)
        matrix = parent @ _matrix(nodes[index])
        if "mesh" in nodes[index]:
            placed.append((nodes[index], matrix))
        waiting += [(child, matrix) for child in reversed(nodes[index].integers("children", len(nodes) - 1))]
    return placed


def _matrix(node: Fields) -> _Matrix:
    """The transform of a node [4, 4] into its parent."""
    if "matrix" in node:
        return np.asarray(node.numbers("matrix", tuple(np.eye(4).reshape(-1).tolist()))).reshape(4, 4).T
    x, y, z, w = rotation = node.numbers("rotation", (0.0, 0.0, 0.0, 1.0))
    length = float(np.linalg.norm(rotation))
    if not 0.5 < length < 2:
        raise refusal(f"{node.place}.rotation", f"length {length:g}", "a unit quaternion")
    x, y, z, w = x / length, y / length, z / length, w / length
    turned = np.asarray(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turned * np.asarray(node.numbers("scale", (1.0, 1.0, 1.0)))
    matrix[:3, 3] = node.numbers("translation", (0.0, 0.0, 0.0))
    return matrix


def read_primitive(container: Container, surfaces: Surfaces, fields: Fields) -> tuple[Mesh, Material]:
    """A mesh in its own space, texture coordinates where its images lie, and its material."""
    if fields.integer("mode", 6, default=_TRIANGLES) != _TRIANGLES:
        raise refusal(f"{fields.place}.mode", fields.integer("mode", 6), f"{_TRIANGLES} (triangles)")
    mesh = _read_geometry(container, fields)
    if "material" not in fields:
        return mesh, _NO_MATERIAL.material
    look = surfaces.look(fields.integer("material", 2**31), textured=mesh.texture_coordinate is not None)
    if mesh.texture_coordinate is not None:
        placement = np.asarray(look.placement, np.float32)
        mesh = replace(mesh, texture_coordinate=mesh.texture_coordinate * placement[2:] + placement[:2])
    return mesh, look.material


def _read_geometry(container: Container, fields: Fields) -> Mesh:
    attributes = fields.section("attributes")
    values: dict[str, NDArray[np.float32]] = {}
    shapes = {"POSITION": ("VEC3",), "NORMAL": ("VEC3",), "TEXCOORD_0": ("VEC2",), "COLOR_0": ("VEC3", "VEC4")}
    for name, types in shapes.items():
        if name in attributes:
            read = container.accessor(attributes.integer(name, 2**31), types, VERTICES_MAX)
            values[name] = read.astype(np.float32)
            if not np.isfinite(values[name]).all():
                raise DataError(f"{attributes.place}.{name}: NaN or infinite is not allowed; allowed: finite numbers")
    if "POSITION" not in values:
        raise DataError(f"{attributes.place}.POSITION: missing")
    count = len(values["POSITION"])
    for name, array in values.items():
        if len(array) != count:
            raise refusal(f"{attributes.place}.{name}", f"{len(array)} vertices", f"{count} vertices")
    triangle = _read_triangles(container, fields, count)
    if "NORMAL" not in values:
        # Without normals the surface is flat (section 3.7.2.1 of the specification): no vertex is shared.
        values = {name: array[triangle.reshape(-1)] for name, array in values.items()}
        triangle = np.arange(triangle.size, dtype=np.uint32).reshape(-1, 3)
    position = values["POSITION"]
    return Mesh(
        position=position,
        normal=_unit_normals(values.get("NORMAL", np.zeros_like(position)), position, triangle),
        triangle=triangle,
        texture_coordinate=values.get("TEXCOORD_0"),
        color=_as_color(values["COLOR_0"]) if "COLOR_0" in values else None,
    )


def _read_triangles(container: Container, fields: Fields, vertex_count: int) -> NDArray[np.uint32]:
    """Vertex indices [triangles, 3]."""
    if "indices" in fields:
        read = container.accessor(fields.integer("indices", 2**31), ("SCALAR",), 3 * TRIANGLES_MAX)
        if read.dtype.kind != "u":
            raise refusal(f"{fields.place}.indices", str(read.dtype), "unsigned integers")
    else:
        read = np.arange(vertex_count)
    if len(read) % 3:
        raise refusal(f"{fields.place}.indices", len(read), "multiples of 3")
    if len(read) and int(read.max()) >= vertex_count:
        raise refusal(f"{fields.place}.indices", int(read.max()), f"0 to {vertex_count - 1}")
    return read.astype(np.uint32).reshape(-1, 3)


def _unit_normals(
    normal: NDArray[np.float32], position: NDArray[np.float32], triangle: NDArray[np.uint32]
) -> NDArray[np.float32]:
    """Normals at length 1; those without length become the mean of their triangles', or up if these have none."""
    lost = np.linalg.norm(normal.astype(np.float64), axis=1) < 1e-12
    full = normal.astype(np.float64)
    if lost.any():
        first, second, third = (position[triangle[:, corner]].astype(np.float64) for corner in range(3))
        face = np.cross(second - first, third - first)
        total = np.stack(
            [
                sum(np.bincount(triangle[:, corner], face[:, axis], len(position)) for corner in range(3))
                for axis in range(3)
            ],
            axis=1,
        )
        full[lost] = total[lost]
        full[np.linalg.norm(full, axis=1) < 1e-300] = (0, 1, 0)
    unit: NDArray[np.float32] = (full / np.linalg.norm(full, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _as_color(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colors [vertices, 3 or 4] as RGBA of 8 bits."""
    color = np.full((len(values), 4), 255, np.uint8)
    color[:, : values.shape[1]] = np.rint(np.clip(values, 0, 1) * 255)
    return color


def _moved(mesh: Mesh, matrix: _Matrix, place: str) -> Mesh:
    """The mesh in the scene's space; mirrored ones keep their fronts."""
    linear = matrix[:3, :3]
    determinant = float(np.linalg.det(linear))
    if not abs(determinant) > 1e-18:
        raise DataError(f"{place}: a scale of 0 is not allowed; allowed: scales that keep a volume")
    position = mesh.position @ linear.T + matrix[:3, 3]
    if not np.abs(position).max() < 1e6:
        raise DataError(f"{place}: coordinates beyond 1000 km are not allowed")
    normal = mesh.normal @ np.linalg.inv(linear)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    triangle = mesh.triangle if determinant > 0 else mesh.triangle[:, ::-1]
    return replace(mesh, position=position.astype(np.float32), normal=normal.astype(np.float32), triangle=triangle)
