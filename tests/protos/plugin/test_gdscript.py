"""What Godot reads and writes is what protobuf's own Python does. Godot 3 runs it, where it is installed."""

import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from grpc_tools import protoc
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from plugin import godot3, main

HERE = Path(__file__).parent / "gdscript"
WIRE = Path(__file__).parents[3] / "clients" / "godot" / "godot4" / "addons" / "morphogen" / "wire"
GODOT = shutil.which("godot3-server")
TIMEOUT_S = 20
needs_godot = pytest.mark.skipif(
    GODOT is None and not os.environ.get("CI"), reason="godot3-server is not installed; CI has to have it"
)
randomly = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

VALUES: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_DOUBLE: st.floats(),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=300),
    # Godot's texts end at the first NUL.
    FieldDescriptor.TYPE_STRING: st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    FieldDescriptor.TYPE_ENUM: st.sampled_from([0, 1, -7, 3, 12345, -(2**31), 2**31 - 1]),
}
for signed, bits, names in (
    (True, 32, "INT32 SINT32 SFIXED32"),
    (False, 32, "UINT32 FIXED32"),
    (True, 64, "INT64 SINT64 SFIXED64"),
    (False, 64, "UINT64 FIXED64"),
):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    for name in names.split():
        VALUES[getattr(FieldDescriptor, f"TYPE_{name}")] = st.sampled_from([0, low, high]) | st.integers(low, high)


def file_descriptors() -> descriptor_pb2.FileDescriptorSet:
    """The test's own proto, as protoc reads it."""
    target = HERE / "everything.binpb"
    try:
        options = [f"--proto_path={HERE}", f"--descriptor_set_out={target}", "--include_source_info"]
        assert protoc.main(["protoc", *options, "everything.proto"]) == 0
        return descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    finally:
        target.unlink(missing_ok=True)


DESCRIPTORS = file_descriptors()
POOL = descriptor_pool.DescriptorPool()
POOL.Add(DESCRIPTORS.file[0])
Everything: Any = message_factory.GetMessageClass(POOL.FindMessageTypeByName("everything.Everything"))


def generated() -> dict[str, str]:
    """The scripts of the test's own proto."""
    request = CodeGeneratorRequest(parameter="language=gdscript", file_to_generate=["everything.proto"])
    request.proto_file.extend(DESCRIPTORS.file)
    response = main.respond(request)
    assert not response.error
    return {file.name: file.content for file in response.file}


class Echo:
    """A Godot process that decodes and encodes what it is sent."""

    def __init__(self, project: Path) -> None:
        (project / "project.godot").write_text("config_version=4\n")
        (project / "echo.gd").write_text((HERE / "echo.gd").read_text())
        scripts = {f"wire/{path.name}": path.read_text() for path in WIRE.glob("*.gd")}
        scripts |= {f"protos/{name}": text for name, text in generated().items()}
        for name, text in scripts.items():
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(godot3.script(text))
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(TIMEOUT_S)
        environment = os.environ | {
            "HOME": str(project),
            "LANG": "C.UTF-8",
            "ECHO_PORT": str(listener.getsockname()[1]),
        }
        command = [GODOT or "", "--path", str(project), "--script", "echo.gd"]
        with (project / "log").open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        with listener:
            self.connection, _ = listener.accept()
        self.connection.settimeout(TIMEOUT_S)
        self.stream = self.connection.makefile("rwb")

    def __call__(self, data: bytes) -> bytes | None:
        """What Godot makes of a message's bytes; None if it does not take them."""
        self.stream.write(struct.pack("<I", len(data)) + data)
        self.stream.flush()
        taken, size = struct.unpack("<BI", self.stream.read(5))
        answer = self.stream.read(size)
        return answer if taken else None

    def close(self) -> None:
        self.stream.close()
        self.connection.close()
        assert self.process.wait(TIMEOUT_S) == 0


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    started = Echo(tmp_path_factory.mktemp("godot"))
    try:
        yield started
    finally:
        started.close()


@st.composite
def messages(draw: st.DrawFn, depth: int = 2) -> Message:
    message = Everything()
    chosen = draw(st.sets(st.sampled_from(list(Everything.DESCRIPTOR.fields)), max_size=8))
    for field in sorted(chosen, key=lambda field: field.number):
        put(draw, message, field, depth)
    return message  # type: ignore[no-any-return]


