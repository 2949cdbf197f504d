"""C# messages say on the wire what protobuf's own say: a program under Mono against the official Python library."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_tools import protoc
from hypothesis import given, settings
from hypothesis import strategies as st

from morphogen.v1 import catalog_pb2, character_pb2, common_pb2, diagnostics_pb2, scene_pb2, texture_pb2, world_pb2
from plugin.csharp import NAMESPACES, namespace, pascal, write_files
from plugin.model import read_file

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CLIENT = ROOT / "clients" / "unity" / "com.morphogen.client" / "Runtime" / "Client"
MODULES = (catalog_pb2, character_pb2, common_pb2, diagnostics_pb2, scene_pb2, texture_pb2, world_pb2)
EXAMPLES = settings(max_examples=200, deadline=None)

pytestmark = pytest.mark.skipif(
    shutil.which("mcs") is None or shutil.which("mono") is None, reason="Mono's compiler (mcs) or runtime is missing"
)


def compiled_protos(folder: Path) -> descriptor_pb2.FileDescriptorSet:
    """What protoc says of every_kind.proto."""
    out = folder / "every_kind.binpb"
    command = ["protoc", f"--proto_path={HERE}", f"--descriptor_set_out={out}", "--include_source_info"]
    assert protoc.main([*command, "every_kind.proto"]) == 0
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


def descriptors() -> dict[str, Descriptor]:
    """C# name -> descriptor of every message of the project's protos, and of Google's that errors come with."""
    named = {}
    for module in (*MODULES, error_details_pb2, status_pb2):
        waiting = list(module.DESCRIPTOR.message_types_by_name.values())
        while waiting:
            each = waiting.pop()
            if not each.GetOptions().map_entry:
                name = each.full_name.removeprefix(each.file.package + ".").replace(".", "+")
                named[f"{namespace(each.file.package)}.{name}"] = each
                waiting += each.nested_types
    return named


