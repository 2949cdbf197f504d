import json

import pytest

from engine.assets import GeneratorInfo, SeededRequest
from engine.codecs.provenance import material_description, provenance_fields
from engine.errors import DataError
from engine.requests.landscape import Landscape
from engine.requests.level import LevelRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import Blend, Pattern, TextureRequest, Wrap

INFO = GeneratorInfo(
    asset_kind="texture",
    name="texgen",
    version="1.0.0",
    tier="M",
    weights_sha256="ab" * 32,
    kernel_class="cpu-fp32-t1",
    training_licences=("CC0-1.0", "CC-BY-4.0 (Example Author)"),
)
REQUEST = TextureRequest(
    "brick", seed=7, size_px=256, wrap=Wrap.X, pattern=Pattern("bricks", {"rows": 8}), blend=Blend("moss", 0.25)
)


def test_every_fact_has_its_field() -> None:
    fields = provenance_fields(INFO, REQUEST)
    assert fields.pop("Software").startswith("Morphogen ")
    assert fields == {
        "Generator": "texgen/1.0.0/M",
        "WeightsSHA256": "ab" * 32,
        "KernelClass": "cpu-fp32-t1",
        "Seed": "7",
        "Request": REQUEST.canonical(),
        "TrainingLicences": "CC0-1.0; CC-BY-4.0 (Example Author)",
        "DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        "AssetId": INFO.asset_id(REQUEST),
    }


@pytest.mark.parametrize("request_", [LevelRequest(seed=7), SceneRequest(Landscape(seed=7))])
def test_levels_and_scenes_have_the_same_fields(request_: SeededRequest) -> None:
    fields = provenance_fields(INFO, request_)
    assert fields.keys() == provenance_fields(INFO, REQUEST).keys()
    assert (fields["Seed"], fields["Request"]) == ("7", request_.canonical())
    assert fields["AssetId"] == INFO.asset_id(request_)


def test_the_description_is_recovered_from_the_fields_alone() -> None:
    fields = provenance_fields(INFO, REQUEST)
    description = material_description(fields)
    assert description == {
        "name": "brick_7",
        "asset_id": INFO.asset_id(REQUEST),
        "software": fields["Software"],
        "generator": {
            "name": "texgen",
            "version": "1.0.0",
            "tier": "M",
            "weights_sha256": "ab" * 32,
            "kernel_class": "cpu-fp32-t1",
        },
        "seed": 7,
        "wrap": "x",
        "request": json.loads(REQUEST.canonical()),
        "training_licences": ["CC0-1.0", "CC-BY-4.0 (Example Author)"],
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }


@pytest.mark.parametrize("field", ["Generator", "Request", "Seed", "AssetId", "TrainingLicences"])
def test_a_missing_field_is_named(field: str) -> None:
    fields = provenance_fields(INFO, REQUEST)
    del fields[field]
    with pytest.raises(DataError, match=rf"provenance\.{field}: missing"):
        material_description(fields)


@pytest.mark.parametrize(("field", "text"), [("Generator", "texgen"), ("Request", "{"), ("Request", "[]")])
def test_an_unreadable_field_is_refused(field: str, text: str) -> None:
    with pytest.raises(DataError, match="provenance: unreadable"):
        material_description({**provenance_fields(INFO, REQUEST), field: text})
