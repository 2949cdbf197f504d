"""The catalog loads what belongs together and says which file does not."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch

from engine.assets import GeneratorInfo
from engine.catalog import (
    SHIPPED_LEVEL_WEIGHTS,
    SHIPPED_TERRAIN_WEIGHTS,
    SHIPPED_TEXTURE_WEIGHTS,
    Catalog,
    load_catalog,
    recorded_sha256,
)
from engine.errors import InvalidRequestError, SettingsError, WeightsError
from engine.generators.probe import ProbeGenerator
from engine.generators.texture.appearance import ATTRIBUTES
from engine.generators.texture.generator import PAINTING_VERSION
from engine.nets.texgen import TexGen, TexGenConfig
from engine.nets.weights_file import ClassEntry, TexGenHeader, save_weights
from engine.requests.landscape import Landscape
from engine.requests.level import LevelRequest
from engine.requests.probe import ProbeRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest

Bank = dict[str, torch.Tensor]
Write = Callable[..., Path]

CONFIG = TexGenConfig(2, style_width=4, code_width=8, widths=(8, 8, 8, 8, 8))
CLASSES = (ClassEntry("stone", "noise"), ClassEntry("brick", "brick"))


@pytest.fixture(autouse=True)
def restored_threads() -> Iterator[None]:
    """Puts back the process's thread count."""
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


@pytest.fixture
def bank() -> Bank:
    return {
        "class_index": torch.tensor([0, 1]),
        "style": torch.zeros(2, 4),
        "attributes": torch.tensor([[(entry.minimum + entry.maximum) / 2 for entry in ATTRIBUTES]] * 2),
        "palette": torch.full((2, 3, 3), 0.5),
    }


@pytest.fixture
def write(tmp_path: Path, bank: Bank) -> Write:
    """Writes a weights file with these classes, and the bank without the tensors named."""

    def save(classes: tuple[ClassEntry, ...] = CLASSES, without: tuple[str, ...] = ()) -> Path:
        path = tmp_path / "own.safetensors"
        kept = {name: tensor for name, tensor in bank.items() if name not in without}
        save_weights(path, TexGenHeader("3", "S", CONFIG, classes, ("own",)), TexGen(CONFIG), kept)
        return path

    return save


def load(path: Path | None) -> Catalog:
    return load_catalog(precision="fp32", thread_count=1, texture_weights=path)


def texture_entry(catalog: Catalog) -> GeneratorInfo:
    return catalog.generator_for(TextureRequest("stone")).info


def test_shipped_weights_match_their_checksum_and_load() -> None:
    infos = {info.asset_kind: info for info in load(None).infos()}
    shipped = {"texture": SHIPPED_TEXTURE_WEIGHTS, "level": SHIPPED_LEVEL_WEIGHTS, "scene": SHIPPED_TERRAIN_WEIGHTS}
    assert {*shipped, "character", "frames", "probe"} <= set(infos)
    for kind, path in shipped.items():
        assert infos[kind].weights_sha256 == recorded_sha256(path)
        assert infos[kind].training_licences
        assert infos[kind].model_card.startswith("# ")
    assert (infos["texture"].name, infos["level"].name) == ("texgen", "levelgen")
    assert {"stone", "brick", "wood"} <= set(infos["texture"].classes)


def test_own_weights_replace_the_shipped_ones_without_a_checksum(write: Write) -> None:
    path = write()
    path.with_suffix(".md").write_text("# Own weights")
    texture = texture_entry(load(path))
    assert (texture.classes, texture.version, texture.model_card) == (
        ("stone", "brick"),
        f"3.{PAINTING_VERSION}",
        "# Own weights",
    )


def test_weights_need_no_model_card(write: Write) -> None:
    path = write()
    assert texture_entry(load(path)).model_card == ""
    path.with_suffix(".md").write_bytes(b"\xff\xfe")
    assert texture_entry(load(path)).model_card == ""


def test_entries_come_by_name_and_kind(write: Write) -> None:
    names = [(info.name, info.asset_kind) for info in load(write()).infos()]
    assert names == sorted(names)


