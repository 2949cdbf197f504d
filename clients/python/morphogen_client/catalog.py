"""What a server can make, as dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass

from morphogen.v1 import catalog_pb2
from morphogen_client.streams.assembly import GeneratorRef, generator_ref_from


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named number that a request may set, within [minimum, maximum]. No default: the seed draws it."""

    name: str
    minimum: float
    maximum: float
    default: float | None
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class PatternDescription:
    """A pattern of the pattern library and its parameters."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Generator:
    """One loaded generator.

    model_card  Markdown; empty in listings
    choices     what fields of requests and controls may be, by their names, where no other field says it
    """

    asset_kind: str
    ref: GeneratorRef
    classes: tuple[str, ...]
    sizes_px: tuple[int, ...]
    maps: tuple[str, ...]
    wraps: tuple[str, ...]
    attributes: tuple[Parameter, ...]
    patterns: tuple[PatternDescription, ...]
    training_licences: tuple[str, ...]
    model_card: str
    choices: Mapping[str, tuple[str, ...]]


def generator_from(message: catalog_pb2.Generator) -> Generator:
    """The dataclass that carries what the message says."""
    return Generator(
        asset_kind=message.asset_kind,
        ref=generator_ref_from(message.ref),
        classes=tuple(message.classes),
        sizes_px=tuple(message.sizes_px),
        maps=tuple(message.maps),
        wraps=tuple(message.wraps),
        attributes=tuple(map(_parameter_from, message.attributes)),
        patterns=tuple(
            PatternDescription(pattern.name, pattern.description, tuple(map(_parameter_from, pattern.parameters)))
            for pattern in message.patterns
        ),
        training_licences=tuple(message.training_licences),
        model_card=message.model_card,
        choices={choice.name: tuple(choice.values) for choice in message.choices},
    )


def _parameter_from(message: catalog_pb2.Parameter) -> Parameter:
    default = message.default_value if message.HasField("default_value") else None
    return Parameter(message.name, message.minimum, message.maximum, default, message.unit, message.description)
