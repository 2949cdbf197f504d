"""The C++ codecs say on the wire what protobuf's own say, and stay calm at anything else.

A program, compiled once per session with sanitizers, decodes messages and encodes them again. Unknown fields are
skipped and not kept; strings are taken as they are.

One module however long: the program and what is fed to it are made once for all of it.
"""

import math
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import any_pb2, descriptor_pool, duration_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from morphogen.v1 import (
    catalog_pb2,
    character_pb2,
    common_pb2,
    diagnostics_pb2,
    scene_pb2,
    texture_pb2,
    workers_pb2,
    world_pb2,
)
from plugin import cpp
from plugin.model import read_file

COMPILER = shutil.which("g++")
INCLUDE = Path(__file__).parents[3] / "clients" / "cpp" / "include"
FLAGS = [
    "-std=c++17",
    *("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"),
    *("-fno-exceptions", "-fno-rtti", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"),
]
MODULES: tuple[Any, ...] = (
    catalog_pb2,
    character_pb2,
    common_pb2,
    diagnostics_pb2,
    scene_pb2,
    texture_pb2,
    workers_pb2,
    world_pb2,
    any_pb2,
    duration_pb2,
    error_details_pb2,
    status_pb2,
)
PROGRAM = """
#include <cstdio>
#include <cstdlib>
%(includes)s
using morphogen::Bytes;

namespace {
template <class Message>
bool again(const Bytes& in, Bytes& out) {
  const auto message = morphogen::decoded<Message>(in);
  if (message) out = morphogen::encoded(*message);
  return message.has_value();
}
using Again = bool (*)(const Bytes&, Bytes&);
const Again kinds[] = {%(kinds)s};
unsigned number() {
  unsigned char raw[4];
  if (std::fread(raw, 1, 4, stdin) != 4) std::exit(0);
  return raw[0] | unsigned(raw[1]) << 8 | unsigned(raw[2]) << 16 | unsigned(raw[3]) << 24;
}
}  // namespace

int main() {
  for (;;) {
    const unsigned kind = number();
    Bytes in(number());
    if (!in.empty() && std::fread(in.data(), 1, in.size(), stdin) != in.size()) return 1;
    Bytes out;
    const bool ok = kinds[kind](in, out);
    const unsigned size = ok ? unsigned(out.size()) : 0xffffffffu;
    for (unsigned shift = 0; shift < 32; shift += 8) std::putchar(int(size >> shift & 255));
    if (!out.empty()) std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }
}
"""


def descriptors() -> list[Descriptor]:
    """Every message but the entries of maps."""
    waiting = [message for module in MODULES for message in module.DESCRIPTOR.message_types_by_name.values()]
    found: list[Descriptor] = []
    while waiting:
        found.append(waiting.pop(0))
        waiting += [inner for inner in found[-1].nested_types if not inner.GetOptions().map_entry]
    return found


KINDS = descriptors()
NAMES = [descriptor.full_name for descriptor in KINDS]


class Program:
    """The compiled codecs behind a pipe."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def again(self, name: str, data: bytes) -> bytes | None:
        """Decoded and encoded again; None if it cannot be decoded."""
        assert self.process.stdin is not None
        self.process.stdin.write(struct.pack("<II", NAMES.index(name), len(data)) + data)
        (size,) = struct.unpack("<I", self.read(4))
        return None if size == 0xFFFFFFFF else self.read(size)

    def read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        data = b""
        while len(data) < size:
            piece = self.process.stdout.read(size - len(data))
            assert piece, f"the program ended with {self.process.wait()}"
            data += piece
        return data

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0
        self.process.stdout.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    if COMPILER is None:
        pytest.skip("there is no g++")
    folder = tmp_path_factory.mktemp("cpp")
    files = [read_file(descriptor) for descriptor in (file_of(module) for module in MODULES)]
    types = {
        message.full_name: f"{cpp.namespace_of(file.package)}::{cpp.type_name(message.name)}"
        for file in files
        for message in file.messages
    }
    text = PROGRAM % {
        "includes": "\n".join(f'#include "{cpp.INCLUDE_FOLDER}/{cpp.header_path(file.path)}"' for file in files),
        "kinds": ", ".join(f"again<{types[name]}>" for name in NAMES),
    }
    (folder / "again.cpp").write_text(text)
    command = [COMPILER, *FLAGS, f"-I{INCLUDE}", str(folder / "again.cpp"), "-o", str(folder / "again")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    running = Program(folder / "again")
    yield running
    running.close()


def file_of(module: Any) -> FileDescriptorProto:
    proto = FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(proto)
    return proto


# --- random messages ---------------------------------------------------------------------------------------------


def numbers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return st.sampled_from([low, high, 0, 1, 127, 128]) | st.integers(low, high)


SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_DOUBLE: st.floats() | st.sampled_from([-0.0, math.inf, 5e-324]),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_STRING: st.text(max_size=20) | st.sampled_from(["\0", "ä", "\U0001f9ec" * 50]),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=200),
    FieldDescriptor.TYPE_ENUM: st.sampled_from([0, 1, 2, 77]) | numbers(32, signed=True),
    FieldDescriptor.TYPE_INT32: numbers(32, signed=True),
    FieldDescriptor.TYPE_SINT32: numbers(32, signed=True),
    FieldDescriptor.TYPE_SFIXED32: numbers(32, signed=True),
    FieldDescriptor.TYPE_UINT32: numbers(32, signed=False),
    FieldDescriptor.TYPE_FIXED32: numbers(32, signed=False),
    FieldDescriptor.TYPE_INT64: numbers(64, signed=True),
    FieldDescriptor.TYPE_SINT64: numbers(64, signed=True),
    FieldDescriptor.TYPE_SFIXED64: numbers(64, signed=True),
    FieldDescriptor.TYPE_UINT64: numbers(64, signed=False),
    FieldDescriptor.TYPE_FIXED64: numbers(64, signed=False),
}


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor) -> Message:
    message: Message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if draw(st.booleans()):
            fill(draw, message, field)
    return message


def fill(draw: st.DrawFn, message: Any, field: FieldDescriptor) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (SCALARS[inner.type] for inner in field.message_type.fields)
        getattr(message, field.name).update(draw(st.dictionaries(key, value, max_size=4)))
    elif field.is_repeated:
        inner = SCALARS[field.type] if field.message_type is None else messages(field.message_type)
        getattr(message, field.name).extend(draw(st.lists(inner, max_size=4)))
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(draw(messages(field.message_type)))
    else:
        setattr(message, field.name, draw(SCALARS[field.type]))


ANY_KIND = st.sampled_from(KINDS)
CALM = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=400)


def canonical(message: Message) -> bytes:
    message.DiscardUnknownFields()
    return message.SerializeToString(deterministic=True)


def parsed(descriptor: Descriptor, data: bytes) -> Message | None:
    """What protobuf's own code reads; None if it refuses."""
    message: Message = GetMessageClass(descriptor)()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message


# --- tests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("descriptor", KINDS, ids=NAMES)
@settings(CALM, max_examples=15)
@given(data=st.data())
def test_every_message_survives(program: Program, descriptor: Descriptor, data: st.DataObject) -> None:
    message = data.draw(messages(descriptor))
    again = program.again(descriptor.full_name, message.SerializeToString())
    assert again is not None
    read = parsed(descriptor, again)
    assert read is not None
    assert canonical(read) == canonical(message)


@CALM
@given(data=st.data(), descriptor=ANY_KIND)
def test_what_is_cut_is_refused_or_read_as_protobuf_reads_it(
    program: Program, data: st.DataObject, descriptor: Descriptor
) -> None:
    whole = data.draw(messages(descriptor)).SerializeToString()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    check_as_protobuf(program, descriptor, cut)


@CALM
@given(junk=st.binary(max_size=300), descriptor=ANY_KIND)
def test_random_bytes_are_refused_or_read_as_protobuf_reads_them(
    program: Program, junk: bytes, descriptor: Descriptor
) -> None:
    check_as_protobuf(program, descriptor, junk)


@CALM
@given(data=st.data(), descriptor=ANY_KIND)
def test_messages_with_changed_bytes_are_refused_or_read_as_protobuf_reads_them(
    program: Program, data: st.DataObject, descriptor: Descriptor
) -> None:
    changed = bytearray(data.draw(messages(descriptor)).SerializeToString() or b"\0")
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=4)):
        changed[place] = data.draw(st.integers(0, 255))
    check_as_protobuf(program, descriptor, bytes(changed))


