from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.geometry.mesh import Mesh
from engine.geometry.props.library import PROPS, build_prop
from engine.geometry.props.materials import PROP_MATERIALS, TEXTURED
from engine.geometry.props.table import BIOMES
from engine.geometry.scene import Lod, Model

KINDS = st.sampled_from(sorted(PROPS))
SEEDS = st.integers(-(2**31), 2**31)
TREES = ("broadleaf_tree", "birch", "conifer", "palm", "dead_tree")


def meshes(model: Model) -> list[tuple[str, Mesh]]:
    return [(PROP_MATERIALS[part.material].name, part.mesh) for lod in model.lods for part in lod.primitives]


def bounds(lod: Lod) -> tuple[np.ndarray, np.ndarray]:
    corners = [part.mesh.bounds() for part in lod.primitives]
    return np.min([low for low, _ in corners], axis=0), np.max([high for _, high in corners], axis=0)


def triangle_count(lod: Lod) -> int:
    return sum(part.mesh.triangle_count for part in lod.primitives)


@settings(max_examples=120)
@given(KINDS, SEEDS)
def test_every_mesh_is_sound(open_edges: Callable[..., int], kind: str, seed: int) -> None:
    for material, mesh in meshes(build_prop(kind, seed)):
        assert np.isfinite(mesh.position).all()
        np.testing.assert_allclose(np.linalg.norm(mesh.normal, axis=1), 1.0, atol=1e-5)
        assert mesh.triangle.max() < mesh.vertex_count
        corner = mesh.position.astype(np.float64)[mesh.triangle]
        facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        assert np.linalg.norm(facing, axis=1).min() > 1e-9
        assert open_edges(mesh.position, mesh.triangle) == 0
        assert np.einsum("ti,ti->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) > -1e-9
        if material in TEXTURED:
            assert mesh.texture_coordinate is not None
            agree = np.einsum("ti,tki->tk", facing, mesh.normal.astype(np.float64)[mesh.triangle])
            assert (agree > 0).mean() > 0.97
        assert mesh.color is not None
        assert mesh.color.shape == (mesh.vertex_count, 4)
        assert (mesh.color[:, 3] == 255).all()


@settings(max_examples=60)
@given(KINDS, SEEDS)
def test_levels_get_coarser_and_keep_the_outline(kind: str, seed: int) -> None:
    model = build_prop(kind, seed)
    fine, medium, coarse = (triangle_count(lod) for lod in model.lods)
    assert fine > medium > coarse
    assert fine <= 3200
    assert coarse <= 60
    assert model.lods[0].coverage > model.lods[1].coverage > model.lods[2].coverage == 0.0
    low, high = bounds(model.lods[0])
    size = float((high - low).max())
    for lod in model.lods[1:]:
        other_low, other_high = bounds(lod)
        assert abs(other_high[1] - high[1]) < 0.32 * (high[1] - low[1]) + 0.02
        assert abs(np.stack([other_low - low, other_high - high])[:, [0, 2]]).max() < 0.42 * size


@settings(max_examples=40)
@given(KINDS, SEEDS)
def test_props_stand_on_the_ground(kind: str, seed: int) -> None:
    low, high = bounds(build_prop(kind, seed).lods[0])
    assert low[1] <= 0.02
    assert high[1] > 0.08
    assert high[1] > -low[1]
    assert (low[[0, 2]] < 0.0).all()
    assert (high[[0, 2]] > 0.0).all()


@pytest.mark.parametrize("kind", TREES)
def test_trees_are_as_tall_as_asked(kind: str) -> None:
    for height_m in (5.0, 12.0):
        _, high = bounds(build_prop(kind, 3, {"height_m": height_m}).lods[0])
        assert 0.75 * height_m < high[1] < 1.35 * height_m


@pytest.mark.parametrize("kind", PROPS)
def test_the_same_seed_gives_the_same_bytes_and_another_one_another_prop(kind: str) -> None:
    once, again, other = (meshes(build_prop(kind, seed)) for seed in (5, 5, 6))
    for (name, mesh), (same_name, same) in zip(once, again, strict=True):
        assert name == same_name
        assert mesh.position.tobytes() == same.position.tobytes()
        assert mesh.normal.tobytes() == same.normal.tobytes()
        assert mesh.triangle.tobytes() == same.triangle.tobytes()
    different = [
        one.position.tobytes() != two.position.tobytes() or np.any(one.color != two.color)
        for (_, one), (_, two) in zip(once, other, strict=False)
    ]
    assert any(different)


@pytest.mark.parametrize("kind", PROPS)
def test_every_parameter_may_be_at_its_ends(kind: str, open_edges: Callable[..., int]) -> None:
    for parameter in PROPS[kind].parameters:
        for value in (parameter.lowest, parameter.highest):
            for _, mesh in meshes(build_prop(kind, 1, {parameter.name: value})):
                assert np.isfinite(mesh.position).all()
                np.testing.assert_allclose(np.linalg.norm(mesh.normal, axis=1), 1.0, atol=1e-5)
                assert open_edges(mesh.position, mesh.triangle) == 0


def test_materials_are_counted_from_the_first() -> None:
    one, two = build_prop("hut", 1), build_prop("hut", 1, first_material=100)
    pairs = zip(one.lods[0].primitives, two.lods[0].primitives, strict=True)
    assert {second.material - first.material for first, second in pairs} == {100}


def test_one_primitive_per_material() -> None:
    for kind in PROPS:
        materials = [part.material for part in build_prop(kind, 0).lods[0].primitives]
        assert len(materials) == len(set(materials))


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        ("spaceship", {}, ["prop.kind", "spaceship", "broadleaf_tree"]),
        ("birch", {"arms": 2.0}, ["prop.birch", "arms", "height_m"]),
        ("birch", {"height_m": 400.0}, ["prop.birch.height_m", "400.0", "4 to 20"]),
        ("birch", {"height_m": float("nan")}, ["prop.birch.height_m", "nan", "4 to 20"]),
    ],
)
def test_bad_requests_name_field_value_and_range(kind: str, parameters: dict[str, float], words: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        build_prop(kind, 1, parameters)
    assert [word for word in words if word not in str(caught.value)] == []


def test_kinds_are_described_and_belong_somewhere() -> None:
    assert len(PROPS) >= 14
    for name, kind in PROPS.items():
        assert name == kind.name
        assert kind.description
        assert set(kind.densities) <= set(BIOMES)
        assert kind.radius_m > 0.0
        assert 0.0 < kind.scale[0] <= kind.scale[1]
    covered = {biome for kind in PROPS.values() for biome in kind.densities}
    assert covered == set(BIOMES)
