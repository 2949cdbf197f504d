"""The model of the protos says what the descriptors say."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from morphogen.v1 import character_pb2, common_pb2, scene_pb2, texture_pb2
from plugin.model import Kind, Message, read_file


def descriptor(module: object) -> FileDescriptorProto:
    proto = FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(proto)  # type: ignore[attr-defined]
    return proto


def messages(module: object) -> dict[str, Message]:
    return {message.name: message for message in read_file(descriptor(module)).messages}


def test_members_of_a_oneof_have_presence_and_plain_scalars_have_none() -> None:
    of = messages(texture_pb2)
    assert {field.name: field.oneof for field in of["GenerateTextureResponse"].fields} == {
        "header": "payload",
        "part": "payload",
        "trailer": "payload",
    }
    assert of["GenerateTextureResponse"].oneofs == ("payload",)
    assert [
        field.name for field in of["GenerateTextureRequest"].fields if field.name == "seed" and field.has_presence
    ] == []


def test_optional_scalars_have_presence_and_no_oneof() -> None:
    speed = messages(character_pb2)["CharacterControl"].fields[0]
    assert (speed.name, speed.optional, speed.has_presence, speed.oneof) == ("speed_mps", True, True, "")


def test_maps_know_their_key_and_value() -> None:
    sliders = next(field for field in messages(character_pb2)["CharacterIdentity"].fields if field.name == "sliders")
    assert sliders.map_key is Kind.STRING
    assert sliders.map_value is not None
    assert sliders.map_value.kind is Kind.DOUBLE
    assert not sliders.repeated


def test_messages_come_behind_those_that_they_hold() -> None:
    for module in (common_pb2, texture_pb2, scene_pb2, character_pb2):
        seen: set[str] = set()
        file = read_file(descriptor(module))
        own = {message.full_name for message in file.messages}
        for message in file.messages:
            held = {(field.map_value or field).type_name for field in message.fields} & own - {message.full_name}
            assert held <= seen
            seen.add(message.full_name)


def test_values_of_an_enum_share_a_prefix() -> None:
    enums = {enum.name: enum for enum in read_file(descriptor(common_pb2)).enums}
    assert enums["Delivery"].prefix == "DELIVERY_"


def test_other_syntaxes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"old\.proto: syntax: proto2 is not proto3"):
        read_file(FileDescriptorProto(name="old.proto", package="old"))
