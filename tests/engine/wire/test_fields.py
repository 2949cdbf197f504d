"""The hand-made pieces of protobuf's encoding, read by protobuf itself."""

import pytest
from google.protobuf import descriptor_pb2, empty_pb2, unknown_fields, wrappers_pb2
from hypothesis import example, given
from hypothesis import strategies as st

from engine.wire.fields import read_varint, tag, varint


@given(st.integers(0, 2**64 - 1))
@example(0)
@example(127)
@example(128)
@example(2**64 - 1)
def test_number_is_read_back(number: int) -> None:
    value_field = b"\x08"  # number 1, wire type 0
    assert wrappers_pb2.UInt64Value.FromString(value_field + varint(number)).value == number


@given(st.integers(0, 2**64 - 1), st.binary(max_size=4))
def test_number_is_read_where_it_stands_and_not_beyond(number: int, before: bytes) -> None:
    data = before + varint(number)
    assert read_varint(data + b"rest", len(before)) == (number, len(data))
    with pytest.raises(IndexError):
        read_varint(data[:-1], len(before))


@given(st.integers(0, 2**64 - 1))
def test_number_takes_as_few_bytes_as_possible(number: int) -> None:
    assert len(varint(number)) == max(1, -(-number.bit_length() // 7))
    assert varint(number) == wrappers_pb2.UInt64Value(value=number).SerializeToString()[1:] or number == 0


@given(st.binary(max_size=300))
def test_bytes_behind_tag_and_length_are_read_back(payload: bytes) -> None:
    data = tag(1) + varint(len(payload)) + payload
    assert wrappers_pb2.BytesValue.FromString(data).value == payload


@pytest.mark.parametrize("number", range(1, 16))
def test_tag_carries_the_number_of_its_field(number: int) -> None:
    message = empty_pb2.Empty.FromString(tag(number) + varint(3) + b"abc")
    field = unknown_fields.UnknownFieldSet(message)[0]
    assert (field.field_number, field.data) == (number, b"abc")


def test_message_put_together_by_hand_is_the_message_that_protobuf_makes() -> None:
    expected = descriptor_pb2.FileDescriptorProto(name="n" * 200, dependency=["a", "b" * 300])
    pieces = b"".join(
        tag(number) + varint(len(text)) + text for number, text in ((1, b"n" * 200), (3, b"a"), (3, b"b" * 300))
    )
    assert pieces == expected.SerializeToString()
