import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.geometry.axes import GLTF, UNITY, UNREAL, USD, Axes

ALL = [GLTF, USD, UNITY, UNREAL]
components = st.floats(-100, 100, width=32)
vectors = st.tuples(components, components, components).map(lambda values: np.asarray(values, np.float32))
quaternions = (
    st.tuples(components, components, components, components)
    .map(lambda values: np.asarray(values, np.float64))
    .filter(lambda values: bool(np.linalg.norm(values) > 0.1))
    .map(lambda values: (values / np.linalg.norm(values)).astype(np.float32))
)


def rotated(quaternion: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float64]:
    """`vector` turned by a unit quaternion x, y, z, w, by the formula of Euler and Rodrigues."""
    axis, real = quaternion[:3].astype(np.float64), float(quaternion[3])
    turned = np.cross(axis, np.cross(axis, vector) + real * vector)
    return np.asarray(vector + 2 * turned, np.float64)


@pytest.mark.parametrize(
    ("axes", "x", "y", "z"),
    [
        (GLTF, [1, 0, 0], [0, 1, 0], [0, 0, 1]),
        (USD, [1, 0, 0], [0, 1, 0], [0, 0, 1]),
        (UNITY, [-1, 0, 0], [0, 1, 0], [0, 0, 1]),
        (UNREAL, [100, 0, 0], [0, 0, 100], [0, 100, 0]),
    ],
)
def test_one_meter_along_each_axis_lands_where_the_engines_importers_put_it(
    axes: Axes, x: list[float], y: list[float], z: list[float]
) -> None:
    assert axes.points(np.eye(3, dtype=np.float32)).tolist() == [x, y, z]


@pytest.mark.parametrize("axes", ALL)
def test_up_is_up_everywhere(axes: Axes) -> None:
    up = axes.directions(np.asarray([0, 1, 0], np.float32))
    assert up.tolist() == ([0, 0, 1] if axes is UNREAL else [0, 1, 0])


@pytest.mark.parametrize("axes", ALL)
@given(quaternion=quaternions, vector=vectors)
def test_turning_and_converting_may_change_places(
    axes: Axes, quaternion: NDArray[np.float32], vector: NDArray[np.float32]
) -> None:
    there = rotated(axes.rotations(quaternion), axes.directions(vector))
    here = axes.directions(rotated(quaternion, vector).astype(np.float32))
    np.testing.assert_allclose(there, here, atol=1e-3)


@pytest.mark.parametrize("axes", ALL)
@given(scale=vectors, vector=vectors)
def test_scaling_and_converting_may_change_places(
    axes: Axes, scale: NDArray[np.float32], vector: NDArray[np.float32]
) -> None:
    there = axes.scales(scale) * axes.directions(vector)
    np.testing.assert_array_equal(there, axes.directions(scale * vector))


@pytest.mark.parametrize("axes", ALL)
@given(vector=vectors)
def test_lengths_change_by_the_unit_only(axes: Axes, vector: NDArray[np.float32]) -> None:
    length = np.linalg.norm(vector.astype(np.float64))
    for there, factor in ((axes.points(vector), axes.units_per_meter), (axes.directions(vector), 1)):
        np.testing.assert_allclose(np.linalg.norm(there.astype(np.float64)), length * factor, rtol=1e-5, atol=1e-6)


def test_unity_and_unreal_are_left_handed() -> None:
    assert [axes.mirrored for axes in ALL] == [False, False, True, True]


@pytest.mark.parametrize("axes", ALL)
@given(corners=st.tuples(vectors, vectors, vectors))
def test_fronts_stay_fronts(axes: Axes, corners: tuple[NDArray[np.float32], ...]) -> None:
    position = np.stack(corners).astype(np.float64)
    normal = np.cross(position[1] - position[0], position[2] - position[0]).astype(np.float32)
    first, second, third = axes.points(np.stack(corners))[axes.triangles(np.asarray([[0, 1, 2]], np.uint32))[0]]
    face = np.cross((second - first).astype(np.float64), (third - first).astype(np.float64))
    # By the right-hand rule a left-handed frame shows the back of what runs counter-clockwise.
    if axes.mirrored != axes.clockwise_front:
        face = -face
    np.testing.assert_allclose(face, axes.directions(normal) * axes.units_per_meter**2, rtol=0.01, atol=100)


@pytest.mark.parametrize("axes", ALL)
@given(normal=quaternions, tangent=quaternions, sign=st.sampled_from([-1.0, 1.0]))
def test_bitangents_are_converted_like_other_directions(
    axes: Axes, normal: NDArray[np.float32], tangent: NDArray[np.float32], sign: float
) -> None:
    bitangent = np.cross(normal[:3], tangent[:3]) * sign
    there = axes.tangents(np.asarray([*tangent[:3], sign], np.float32))
    found = np.cross(axes.directions(normal[:3]), there[:3]) * there[3]
    np.testing.assert_allclose(found, axes.directions(bitangent.astype(np.float32)), atol=1e-5)


@pytest.mark.parametrize("axes", ALL)
def test_a_grid_of_heights_lies_on_the_converted_points(axes: Axes) -> None:
    height = np.arange(12, dtype=np.float32).reshape(3, 4)  # rows along +Z, columns along +X
    z, x = np.mgrid[0:3, 0:4]
    points = axes.points(np.stack([x, height, z], axis=-1).astype(np.float32)) / axes.units_per_meter
    up = 2 if axes is UNREAL else 1
    first, second = (points[..., axis] - points[..., axis].min() for axis in range(3) if axis != up)
    expected = np.empty((3, 4), np.float32)
    expected[second.astype(int), first.astype(int)] = points[..., up]
    np.testing.assert_array_equal(axes.heights(height), expected)
