"""From a plan's folders to exemplars: reads every material and measures it at the densities that training uses."""

from collections.abc import Callable, Sequence

from engine.errors import DataError
from engine.training.data.exemplars import Exemplar, measure, surface_height
from engine.training.data.materials import RawMaterial, read_materials
from engine.training.plan import TexturePlan

Progress = Callable[[str, int, int], None]
"""Called as progress(stage, steps done, steps in all)."""


def prepare_materials(plan: TexturePlan, progress: Progress) -> tuple[list[list[Exemplar]], tuple[str, ...]]:
    """Every material at its training densities, and the licences of the data."""
    raw = read_all(plan)
    materials = []
    for index, material in enumerate(raw):
        materials.append(at_densities(material, plan.crop_px))
        progress("read", index + 1, len(raw))
    return materials, tuple(sorted({material.licence for material in raw}))


def read_all(plan: TexturePlan) -> list[RawMaterial]:
    """The materials of all folders. Raises DataError where a class has none."""
    classes = plan.class_of()
    raw = [material for data in plan.data for material in read_materials(data.folder, classes, data.frame_px)]
    missing = set(plan.classes) - {material.texture_class for material in raw}
    if missing:
        raise DataError(f"no material was found for the classes {', '.join(sorted(missing))}")
    return raw


def at_densities(material: RawMaterial, crop_px: int) -> list[Exemplar]:
    """The exemplars of a material: as it is, and halved once and twice while a crop still fits."""
    height = surface_height(material)
    halvings = [count for count in range(3) if count == 0 or material.albedo.shape[0] >> count >= crop_px]
    return [exemplar for count in halvings for exemplar in measure(material, count, height)]


def longest_edge_px(materials: Sequence[Sequence[Exemplar]]) -> int:
    """Edge of the largest exemplar."""
    return max(int(exemplar.targets.shape[-1]) for material in materials for exemplar in material)