class Codec:
    """The program: one process for all messages."""

    def __init__(self, program: Path, every: dict[str, type[Message]]) -> None:
        self.every = every
        self.process = subprocess.Popen(["mono", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, name: str, data: bytes) -> tuple[str, bytes]:
        """How it went ("=", "!" or "?"), and what came of it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        encoded = name.encode()
        self.process.stdin.write(struct.pack("<i", len(encoded)) + encoded + struct.pack("<i", len(data)) + data)
        self.process.stdin.flush()
        how, length = struct.unpack("<ci", self.process.stdout.read(5))
        return how.decode(), self.process.stdout.read(length)

    def close(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Codec]:
    folder = tmp_path_factory.mktemp("csharp")
    protos = compiled_protos(folder)
    for name, text in write_files([read_file(protos.file[0])], {"": read_file(protos.file[0])}).items():
        (folder / name).write_text(text)
    program = folder / "codec.exe"
    sources = [*folder.glob("*.cs"), *(CLIENT / "Generated").glob("*.cs"), *(CLIENT / "Wire").glob("*.cs")]
    command = ["mcs", "-langversion:7.2", "-warn:4", "-warnaserror", f"-out:{program}", HERE / "csharp" / "Codec.cs"]
    done = subprocess.run([*map(str, (*command, *sources))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pool = descriptor_pool.DescriptorPool()
    pool.Add(protos.file[0])
    names = [message.name for message in protos.file[0].message_type]
    every = {
        f"Every.Kind.{name}": message_factory.GetMessageClass(pool.FindMessageTypeByName(f"every.kind.{name}"))
        for name in names
    }
    running = Codec(program, every)
    yield running
    running.close()


SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_DOUBLE: st.floats(allow_nan=False),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32, allow_nan=False),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_STRING: st.text(max_size=40),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=300),
}


def whole_numbers(field: FieldDescriptor) -> st.SearchStrategy[int]:
    """Integers of the field's type, with the extreme ones among them."""
    bits = 64 if "64" in NAMES_OF_TYPES[field.type] else 32
    signed = field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.one_of(st.integers(low, high), st.sampled_from((low, high, 0, 1, 127, 128)))


NAMES_OF_TYPES = {
    value: name for name, value in vars(FieldDescriptor).items() if name.startswith("TYPE_") and isinstance(value, int)
}


def values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    """Values of one field."""
    if field.type == FieldDescriptor.TYPE_ENUM:
        assert field.enum_type is not None
        numbers = [value.number for value in field.enum_type.values]
        return st.one_of(st.sampled_from(numbers), st.sampled_from((-(2**31), 2**31 - 1, 77)))
    if field.message_type is not None:
        return messages(field.message_type, depth + 1)
    return SCALARS[field.type] if field.type in SCALARS else whole_numbers(field)


def filled(message: Message, chosen: dict[FieldDescriptor, Any]) -> Message:
    for field, value in chosen.items():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            content = getattr(message, field.name)
            for key, each in value.items():
                if field.message_type.fields_by_name["value"].message_type is not None:
                    content[key].MergeFrom(each)
                else:
                    content[key] = each
        elif field.is_repeated:
            getattr(message, field.name).extend(value)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(value)
        else:
            setattr(message, field.name, value)
    return message


def messages(descriptor: Any, depth: int = 0) -> st.SearchStrategy[Message]:
    """Random messages of a type."""

    @st.composite
    def build(draw: st.DrawFn) -> Message:
        chosen: dict[FieldDescriptor, Any] = {}
        for field in descriptor.fields:
            if field.message_type is not None and depth >= 3:
                continue
            if not draw(st.booleans()):
                continue
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                entry = field.message_type.fields_by_name
                pairs = st.dictionaries(values(entry["key"], depth), values(entry["value"], depth), max_size=3)
                chosen[field] = draw(pairs)
            elif field.is_repeated:
                chosen[field] = draw(st.lists(values(field, depth), max_size=4))
            else:
                chosen[field] = draw(values(field, depth))
        return filled(message_factory.GetMessageClass(descriptor)(), chosen)

    return build()


def has_unknown_entries(message: Message) -> bool:
    """Whether the official library has put whole entries of a map aside, as it does for a field in them that it does
    not know. The format's description says that only that field is to be ignored, which is what C# does.
    """
    maps = {field.number for field in message.DESCRIPTOR.fields if is_map(field)}
    unknown = UnknownFieldSet(message)
    if any(unknown[index].field_number in maps for index in range(len(unknown))):
        return True
    inner: list[Message] = []
    for field, value in message.ListFields():
        if is_map(field):
            inner += [each for each in value.values() if isinstance(each, Message)]
        elif field.message_type is not None:
            inner += value if field.is_repeated else [value]
    return any(map(has_unknown_entries, inner))


def is_map(field: Any) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def agrees(codec: Codec, name: str, kind: type[Message], data: bytes) -> None:
    """Both libraries take `data` for the same message, or neither takes it."""
    expected = kind()
    try:
        expected.ParseFromString(data)
        readable = True
    except DecodeError:
        readable = False
    how, answer = codec.ask(name, data)
    assert (how == "=") == readable, (how, answer, data.hex())
    assert how in "=!", answer
    if readable and not has_unknown_entries(expected):
        expected.DiscardUnknownFields()
        returned = kind.FromString(answer)
        assert returned.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)
        assert len(answer) == expected.ByteSize()


OWN = descriptors()


@EXAMPLES
@given(data=st.data())
def test_every_message_of_the_protos_survives(codec: Codec, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(OWN)))
    message = data.draw(messages(OWN[name]))
    agrees(codec, name, type(message), message.SerializeToString())


@EXAMPLES
@given(data=st.data())
def test_every_kind_of_field_survives(codec: Codec, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(codec.every)))
    message = data.draw(messages(codec.every[name].DESCRIPTOR))
    agrees(codec, name, type(message), message.SerializeToString())


@EXAMPLES
@given(data=st.data())
def test_what_is_cut_short_is_refused_where_protobuf_refuses_it(codec: Codec, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(codec.every)))
    message = data.draw(messages(codec.every[name].DESCRIPTOR))
    whole = message.SerializeToString()
    agrees(codec, name, type(message), whole[: data.draw(st.integers(0, len(whole)))])


@EXAMPLES
@given(data=st.data())
def test_messages_with_flipped_bytes_are_read_as_protobuf_reads_them(codec: Codec, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(codec.every)))
    message = data.draw(messages(codec.every[name].DESCRIPTOR))
    damaged = bytearray(message.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    agrees(codec, name, type(message), bytes(damaged))


@EXAMPLES
@given(data=st.data())
def test_garbage_is_read_as_protobuf_reads_it(codec: Codec, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(codec.every)))
    agrees(codec, name, codec.every[name], data.draw(st.binary(max_size=64)))