def put(draw: st.DrawFn, message: Any, field: FieldDescriptor, depth: int) -> None:
    """Draw a value of a field into a message."""
    held = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        for at in draw(st.lists(VALUES[key.type], max_size=3)):
            if value.message_type is None:
                held[at] = draw(VALUES[value.type])
            else:
                fill_inner(draw, held[at])
    elif field.message_type is None:
        values = draw(st.lists(VALUES[field.type], max_size=5)) if field.is_repeated else draw(VALUES[field.type])
        if field.is_repeated:
            held.extend(values)
        else:
            setattr(message, field.name, values)
    elif field.message_type is Everything.DESCRIPTOR:
        if depth > 0:
            inner = draw(messages(depth - 1))
            (held.add() if field.is_repeated else held).CopyFrom(inner)
    else:
        held.SetInParent()
        fill_inner(draw, held)


def fill_inner(draw: st.DrawFn, inner: Any) -> None:
    for field in inner.DESCRIPTOR.fields:
        if draw(st.booleans()):
            put(draw, inner, field, 0)


def canonical(data: bytes) -> bytes | None:
    """A message in the one form that equal messages share; None if Python does not take the bytes."""
    try:
        message = Everything.FromString(data)
    except DecodeError:
        return None
    message.DiscardUnknownFields()
    return message.SerializeToString(deterministic=True)  # type: ignore[no-any-return]


def check_like_python(echo: Echo, data: bytes) -> None:
    """Godot takes the bytes if Python does, and reads the same."""
    wanted, answer = canonical(data), echo(data)
    assert (answer is None) == (wanted is None)
    if answer is not None:
        assert canonical(answer) == wanted


@needs_godot
@randomly
@given(message=messages())
@example(message=Everything(double_value=-0.0, float_value=-0.0, optional_double=-0.0, int64_value=-(2**63)))
@example(message=Everything(optional_bool=False, optional_string="", chosen_number=0, inner={}, itself={}))
@example(message=Everything(uint64_value=2**64 - 1, fixed64_value=2**63, sint64s=[2**63 - 1, -(2**63)]))
@example(message=Everything(bytes_value=bytes(range(256)) * 1024, string_value="naïve \U0001f9e9" * 1000))
def test_messages_survive_the_way_through_godot(echo: Echo, message: Message) -> None:
    check_like_python(echo, message.SerializeToString())


@needs_godot
@randomly
@given(message=messages(), data=st.data())
def test_bytes_that_end_too_early_are_told_from_whole_messages(
    echo: Echo, message: Message, data: st.DataObject
) -> None:
    whole = message.SerializeToString()
    for end in data.draw(st.sets(st.integers(0, len(whole)), max_size=20)):
        check_like_python(echo, whole[:end])


@needs_godot
@randomly
@given(first=messages(), second=messages())
def test_two_messages_behind_each_other_are_merged(echo: Echo, first: Message, second: Message) -> None:
    check_like_python(echo, first.SerializeToString() + second.SerializeToString())


@needs_godot
@randomly
@given(message=messages(), data=st.data())
def test_changed_bytes_are_refused_or_read_as_python_does(echo: Echo, message: Message, data: st.DataObject) -> None:
    changed = bytearray(message.SerializeToString())
    for at in data.draw(st.sets(st.integers(0, max(0, len(changed) - 1)), max_size=4)):
        changed[at : at + 1] = data.draw(st.binary(max_size=2))
    check_no_worse_than_python(echo, bytes(changed))


