import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.raster import Visible
from engine.codecs.render.surfaces import blocks_of, shared_shading

# Two by three pixels of two by two samples: inside of a surface, an edge, nothing, a step in depth, inside, half empty.
TRIANGLE = np.array([[0, 0, 0, 2, -1, -1], [0, 1, 0, 2, -1, -1], [0, 0, 2, 3, 0, -1], [0, 0, 2, 3, 0, 0]])
NEARNESS = np.where(TRIANGLE >= 0, np.float32(0.5), np.float32(0.0)).astype(np.float32)
NEARNESS[2:, :2] = [[0.5, 0.2], [0.5, 0.5]]
MATERIAL = np.array([7, 7, 8, 8], np.int32)
VIEW = Visible(TRIANGLE.astype(np.int64), NEARNESS)


def test_samples_of_one_surface_share_a_shading_and_edges_do_not() -> None:
    lead, wide = (values.reshape(4, 6) for values in blocks_of(VIEW, MATERIAL, 2))
    own = np.arange(24).reshape(4, 6)
    assert (lead[:2, :2] == 0).all()  # two triangles of one material
    assert (lead[2:, 2:4] == own[2, 2]).all()
    np.testing.assert_array_equal(lead[:2, 2:4], own[:2, 2:4])  # two materials
    np.testing.assert_array_equal(lead[2:, :2], own[2:, :2])  # one much nearer than another
    np.testing.assert_array_equal(lead[:, 4:], own[:, 4:])  # partly nothing
    shared = np.zeros((4, 6), bool)
    shared[:2, :2] = shared[2:, 2:4] = True
    np.testing.assert_array_equal(wide, np.where(shared, 2.0, 1.0))


def test_one_sample_per_pixel_shares_nothing() -> None:
    lead, wide = blocks_of(VIEW, MATERIAL, 1)
    np.testing.assert_array_equal(lead, np.arange(24))
    np.testing.assert_array_equal(wide, 1.0)


def test_every_pixel_gets_the_light_of_its_lead_over_what_was_there() -> None:
    lead, _ = blocks_of(VIEW, MATERIAL, 2)
    pixels = np.flatnonzero(TRIANGLE.ravel() >= 0)
    color = np.full((24, 3), 0.25, np.float32)
    asked: list[int] = []

    def shade(chosen: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        asked.extend(chosen.tolist())
        return np.tile(chosen[:, None].astype(np.float32), (1, 3)), np.full(len(chosen), 0.5, np.float32)

    shared_shading(color, pixels, lead, shade)
    assert sorted(asked) == sorted(set(lead[pixels].tolist()))
    expected = np.full(24, 0.25)
    expected[pixels] = 0.5 * 0.25 + 0.5 * lead[pixels]
    np.testing.assert_allclose(color[:, 0], expected, rtol=1e-6)
