"""Catalog entries as wire messages, and back."""

from engine.assets import GeneratorInfo, ParameterInfo, PatternInfo
from morphogen.v1 import catalog_pb2, common_pb2


def generator_ref(info: GeneratorInfo) -> common_pb2.GeneratorRef:
    """The exact name of a generator."""
    return common_pb2.GeneratorRef(
        name=info.name,
        version=info.version,
        tier=info.tier,
        weights_sha256=info.weights_sha256,
        kernel_class=info.kernel_class,
    )


def generator_message(info: GeneratorInfo, *, with_model_card: bool) -> catalog_pb2.Generator:
    """The catalog entry of a generator."""
    return catalog_pb2.Generator(
        asset_kind=info.asset_kind,
        ref=generator_ref(info),
        classes=info.classes,
        sizes_px=info.sizes_px,
        maps=info.maps,
        wraps=info.wraps,
        attributes=[_parameter(attribute) for attribute in info.attributes],
        patterns=[
            catalog_pb2.PatternDescription(
                name=pattern.name,
                description=pattern.description,
                parameters=[_parameter(parameter) for parameter in pattern.parameters],
            )
            for pattern in info.patterns
        ],
        training_licences=info.training_licences,
        model_card=info.model_card if with_model_card else "",
        choices=[catalog_pb2.Choice(name=name, values=values) for name, values in info.choices],
    )


def generator_info(message: catalog_pb2.Generator) -> GeneratorInfo:
    """The description that `message`, a catalog entry with its model card, was made from."""
    return GeneratorInfo(
        asset_kind=message.asset_kind,
        name=message.ref.name,
        version=message.ref.version,
        tier=message.ref.tier,
        weights_sha256=message.ref.weights_sha256,
        kernel_class=message.ref.kernel_class,
        classes=tuple(message.classes),
        sizes_px=tuple(message.sizes_px),
        maps=tuple(message.maps),
        wraps=tuple(message.wraps),
        attributes=tuple(_parameter_info(attribute) for attribute in message.attributes),
        patterns=tuple(_pattern_info(pattern) for pattern in message.patterns),
        training_licences=tuple(message.training_licences),
        model_card=message.model_card,
        choices=tuple((choice.name, tuple(choice.values)) for choice in message.choices),
    )


def _parameter(info: ParameterInfo) -> catalog_pb2.Parameter:
    return catalog_pb2.Parameter(
        name=info.name,
        minimum=info.minimum,
        maximum=info.maximum,
        default_value=info.default,
        unit=info.unit,
        description=info.description,
    )


def _pattern_info(message: catalog_pb2.PatternDescription) -> PatternInfo:
    parameters = tuple(_parameter_info(parameter) for parameter in message.parameters)
    return PatternInfo(message.name, message.description, parameters)


def _parameter_info(message: catalog_pb2.Parameter) -> ParameterInfo:
    return ParameterInfo(
        name=message.name,
        minimum=message.minimum,
        maximum=message.maximum,
        default=message.default_value if message.HasField("default_value") else None,
        unit=message.unit,
        description=message.description,
    )
