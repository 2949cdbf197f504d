"""What the protos say, as plain frozen values: the one thing that every language's writer reads.

Built from the descriptors that protoc hands to a plugin. Knows proto3 and nothing of any target language.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

Path: TypeAlias = tuple[int, ...]

# Numbers of fields within the descriptors: a comment's place is a path of them.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
_NESTED_MESSAGES, _NESTED_ENUMS, _FIELDS, _VALUES, _METHODS = 3, 4, 2, 2, 2


class Kind(StrEnum):
    """The type of a field on the wire and in memory; values are the words of proto files."""

    DOUBLE = "double"
    FLOAT = "float"
    INT32 = "int32"
    INT64 = "int64"
    UINT32 = "uint32"
    UINT64 = "uint64"
    SINT32 = "sint32"
    SINT64 = "sint64"
    FIXED32 = "fixed32"
    FIXED64 = "fixed64"
    SFIXED32 = "sfixed32"
    SFIXED64 = "sfixed64"
    BOOL = "bool"
    STRING = "string"
    BYTES = "bytes"
    ENUM = "enum"
    MESSAGE = "message"

    @property
    def wire_type(self) -> int:
        """0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes."""
        return _WIRE_TYPES.get(self, 0)

    @property
    def packable(self) -> bool:
        """Whether repeated values share one length-delimited record; readers have to take both forms."""
        return self.wire_type != _LENGTH_DELIMITED


_LENGTH_DELIMITED = 2
_WIRE_TYPES = {
    Kind.DOUBLE: 1,
    Kind.FIXED64: 1,
    Kind.SFIXED64: 1,
    Kind.STRING: _LENGTH_DELIMITED,
    Kind.BYTES: _LENGTH_DELIMITED,
    Kind.MESSAGE: _LENGTH_DELIMITED,
    Kind.FLOAT: 5,
    Kind.FIXED32: 5,
    Kind.SFIXED32: 5,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    name: str  # snake_case, as in the proto
    number: int
    kind: Kind
    type_name: str  # full name of the message or enum, else empty
    repeated: bool
    packed: bool  # how repeated numbers are written
    optional: bool  # `optional` scalar: being absent differs from its default
    oneof: str  # name of its oneof, else empty
    map_key: Kind | None  # of `map<...>`, which also has `map_value`
    map_value: "Field | None"
    comment: str

    @property
    def tag(self) -> int:
        """What precedes it on the wire."""
        return self.number << 3 | (_LENGTH_DELIMITED if self.packed or self.map_value else self.kind.wire_type)

    @property
    def has_presence(self) -> bool:
        """Whether a message tells an absent value from the default one."""
        single = not self.repeated and self.map_value is None
        return single and (self.optional or bool(self.oneof) or self.kind is Kind.MESSAGE)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; nested ones are listed beside it, with dotted names."""

    full_name: str  # "morphogen.v1.PartChunk"
    name: str  # within its package: "PartChunk", "BadRequest.FieldViolation"
    fields: tuple[Field, ...]  # by number
    oneofs: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enum."""

    name: str  # "PRIORITY_STANDARD"
    number: int
    comment: str


@dataclass(frozen=True, slots=True)
class Enum:
    """One enum."""

    full_name: str
    name: str
    values: tuple[EnumValue, ...]
    comment: str

    @property
    def prefix(self) -> str:
        """What every value's name begins with: "PRIORITY_"."""
        words = "".join(f"_{letter}" if letter.isupper() else letter for letter in self.name.rpartition(".")[2])
        prefix = words.strip("_").upper() + "_"
        return prefix if all(value.name.startswith(prefix) for value in self.values) else ""


@dataclass(frozen=True, slots=True)
class Method:
    """One call of a service."""

    name: str
    path: str  # "/morphogen.v1.TextureService/GenerateTexture"
    request: str  # full name of the message
    response: str
    client_streaming: bool
    server_streaming: bool
    comment: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    full_name: str
    name: str
    methods: tuple[Method, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class File:
    """One proto file. Messages come before those that hold them, as far as they do not hold each other."""

    path: str  # "morphogen/v1/common.proto"
    package: str
    imports: tuple[str, ...]
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]
    services: tuple[Service, ...]
    comment: str


def read_file(descriptor: FileDescriptorProto) -> File:
    """The model of one file. Raises ValueError for what no language here supports: proto2, groups, extensions."""
    if descriptor.syntax != "proto3":
        raise ValueError(f"{descriptor.name}: syntax: {descriptor.syntax or 'proto2'} is not proto3")
    return _Reader(descriptor).file()


