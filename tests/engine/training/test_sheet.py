"""The sample sheet shows real and painted materials side by side."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from engine.training.data.exemplars import Exemplar
from engine.training.data.sampler import Sampler
from engine.training.model import TextureModel
from engine.training.plan import TexturePlan
from engine.training.sheet import CELL_PX, write_sheet

Exemplars = list[list[Exemplar]]


def test_sheet_has_a_row_per_material_with_the_real_albedo_first(
    exemplars: Exemplars, make_sampler: Callable[[TexturePlan], Sampler], tiny_plan: TexturePlan, tmp_path: Path
) -> None:
    model = TextureModel(tiny_plan.network_config(), tiny_plan)
    write_sheet(tmp_path / "sheet.png", model, make_sampler(tiny_plan))
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (CELL_PX * len(exemplars), 5 * CELL_PX, 3)
    for row, material in enumerate(exemplars):
        real = sheet[row * CELL_PX : (row + 1) * CELL_PX, :CELL_PX]
        assert np.allclose(real.mean((0, 1))[::-1] / 255, material[0].palette[1], atol=0.02)