def check_as_protobuf(program: Program, descriptor: Descriptor, data: bytes) -> None:
    """What protobuf takes is taken and means the same; what it refuses is refused, or had only strings against it."""
    again, expected = program.again(descriptor.full_name, data), parsed(descriptor, data)
    if expected is not None:
        assert again is not None
        assume(not has_odd_entries(expected))
        read = parsed(descriptor, again)
        assert read is not None
        assert canonical(read) == canonical(expected)
    elif again is not None:
        lenient = descriptor_with_bytes(descriptor)
        assert parsed(lenient, data) is not None


def has_odd_entries(message: Any) -> bool:
    """Whether an entry of a map holds something besides key and value: protobuf's implementations disagree there."""
    maps = {
        field.number
        for field in message.DESCRIPTOR.fields
        if field.message_type is not None and field.message_type.GetOptions().map_entry
    }
    kept = UnknownFieldSet(message)
    unknown = {kept[index].field_number for index in range(len(kept))}
    values = [
        each
        for field, value in message.ListFields()
        if field.message_type is not None and field.number not in maps
        for each in (value if field.is_repeated else [value])
    ]
    return bool(maps & unknown) or any(has_odd_entries(value) for value in values)


_LENIENT: dict[str, Any] = {}


def descriptor_with_bytes(descriptor: Descriptor) -> Any:
    """The same message with bytes in place of strings, which nobody refuses for their UTF-8."""
    if not _LENIENT:
        pool = descriptor_pool.DescriptorPool()
        for module in (common_pb2, *(other for other in MODULES if other is not common_pb2)):
            add_lenient(pool, module.DESCRIPTOR)
        for name in NAMES:
            _LENIENT[name] = pool.FindMessageTypeByName(name)
            GetMessageClass(_LENIENT[name])
    return _LENIENT[descriptor.full_name]


