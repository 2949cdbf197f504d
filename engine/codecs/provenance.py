"""Where an asset came from, as flat text fields that fit PNG chunks, glTF extras and any other container.

The fields are complete: `material_description` turns them back into a structured record, so a client that received
only image files can write the same description as the process that made them.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from engine.assets import GeneratorInfo, SeededRequest
from engine.errors import DataError

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's identifier for media made by a trained model."""

_LICENCE_SEPARATOR = "; "


def provenance_fields(info: GeneratorInfo, request: SeededRequest) -> dict[str, str]:
    """The provenance of the asset that `info`'s generator makes for `request`: keyword -> text.

    Every keyword is a valid PNG keyword; equal arguments give equal fields in equal order.
    """
    canonical = request.canonical()
    return {
        "Software": _software(),
        "Generator": f"{info.name}/{info.version}/{info.tier}",
        "WeightsSHA256": info.weights_sha256,
        "KernelClass": info.kernel_class,
        "Seed": str(request.seed),
        "Request": canonical,
        "TrainingLicences": _LICENCE_SEPARATOR.join(info.training_licences),
        "DigitalSourceType": DIGITAL_SOURCE_TYPE,
        "AssetId": info.asset_id_of(canonical),
    }


def material_description(provenance: Mapping[str, str]) -> dict[str, object]:
    """The structured record for material.json, read back from the fields of `provenance_fields`.

    Raises DataError naming the field that is missing or unreadable.
    """
    try:
        name, generator_version, tier = provenance["Generator"].rsplit("/", 2)
        request = json.loads(provenance["Request"])
        licences = provenance["TrainingLicences"]
        return {
            "name": f"{request['texture_class']}_{request['seed']}",
            "asset_id": provenance["AssetId"],
            "software": provenance["Software"],
            "generator": {
                "name": name,
                "version": generator_version,
                "tier": tier,
                "weights_sha256": provenance["WeightsSHA256"],
                "kernel_class": provenance["KernelClass"],
            },
            "seed": int(provenance["Seed"]),
            "wrap": request["wrap"],
            "request": request,
            "training_licences": licences.split(_LICENCE_SEPARATOR) if licences else [],
            "digital_source_type": provenance["DigitalSourceType"],
        }
    except KeyError as error:
        raise DataError(f"provenance.{error.args[0]}: missing") from error
    except (TypeError, ValueError) as error:
        raise DataError(f"provenance: unreadable ({error})") from error


@cache
def _software() -> str:
    """This program and its version; the lookup reads the installed package's metadata, once."""
    return f"Morphogen {version('morphogen')}"
