"""`morphogen train texture` and `morphogen evaluate texture`: the panel judges the generator of this process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from engine.assets import Part
from engine.catalog import Catalog, load_catalog
from engine.codecs.files import check_places
from engine.codecs.image import decode_png
from engine.generators.whole import steps_of
from engine.requests.texture import MapKind, TextureRequest
from engine.training.evaluate import PanelSettings, evaluate_texture
from engine.training.panel.material import JudgedMap, MaterialArrays
from engine.training.panel.report import print_report
from engine.training.plan import TexturePlan
from engine.training.plan_file import read_plan
from engine.training.texture import train_texture
from workers.cli.options import JsonOption, TierOption, WeightsOption, weights_of
from workers.cli.progress import stage_bars
from workers.cli.training.running import (
    FreshOption,
    PlanArgument,
    ReportOption,
    findings_console,
    publish_report,
    training,
)

MAPS = (MapKind.ALBEDO, MapKind.NORMAL, MapKind.ROUGHNESS, MapKind.HEIGHT)

train_app = typer.Typer(add_completion=False)
evaluate_app = typer.Typer(add_completion=False)


@train_app.command()
def train(
    plan_file: PlanArgument,
    *,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train the texture generator on your own materials.

    The plan says which folders, which classes and for how long; configs/texture.yaml is the one of the shipped weights.
    An interrupted run goes on from its last checkpoint. `morphogen texture --weights FILE` uses the result.
    """
    plan = read_plan(TexturePlan, plan_file)
    with training(plan.output) as progress:
        weights = train_texture(plan, progress, resume=not fresh)
    typer.echo(json.dumps({"weights": str(weights)}) if as_json else f"weights in {weights}")


@evaluate_app.command()
def evaluate(  # noqa: PLR0913 - a command has as many arguments as it has options
    plan_file: PlanArgument,
    *,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Real textures to compare with.", show_default="the plan's first folder"),
    ] = None,
    weights: WeightsOption = None,
    tier: TierOption = None,
    judged: Annotated[JudgedMap, typer.Option("--map", help="Map whose likeness is judged.")] = JudgedMap.ALBEDO,
    count: Annotated[int, typer.Option(help="Pictures per set.")] = 256,
    size: Annotated[int, typer.Option(metavar="PX", help="Edge length at which pictures are judged.")] = 128,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
    second_encoder: Annotated[
        bool, typer.Option("--second-encoder", help="Let an encoder learned from half of the reals judge, too.")
    ] = False,
    report_file: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare generated textures with real ones, in one run with baselines and spoiled sets.

    Exit code 0: passed. 1: failed. 3: inconclusive, because a spoiled set was not caught.
    """
    check_places(report_file)
    plan = read_plan(TexturePlan, plan_file)
    settings = PanelSettings(count, size, seed, judged, second_encoder=second_encoder)
    catalog = load_catalog(texture_weights=weights_of(weights, tier))
    with stage_bars() as tell:
        findings = evaluate_texture(
            data or plan.data[0].folder,
            lambda texture_class, number: sample(catalog, texture_class, number, size),
            known_classes(catalog),
            plan.class_of(),
            settings,
            tell,
        )
    publish_report(report_file, findings.document())
    if as_json:
        typer.echo(json.dumps(findings.document(), indent=2))
    else:
        print_report(findings, findings_console())
    raise typer.Exit(findings.exit_code)


def known_classes(catalog: Catalog) -> tuple[str, ...]:
    """The classes of the texture generator."""
    return next(info.classes for info in catalog.infos() if info.asset_kind == "texture")


def sample(catalog: Catalog, texture_class: str, seed: int, size_px: int) -> MaterialArrays:
    """A material as users get it, decoded from the delivered files: the next to last level of detail of a texture.

    A generated tile has the pixel density of real ones of half its size, so it is judged at half its size.
    """
    request = TextureRequest(texture_class, seed, 2 * size_px, maps=MAPS)
    generator = catalog.generator_for(request)
    parts = [part for made in steps_of(generator, request) for part in made]
    finest = {part.map: planes(part) for part in parts if part.lod_px == size_px}
    return MaterialArrays(
        albedo=finest[MapKind.ALBEDO],
        height=finest[MapKind.HEIGHT],
        roughness=finest[MapKind.ROUGHNESS],
        normal=unit_vectors(finest[MapKind.NORMAL]),
        levels=albedo_levels(parts, size_px),
    )


def albedo_levels(parts: Sequence[Part], size_px: int) -> tuple[NDArray[np.float32], ...]:
    """Albedo at every level of detail up to `size_px`, coarse to fine."""
    return tuple(planes(part) for part in parts if part.map == MapKind.ALBEDO and part.lod_px <= size_px)


def planes(part: Part) -> NDArray[np.float32]:
    """The part's pixels as [channels, height, width] in [0, 1]."""
    pixels = decode_png(part.payload)
    scaled = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return np.ascontiguousarray(np.atleast_3d(scaled).transpose(2, 0, 1))


def unit_vectors(normal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normals [3, height, width] from their colors in [0, 1]."""
    vectors = 2 * normal - 1
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-6), np.float32)