@needs_godot
@randomly
@given(st.binary(max_size=2000))
@example(b"\xff" * 100)
@example(b"\x7a\xff\xff\xff\xff\x07")  # 2 GiB of bytes that are not there
@example(b"\xda\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
@example(b"\x93\x3e" * 1000)  # groups in groups
def test_garbage_neither_stops_nor_confuses_it(echo: Echo, garbage: bytes) -> None:
    check_no_worse_than_python(echo, garbage)


def check_no_worse_than_python(echo: Echo, data: bytes) -> None:
    """As `check_like_python`; but Python refuses texts that are no UTF-8, and Godot cuts them at a NUL."""
    answer, wanted = echo(data), canonical(data)
    assume(wanted is not None and b"\0" not in "".join(texts(Everything.FromString(data))).encode())
    assert answer is not None
    assert canonical(answer) == wanted


def texts(message: Any) -> Iterator[str]:
    """Every text in a message."""
    for _, value in message.ListFields():
        for each in [value] if isinstance(value, str | bytes) or not hasattr(value, "__iter__") else [*value]:
            if isinstance(each, str):
                yield each
            elif hasattr(each, "ListFields"):
                yield from texts(each)
        if hasattr(value, "values"):
            yield from (text for each in value.values() for text in ([each] if isinstance(each, str) else ()))
            yield from (text for each in value.values() if hasattr(each, "ListFields") for text in texts(each))


def unknown_fields() -> bytes:
    """Fields that the message does not have, in all forms, groups in a group among them."""
    return b"".join(
        (
            b"\xa0\x3e\x96\x01",  # 1000: a varint
            b"\xa1\x3e12345678",
            b"\xa2\x3e\x03abc",
            b"\xa5\x3e1234",
            b"\xa3\x3e\x08\x01\x13\x1a\x02xy\x14\xa4\x3e",
        )
    )


@needs_godot
def test_unknown_fields_are_left_out(echo: Echo) -> None:
    message = Everything(uint32_value=7, strings=["a"])
    answer = echo(unknown_fields() + message.SerializeToString() + unknown_fields())
    assert answer == message.SerializeToString()


@needs_godot
def test_numbers_may_come_packed_or_not_however_they_are_declared(echo: Echo) -> None:
    doubles = b"".join(b"\xd9\x01" + struct.pack("<d", value) for value in (1.5, -2.0))
    packed = b"\x9a\x02\x03\x05\xac\x02" + b"\xa2\x02\x08" + struct.pack("<2f", 0.5, 4.0)
    check_like_python(echo, doubles + packed + b"\x98\x02\x07" + b"\xda\x01\x08" + struct.pack("<d", 3.0))


@needs_godot
@pytest.mark.parametrize("depth", [99, 100, 101, 5000])
def test_messages_in_messages_end_where_python_ends(echo: Echo, depth: int) -> None:
    data = b""
    for _ in range(depth):
        size = len(data)
        data = b"\x92\x01" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127]) + data
    check_like_python(echo, data)


@needs_godot
def test_a_flood_of_empty_messages_is_refused(echo: Echo) -> None:
    assert echo(b"\x92\x02\x00" * 200_000) is None
    assert echo(b"\x28\x01") == b"\x28\x01"


def test_own_comments_are_kept_and_those_of_google_are_left_out() -> None:
    own = generated()["everything_pb.gd"]
    assert "## Holds itself, in every way." in own
    protos = WIRE.parent / "protos"
    assert "## " not in (protos / "google_rpc_error_details_pb.gd").read_text()
    assert "## " in (protos / "common_pb.gd").read_text()


def test_names_that_godot_has_taken_get_an_underscore() -> None:
    script = generated()["everything_pb.gd"]
    assert "\tvar seed_: int = 0" in script
    assert '["script_", STRING, REPEATED, ""]' in script


def test_generated_scripts_parse_as_godot_4(tmp_path: Path) -> None:
    for name, text in generated().items():
        (tmp_path / name).write_text(text)
    parser = Path(sys.executable).parent / "gdparse"
    subprocess.run([parser, *tmp_path.glob("*.gd")], check=True)


@pytest.mark.parametrize("line", ["\tawait ready", "\tvar f = func(): pass", "@rpc", "static var count = 0"])
def test_what_godot_3_does_not_have_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: .* Godot 3 has no such thing"):
        godot3.script(f"extends Node\n{line}\n")


@pytest.mark.parametrize(
    ("godot_4", "godot_3"),
    [
        ('@export var url: String = ""', 'export(String) var url: String = ""'),
        ("@export_range(0, 4) var scale_m: float = 1.0", "export(float, 0, 4) var scale_m: float = 1.0"),
        ("\tfinished.emit(result, [1, 2])", '\temit_signal("finished", result, [1, 2])'),
        ("\tstream.failed.connect(_on_failed)", '\tstream.connect("failed", self, "_on_failed")'),
        ("\tstream.failed.connect(_on_failed.bind(1, a))", '\tstream.connect("failed", self, "_on_failed", [1, a])'),
        ("\tpressed.disconnect(_on_pressed)", '\tdisconnect("pressed", self, "_on_pressed")'),
        ("\tvar data := PackedByteArray() # a Node3D", "\tvar data := PoolByteArray() # a Spatial"),
        ('\tprint("@export Node")', '\tprint("@export Node")'),
        ('@icon("res://icon.svg")\nclass_name One', 'class_name One, "res://icon.svg"'),
    ],
)
def test_spellings_of_godot_4_become_those_of_godot_3(godot_4: str, godot_3: str) -> None:
    assert godot3.script(godot_4) == godot_3