@pytest.mark.parametrize("last", ["01", "02", "41", "7f"])
@pytest.mark.parametrize("tag", ["18", "20", "28", "30", "68"])
def test_numbers_of_more_than_64_bits_are_cut(codec: Codec, tag: str, last: str) -> None:
    agrees(codec, "Every.Kind.Every", codec.every["Every.Kind.Every"], bytes.fromhex(tag + "81" * 9 + last))
    agrees(codec, "Every.Kind.Every", codec.every["Every.Kind.Every"], bytes.fromhex(tag + "81" * 10 + last))


def test_entry_of_a_map_outlives_a_field_in_it_that_nobody_knows(codec: Codec) -> None:
    kind = codec.every["Every.Kind.Maps"]
    how, answer = codec.ask("Every.Kind.Maps", bytes.fromhex("12 05 40 9302 1200"))
    assert how == "="
    assert kind.FromString(answer) == kind.FromString(bytes.fromhex("12 04 0800 1200"))


def test_messages_that_come_twice_are_merged(codec: Codec) -> None:
    kind = codec.every["Every.Kind.OneOf"]
    first = kind(every={"int32_one": 3, "string_one": "a"}).SerializeToString()
    second = kind(every={"string_one": "b"}, share=0.5).SerializeToString()
    agrees(codec, "Every.Kind.OneOf", kind, first + second)
    agrees(codec, "Every.Kind.OneOf", kind, first + kind(text="c").SerializeToString() + second)


def test_lists_are_read_packed_and_spread(codec: Codec) -> None:
    kind = codec.every["Every.Kind.Lists"]
    agrees(codec, "Every.Kind.Lists", kind, bytes.fromhex("1801 1802 1a03030405 1806".replace(" ", "")))
    agrees(codec, "Every.Kind.Lists", kind, bytes.fromhex("8801 01 8a01 02 0203".replace(" ", "")))
    agrees(codec, "Every.Kind.Lists", kind, bytes.fromhex("4a 05 0100000002".replace(" ", "")))  # half a fixed32


@pytest.mark.parametrize("depth", [99, 100, 101, 5000])
@pytest.mark.parametrize("field", [2, 3])
def test_depth_is_limited_to_what_protobuf_allows(codec: Codec, depth: int, field: int) -> None:
    data = b"\x0a\x01x"
    for _ in range(depth):
        length = len(data)
        prefix = bytearray()
        while length > 0x7F:
            prefix.append(length & 0x7F | 0x80)
            length >>= 7
        data = bytes([field << 3 | 2, *prefix, length]) + data
    agrees(codec, "Every.Kind.Tree", codec.every["Every.Kind.Tree"], data)


@pytest.mark.parametrize("depth", [1, 99, 100, 101, 100_000])
def test_groups_of_unknown_fields_are_skipped_to_the_same_depth(codec: Codec, depth: int) -> None:
    data = b"\xd3\x02" * depth + b"\xd4\x02" * depth
    agrees(codec, "Every.Kind.Tree", codec.every["Every.Kind.Tree"], data)


def test_long_lengths_are_refused_before_anything_is_allocated(codec: Codec) -> None:
    for length in ("ffffffff07", "ffffffff0f", "ffffffffffffffffff01", "8080808080808080807f"):
        for tag in ("72", "7a", "92 01".replace(" ", ""), "0a"):
            name = "Every.Kind.Every" if tag in ("72", "7a") else "Every.Kind.Lists"
            agrees(codec, name, codec.every[name], bytes.fromhex(tag + length))


def test_generated_text_follows_the_habits_of_the_language(tmp_path: Path) -> None:
    file = read_file(compiled_protos(tmp_path).file[0])
    (text,) = write_files([file], {file.path: file}).values()
    assert "public enum Choice\n" in text
    assert "Below = -3," in text  # without the prefix
    assert "public double? DoubleOne" in text
    assert "public Dictionary<ulong, Every> Every\n" in text
    assert "public string Tree_ " in text
    assert "public sealed partial class Leaf : Message" in text
    assert "a &lt; b &amp;&amp; b &gt; c" in text


def test_googles_comments_are_left_out() -> None:
    for package in NAMESPACES:
        assert namespace(package).startswith("Morphogen.")
    text = (CLIENT / "Generated" / "ErrorDetails.g.cs").read_text()
    assert "class ErrorInfo" in text
    assert "<summary>" not in text


def test_names_are_pascal_case() -> None:
    assert [pascal(name) for name in ("lod_px", "WRAP_BOTH", "H264", "id")] == ["LodPx", "WrapBoth", "H264", "Id"]


def test_protos_of_google_are_there() -> None:
    assert (files("grpc_tools") / "_proto" / "google" / "protobuf" / "any.proto").is_file()
