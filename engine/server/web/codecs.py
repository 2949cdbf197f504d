"""Messages in the two formats of the web port: as servicers have them, which is binary, and in JSON."""

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import Message

from engine.errors import InvalidRequestError
from engine.server.web.errors import refusal

Answer = tuple[type[Message], bytes]
"""A message on its way out: its type and its binary form."""


class BinaryCodec:
    """The binary format. Nothing is parsed here: servicers do, and say what is wrong."""

    def name(self) -> str:
        """How content types name it."""
        return "proto"

    def encode(self, message: Answer) -> bytes:
        """The bytes to send."""
        return message[1]

    def decode(self, data: bytes | bytearray, _message_class: type[Message]) -> bytes:
        """The bytes that came."""
        return bytes(data)


class JsonCodec:
    """Protocol buffers' JSON: names in camel case, bytes in base64, unknown fields refused."""

    def name(self) -> str:
        """How content types name it."""
        return "json"

    def encode(self, message: Answer) -> bytes:
        """The text to send."""
        kind, data = message
        return MessageToJson(kind.FromString(data), indent=None).encode()

    def decode(self, data: bytes | bytearray, message_class: type[Message]) -> bytes:
        """The message's binary form. Raises a ConnectError that names what does not fit."""
        try:
            return Parse(bytes(data), message_class()).SerializeToString()
        except (ParseError, UnicodeDecodeError, RecursionError) as error:
            allowed = f"a JSON object that is a {message_class.DESCRIPTOR.full_name}{_reason(error)}"
            raise refusal(InvalidRequestError("request", f"{len(data)} bytes", allowed)) from error


def _reason(error: Exception) -> str:
    """What the parser says, unless it is about itself."""
    text = str(error).partition("\n")[0]
    return "" if "Error" in text else f"; {text}"