class _Reader:
    """Reads one file's descriptor, with the comments beside it."""

    def __init__(self, descriptor: FileDescriptorProto) -> None:
        self.descriptor = descriptor
        self.comments: dict[Path, str] = {
            tuple(place.path): _text(place.leading_comments) for place in descriptor.source_code_info.location
        }

    def file(self) -> File:
        top = self.descriptor
        messages = list(self.all_messages())
        nested = [
            self.enum(enum, (*path, _NESTED_ENUMS, index), f"{name}.")
            for name, path, message in messages
            for index, enum in enumerate(message.enum_type)
        ]
        return File(
            path=top.name,
            package=top.package,
            imports=tuple(top.dependency),
            messages=_holders_last([self.message(name, path, message) for name, path, message in messages]),
            enums=(*(self.enum(enum, (_ENUMS, index)) for index, enum in enumerate(top.enum_type)), *nested),
            services=tuple(self.service(service, (_SERVICES, at)) for at, service in enumerate(top.service)),
            comment=self.comments.get((2,), ""),
        )

    def all_messages(self) -> Iterator[tuple[str, Path, DescriptorProto]]:
        """Messages with their names and paths, nested ones included, entries of maps left out."""
        top = enumerate(self.descriptor.message_type)
        waiting: list[tuple[str, Path, DescriptorProto]] = [(each.name, (_MESSAGES, at), each) for at, each in top]
        while waiting:
            name, path, message = waiting.pop(0)
            yield name, path, message
            waiting += [
                (f"{name}.{inner.name}", (*path, _NESTED_MESSAGES, at), inner)
                for at, inner in enumerate(message.nested_type)
                if not inner.options.map_entry
            ]

    def message(self, name: str, path: Path, message: DescriptorProto) -> Message:
        full_name = f"{self.descriptor.package}.{name}"
        entries = {f".{full_name}.{inner.name}": inner for inner in message.nested_type if inner.options.map_entry}
        synthetic = {field.oneof_index for field in message.field if field.proto3_optional}
        oneofs = {at: oneof.name for at, oneof in enumerate(message.oneof_decl) if at not in synthetic}
        fields = [
            self.field(field, self.comments.get((*path, _FIELDS, at), ""), oneofs, entries)
            for at, field in enumerate(message.field)
        ]
        return Message(
            full_name=full_name,
            name=name,
            fields=tuple(sorted(fields, key=lambda field: field.number)),
            oneofs=tuple(oneofs.values()),
            comment=self.comments.get(path, ""),
        )

    def field(
        self,
        field: FieldDescriptorProto,
        comment: str,
        oneofs: dict[int, str],
        entries: dict[str, DescriptorProto],
    ) -> Field:
        kind = Kind(FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower())
        entry = entries.get(field.type_name)
        repeated = field.label == FieldDescriptorProto.LABEL_REPEATED and entry is None
        key, value = (self.field(inner, "", {}, {}) for inner in entry.field) if entry else (None, None)
        return Field(
            name=field.name,
            number=field.number,
            kind=kind,
            type_name="" if entry else field.type_name.removeprefix("."),
            repeated=repeated,
            packed=repeated and kind.packable and (field.options.packed or not field.options.HasField("packed")),
            optional=field.proto3_optional,
            oneof=oneofs.get(field.oneof_index, "") if field.HasField("oneof_index") else "",
            map_key=key.kind if key else None,
            map_value=value,
            comment=comment,
        )

    def enum(self, enum: EnumDescriptorProto, path: Path, prefix: str = "") -> Enum:
        return Enum(
            full_name=f"{self.descriptor.package}.{prefix}{enum.name}",
            name=prefix + enum.name,
            values=tuple(
                EnumValue(value.name, value.number, self.comments.get((*path, _VALUES, at), ""))
                for at, value in enumerate(enum.value)
            ),
            comment=self.comments.get(path, ""),
        )

    def service(self, service: ServiceDescriptorProto, path: Path) -> Service:
        full_name = f"{self.descriptor.package}.{service.name}"
        return Service(
            full_name=full_name,
            name=service.name,
            methods=tuple(
                Method(
                    name=method.name,
                    path=f"/{full_name}/{method.name}",
                    request=method.input_type.removeprefix("."),
                    response=method.output_type.removeprefix("."),
                    client_streaming=method.client_streaming,
                    server_streaming=method.server_streaming,
                    comment=self.comments.get((*path, _METHODS, at), ""),
                )
                for at, method in enumerate(service.method)
            ),
            comment=self.comments.get(path, ""),
        )


def _text(comment: str) -> str:
    """A comment without the space that follows its slashes."""
    return "\n".join(line.removeprefix(" ").rstrip() for line in comment.rstrip().split("\n"))


def _holders_last(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The messages, each behind those of this file that its fields hold by value; cycles keep the file's order."""
    waiting = {message.full_name: message for message in messages}
    ordered: list[Message] = []

    def take(message: Message) -> None:
        for field in message.fields:
            held = waiting.pop((field.map_value or field).type_name, None)
            if held is not None:
                take(held)
        ordered.append(message)

    while waiting:
        take(waiting.pop(next(iter(waiting))))
    return tuple(ordered)
