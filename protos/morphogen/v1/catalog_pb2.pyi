from morphogen.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Parameter(_message.Message):
    __slots__ = ("name", "minimum", "maximum", "default_value", "unit", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    minimum: float
    maximum: float
    default_value: float
    unit: str
    description: str
    def __init__(self, name: _Optional[str] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., default_value: _Optional[float] = ..., unit: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class PatternDescription(_message.Message):
    __slots__ = ("name", "description", "parameters")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ...) -> None: ...

class Generator(_message.Message):
    __slots__ = ("asset_kind", "ref", "classes", "sizes_px", "maps", "wraps", "attributes", "patterns", "training_licences", "model_card", "choices")
    ASSET_KIND_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    SIZES_PX_FIELD_NUMBER: _ClassVar[int]
    MAPS_FIELD_NUMBER: _ClassVar[int]
    WRAPS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PATTERNS_FIELD_NUMBER: _ClassVar[int]
    TRAINING_LICENCES_FIELD_NUMBER: _ClassVar[int]
    MODEL_CARD_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    asset_kind: str
    ref: _common_pb2.GeneratorRef
    classes: _containers.RepeatedScalarFieldContainer[str]
    sizes_px: _containers.RepeatedScalarFieldContainer[int]
    maps: _containers.RepeatedScalarFieldContainer[str]
    wraps: _containers.RepeatedScalarFieldContainer[str]
    attributes: _containers.RepeatedCompositeFieldContainer[Parameter]
    patterns: _containers.RepeatedCompositeFieldContainer[PatternDescription]
    training_licences: _containers.RepeatedScalarFieldContainer[str]
    model_card: str
    choices: _containers.RepeatedCompositeFieldContainer[Choice]
    def __init__(self, asset_kind: _Optional[str] = ..., ref: _Optional[_Union[_common_pb2.GeneratorRef, _Mapping]] = ..., classes: _Optional[_Iterable[str]] = ..., sizes_px: _Optional[_Iterable[int]] = ..., maps: _Optional[_Iterable[str]] = ..., wraps: _Optional[_Iterable[str]] = ..., attributes: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., patterns: _Optional[_Iterable[_Union[PatternDescription, _Mapping]]] = ..., training_licences: _Optional[_Iterable[str]] = ..., model_card: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[Choice, _Mapping]]] = ...) -> None: ...

class Choice(_message.Message):
    __slots__ = ("name", "values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...

class ListGeneratorsRequest(_message.Message):
    __slots__ = ("asset_kind",)
    ASSET_KIND_FIELD_NUMBER: _ClassVar[int]
    asset_kind: str
    def __init__(self, asset_kind: _Optional[str] = ...) -> None: ...

class ListGeneratorsResponse(_message.Message):
    __slots__ = ("generators",)
    GENERATORS_FIELD_NUMBER: _ClassVar[int]
    generators: _containers.RepeatedCompositeFieldContainer[Generator]
    def __init__(self, generators: _Optional[_Iterable[_Union[Generator, _Mapping]]] = ...) -> None: ...

class GetGeneratorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetGeneratorResponse(_message.Message):
    __slots__ = ("generator",)
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    generator: Generator
    def __init__(self, generator: _Optional[_Union[Generator, _Mapping]] = ...) -> None: ...