def add_lenient(pool: Any, file: Any) -> None:
    try:
        pool.FindFileByName(file.name)
    except KeyError:
        for dependency in file.dependencies:
            add_lenient(pool, dependency)
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        for message in proto.message_type:
            without_strings(message)
        pool.Add(proto)


def without_strings(message: DescriptorProto) -> None:
    """Maps become what they are on the wire, messages that repeat: keys of maps cannot be bytes."""
    message.options.map_entry = False
    for field in message.field:
        if field.type == FieldDescriptorProto.TYPE_STRING:
            field.type = FieldDescriptorProto.TYPE_BYTES
    for inner in message.nested_type:
        without_strings(inner)


@pytest.mark.parametrize("depth", [1, 99, 100])
def test_groups_of_other_versions_are_skipped_as_deep_as_messages_may_nest(program: Program, depth: int) -> None:
    data = b"\x9b\x06" * depth + b"\x9c\x06" * depth  # field 99 as a group
    assert program.again("morphogen.v1.StreamHeader", data + b"\x0a\x01a") == b"\x0a\x01a"


@pytest.mark.parametrize("data", [b"\x9b\x06" * 101 + b"\x9c\x06" * 101, b"\x9b\x06" * 100_000])
def test_deeper_nesting_is_refused(program: Program, data: bytes) -> None:
    assert program.again("morphogen.v1.StreamHeader", data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a string of 2^64 - 1 bytes
        b"\x0a\xff\xff\xff\xff\x0f",  # of 4 GiB
        b"\x22\xff\xff\xff\x7f",  # packed numbers beyond the end
        b"\x80" * 11,  # a tag that does not end
        b"\x28" + b"\xff" * 10 + b"\x01",  # a number of eleven bytes
        b"\x00\x01",  # field 0
        b"\x0c",  # the end of a group that never began
        b"\x0e",  # a type that does not exist
    ],
)
def test_lengths_and_tags_that_cannot_be_are_refused(program: Program, data: bytes) -> None:
    assert program.again("morphogen.v1.StreamHeader", data) is None


def test_numbers_are_read_packed_and_one_by_one(program: Program) -> None:
    assert (
        program.again("morphogen.v1.StreamHeader", b"\x20\x40\x22\x02\x80\x01\x20\x07") == b"\x22\x04\x40\x80\x01\x07"
    )


def test_text_is_left_as_it_is(program: Program) -> None:
    assert program.again("morphogen.v1.StreamHeader", b"\x0a\x02\xff\xfe") == b"\x0a\x02\xff\xfe"


def test_messages_that_come_twice_are_merged_and_the_last_member_of_a_oneof_counts(program: Program) -> None:
    header, trailer = b"\x0a\x02\x28\x05", b"\x1a\x02\x10\x07"
    again = program.again("morphogen.v1.GenerateTextureResponse", header + b"\x0a\x02\x30\x03")
    assert again == b"\x0a\x04\x28\x05\x30\x03"
    assert program.again("morphogen.v1.GenerateTextureResponse", header + trailer) == trailer
    assert program.again("morphogen.v1.GenerateTextureResponse", trailer + header) == header


def test_a_message_that_holds_itself_is_refused_by_the_plugin() -> None:
    proto = FileDescriptorProto(name="tree.proto", package="morphogen.v1", syntax="proto3")
    tree = proto.message_type.add(name="Tree")
    tree.field.add(
        name="branch",
        number=1,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=".morphogen.v1.Tree",
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    file = read_file(proto)
    with pytest.raises(ValueError, match=r"morphogen\.v1\.Tree: a struct cannot hold itself"):
        cpp.write([file], {file.path: file})


def test_comments_of_other_people_stay_out() -> None:
    text = (INCLUDE / "morphogen" / "proto" / "google" / "rpc" / "status.hpp").read_text()
    assert "///" not in text
