"""What a log line of a failure shows, and what it keeps to itself."""

from collections.abc import Iterator

import pytest
import structlog

from engine.server.telemetry.logs import configure_logs
from engine.settings.sections import LogSettings

PROMPT = "what a person asked for"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave structlog as it was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("format_", ["console", "json"])
def test_traceback_names_the_place_and_shows_no_local_variables(
    format_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(LogSettings(format=format_))
    prompt = PROMPT
    try:
        int(prompt.upper(), base=len(prompt))
    except ValueError:
        structlog.get_logger("tests").exception("call failed")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "call failed" in shown.err
    assert "ValueError" in shown.err
    assert "test_logs.py" in shown.err
    assert PROMPT not in shown.err


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(level="warning"))
    structlog.get_logger("tests").info("nobody asked")
    assert capsys.readouterr().err == ""
