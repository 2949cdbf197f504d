from pathlib import Path

import numpy as np

from engine.training.data.materials import RawMaterial
from engine.training.data.preparation import prepare_materials
from engine.training.plan import TexturePlan
from engine.training.timed.provisions import bare, ordered, provide, thinned


def raw(name: str, texture_class: str, size_px: int = 8) -> RawMaterial:
    return RawMaterial(name, texture_class, "own", np.zeros((size_px, size_px, 3), np.uint8), None, None, None)


def test_thinning_keeps_something_of_every_class() -> None:
    materials = [raw(str(number), "ab"[number % 2]) for number in range(10)] + [raw("c", "c")]
    kept = thinned(materials, 4)
    assert [material.name for material in kept] == ["0", "1", "8", "9", "c"]
    assert thinned(materials, 1) == materials


def test_the_largest_materials_come_first() -> None:
    assert [item.name for item in ordered([raw("s", "a", 4), raw("l", "a", 16), raw("m", "a", 8)])] == ["l", "m", "s"]


def test_processes_provide_what_one_process_prepares(tiny_plan: TexturePlan) -> None:
    provisions = provide(tiny_plan, 2, drawn_count=2, gallery_seeds=3)
    materials, licences = prepare_materials(tiny_plan, lambda *_: None)
    assert len(provisions.materials) == len(materials)
    assert provisions.licences == licences
    assert provisions.gallery.shape == (3, 3, 3, 256, 256)
    assert -1 <= provisions.gallery.min() <= provisions.gallery.max() <= 1
    bank_rows = {exemplars[0].name for exemplars in provisions.materials}
    assert bank_rows == {exemplars[0].name for exemplars in materials}


def test_bare_exemplar_has_what_the_bank_needs(tiny_plan: TexturePlan) -> None:
    materials, _ = prepare_materials(tiny_plan, lambda *_: None)
    exemplar = bare(materials[0][0])
    assert exemplar.height.size == exemplar.structure.size == 0
    assert np.array_equal(exemplar.targets, materials[0][0].targets)


def test_folder_is_not_touched(tiny_plan: TexturePlan, steady_folders: tuple[Path, Path]) -> None:
    before = sorted(path for folder in steady_folders for path in folder.rglob("*"))
    provide(tiny_plan, 1, 1, 1, every=2)
    assert sorted(path for folder in steady_folders for path in folder.rglob("*")) == before
