"""Bytes to messages, and numbers of enums to what they mean."""

import pytest

from engine.errors import InvalidRequestError
from engine.requests.texture import Wrap
from engine.wire.parsing import known, parsed
from morphogen.v1 import texture_pb2

Message = texture_pb2.GenerateTextureRequest
WRAPS = dict.fromkeys(range(5), Wrap.BOTH)


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="GenerateTextureRequest"):
        parsed(Message, data)


def test_unknown_number_of_an_enum_is_told_what_there_is() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        known(WRAPS, "wrap", 99)
    assert (refused.value.field, refused.value.value) == ("wrap", 99)
    assert refused.value.allowed == "the enum's numbers 0 to 4"