def test_each_kind_of_request_has_its_generator(write: Write) -> None:
    catalog = load(write())
    assert catalog.generator_for(TextureRequest("stone")).info.asset_kind == "texture"
    assert catalog.generator_for(LevelRequest()).info.asset_kind == "level"
    assert catalog.generator_for(ProbeRequest(1, 1)).info.asset_kind == "probe"


def test_kind_of_request_that_nobody_answers_is_named() -> None:
    catalog = Catalog({ProbeRequest: ProbeGenerator()})
    with pytest.raises(InvalidRequestError, match="request: 'TextureRequest' is not allowed"):
        catalog.generator_for(TextureRequest("stone"))
    with pytest.raises(InvalidRequestError, match="request: 'SceneRequest' is not allowed"):
        catalog.generator_for(SceneRequest())


@pytest.mark.parametrize("content", [None, "", "  \n", b"\xff\xfe"])
def test_missing_or_empty_checksum_file_is_named(tmp_path: Path, content: str | bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.sha256").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(WeightsError, match=r"a\.sha256: cannot be read; the installation is incomplete"):
        recorded_sha256(tmp_path / "a.safetensors")


def test_checksum_file_has_the_form_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a.sha256").write_text("abc123  a.safetensors\n")
    assert recorded_sha256(tmp_path / "a.safetensors") == "abc123"


def test_foreign_and_missing_weights_are_named(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(safetensors.torch.save({"a": torch.zeros(1)}, {"format": "pt"}))
    with pytest.raises(WeightsError, match=r"foreign\.safetensors: format is 'pt'"):
        load(foreign)
    with pytest.raises(WeightsError, match=r"absent\.safetensors: cannot be read"):
        load(tmp_path / "absent.safetensors")


def test_damaged_copy_of_the_shipped_weights_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / SHIPPED_TEXTURE_WEIGHTS.name
    shutil.copy(SHIPPED_TEXTURE_WEIGHTS, copy)
    copy.write_bytes(copy.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match=rf"{copy.name}: is not a safetensors file"):
        load(copy)


@pytest.mark.parametrize("missing", ["class_index", "style", "attributes", "palette"])
def test_weights_without_a_whole_bank_are_named(write: Write, missing: str) -> None:
    with pytest.raises(WeightsError, match=rf"own\.safetensors: bank tensor '{missing}' has shape None"):
        load(write(without=(missing,)))


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (CLASSES[:1], "the header names 1 classes, the network has 2"),
        ((CLASSES[0], CLASSES[0]), "the header names 1 classes, the network has 2"),
        ((CLASSES[0], ClassEntry("brick", "bricks")), "pattern 'bricks': pattern.name: 'bricks' is not allowed"),
    ],
)
def test_weights_whose_classes_do_not_fit_are_named(
    write: Write, classes: tuple[ClassEntry, ...], message: str
) -> None:
    with pytest.raises(WeightsError, match=rf"own\.safetensors: {message}"):
        load(write(classes))


def test_weights_for_a_network_that_cannot_be_are_named(write: Write) -> None:
    path = write()
    data = path.read_bytes()
    changed = data.replace(b"[8, 8, 8, 8, 8]", b"[8, 8, 8, 8   ]")
    assert changed != data
    path.write_bytes(changed)
    with pytest.raises(
        WeightsError, match=r"own\.safetensors: the header is not valid: network\.widths: has 4 numbers"
    ):
        load(path)


def test_unknown_precision_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="precision: 'fp8'"):
        load_catalog(precision="fp8", texture_weights=tmp_path / "absent.safetensors")


def test_land_keeps_the_shipped_ground_where_own_weights_do_not_know_it(write: Write) -> None:
    own, shipped = load(write()), load(None)
    request = SceneRequest(Landscape(seed=1))
    kernel_of = {
        name: each.generator_for(request).info.kernel_class for name, each in (("own", own), ("shipped", shipped))
    }
    assert own.generator_for(TextureRequest("stone")).info.classes == ("stone", "brick")
    assert kernel_of["own"] == kernel_of["shipped"]
