"""The TypeScript SDK's own checks, where Node and its packages are there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "clients" / "web"
ENVIRONMENT = os.environ | {"PYTHON": sys.executable}

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None or not (FOLDER / "node_modules").is_dir(),
    reason="Node or the SDK's packages are missing: make test installs them where there is npm",
)


def npm(*arguments: str) -> None:
    command = ["npm", "--prefix", str(FOLDER), "--silent", *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_generated_code_is_what_the_protos_say() -> None:
    npm("run", "gen:check")


def test_types_fit() -> None:
    npm("run", "types")


@pytest.mark.timeout(400)
def test_all_tests_pass_against_a_real_server() -> None:
    npm("test")


@pytest.mark.timeout(400)
def test_worlds_characters_and_pages_are_rendered_in_a_browser() -> None:
    npm("run", "test:rendering")
