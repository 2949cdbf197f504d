"""Every SDK passes every case that applies to it; and the kit fails a driver that does not."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance_kit.cases import load_cases
from conformance_kit.report import markdown
from sdks import NOT_RUN, SDKS, Sdk

FOLDER = Path(__file__).parents[3] / "clients" / "conformance"

BAD_DRIVER = """
import json, os, sys, time
for case in json.load(open(sys.argv[1]))["cases"]:
    result = {"case": case["name"], "outcome": "ok", "parts": 20, "bytes": 983040, "elapsedMs": 1.0, "names": ["probe"]}
    if case["name"] == "many small parts":
        os._exit(3)
    if case["name"] == "noise at once":
        time.sleep(600)
    if case["name"] == "probe":
        result["sha256"] = 32 * "ab"
    if case["name"] == "dead server":
        result |= {"outcome": "unavailable", "leaks": ["thread reader"]}
    if case["name"] == "slow network":
        result = {"case": case["name"]}
    if case["name"] == "status unknown":
        result |= {"outcome": "server", "code": "unknown"}
    print("what is not for the kit")
    print("RESULT", json.dumps(result), flush=True)
"""


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, results and output of a run."""
    command = [sys.executable, str(FOLDER / "run.py"), "--output", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    path = folder / "results.json"
    return done.returncode, json.loads(path.read_text()) if path.exists() else {}, done.stdout + done.stderr


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """One run of all SDKs."""
    _, results, output = run(tmp_path_factory.mktemp("conformance"))
    assert results, output[-4000:]
    return results, output


@pytest.mark.timeout(900)
@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
def test_sdk_passes_all_cases(sdk: Sdk, everything: tuple[dict[str, Any], str]) -> None:
    if sdk.missing:
        assert not os.environ.get("CI"), f"CI has to have {sdk.missing}"
        pytest.skip(f"{sdk.missing} is not here")
    results, output = everything
    for transport in sdk.transports:
        cases = results["rows"][f"{sdk.name}, {transport}"]
        failed = {name: found["faults"] for name, found in cases.items() if found["state"] == "failed"}
        assert failed == {}, output[-4000:]
        assert sum(found["state"] == "passed" for found in cases.values()) > len(cases) // 2


@pytest.mark.timeout(300)
def test_driver_that_lies_crashes_and_hangs_fails_these_cases_and_no_others(tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(BAD_DRIVER)
    asked = ("many small parts", "noise at once", "probe", "dead server", "slow network", "status unknown")
    named = [argument for name in asked for argument in ("--case", name)]
    code, results, output = run(
        tmp_path, "--driver", shlex.join([sys.executable, str(driver)]), "--transport", "native", *named
    )
    cases = results["rows"]["driver, native"]
    reasons = {name: " ".join(found.get("faults", [])) for name, found in cases.items()}
    assert code == 1, output
    assert "the driver ended with 3" in reasons["many small parts"]
    assert "no result after" in reasons["noise at once"]
    assert "sha256 is 'abab" in reasons["probe"]
    assert "left behind: thread reader" in reasons["dead server"]
    assert "the result lacks outcome" in reasons["slow network"]
    assert cases["status unknown"] == {"state": "passed"}


def test_every_case_applies_somewhere_and_expects_an_outcome() -> None:
    cases = load_cases(FOLDER / "cases.json")
    assert [case.name for case in cases if not case.transports or "outcome" not in case.expect] == []


def test_page_says_what_the_results_say_and_which_sdks_are_not_run() -> None:
    results = json.loads((FOLDER / "results.json").read_text())
    page = markdown(load_cases(FOLDER / "cases.json"), results, NOT_RUN)
    assert (FOLDER.parents[1] / "docs" / "conformance.md").read_text() == page, "run.py --page writes it"
    assert all(f"- {name}: {reason}" in page for name, reason in NOT_RUN.items())
