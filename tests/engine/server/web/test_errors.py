"""Every status has its word in Connect."""

import grpc
import pytest

from engine.errors import InvalidRequestError
from engine.server.web.errors import CODES, refusal


def test_every_code_but_ok_has_a_counterpart() -> None:
    assert set(CODES) == {code.name for code in grpc.StatusCode} - {"OK"}
    assert CODES["CANCELLED"].value == "canceled"


@pytest.mark.parametrize("text", ["x", "\u00e9\n\0", "\N{GRINNING FACE}" * 500])
def test_details_survive(text: str) -> None:
    error = refusal(InvalidRequestError("field", text, "less"))
    assert error.code.value == "invalid_argument"
    assert [detail.type_name for detail in error.details] == ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]
