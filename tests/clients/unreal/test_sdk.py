"""The Unreal plugin without the engine: its copy of the core, its conversions, and the syntax of everything else.

The engine is not there, so what calls it is only checked against stand-ins of its headers: types fit, and nothing runs.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
SDK = ROOT / "clients" / "unreal"
SOURCE = SDK / "Morphogen" / "Source"
STAND_INS = Path(__file__).parent / "stand_ins.h"
# The engine's own habits: no exceptions, no RTTI, shadowed names are errors; its macros `check` and `verify` are there.
FLAGS = [
    "-std=c++20",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    "-Wshadow",
    "-Werror",
    "-fno-exceptions",
    "-fno-rtti",
]
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_copy_of_the_core_is_the_core() -> None:
    run(sys.executable, SDK / "copy_core.py", "--check")


def test_the_version_is_the_servers() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert json.loads((SDK / "Morphogen" / "Morphogen.uplugin").read_text())["VersionName"] == version[1]


def test_every_file_of_the_engine_class_has_its_generated_header_last() -> None:
    for header in SOURCE.rglob("Public/*.h"):
        text = header.read_text()
        if "UCLASS(" in text:
            assert re.findall(r'#include "(.+)"', text)[-1] == f"{header.stem}.generated.h"


@needs_compiler
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", [50500, 50600])
def test_syntax_and_types_fit_stand_ins_of_the_engine(version: int, tmp_path: Path) -> None:
    for path in SOURCE.rglob("*.h"):
        for name in re.findall(r'#include "(.+\.h)"', path.read_text()) + included_by_sources():
            write_stand_in(tmp_path, name)
    folders = [tmp_path, *(SOURCE / name for name in ("Morphogen/Public", "Morphogen/Private", "Morphogen/Core"))]
    folders.append(SOURCE / "MorphogenEditor" / "Private")
    whole = "".join(f'#include "{path}"\n' for path in sorted(SOURCE.rglob("*.cpp")))  # as one, like a unity build
    (tmp_path / "whole.cpp").write_text(whole)
    includes = [f"-I{folder}" for folder in folders]
    run("g++", *FLAGS, f"-DSTAND_IN_VERSION={version}", "-fsyntax-only", *includes, tmp_path / "whole.cpp")


def included_by_sources() -> list[str]:
    return [name for path in SOURCE.rglob("*.cpp") for name in re.findall(r'#include "(.+\.h)"', path.read_text())]


def write_stand_in(folder: Path, name: str) -> None:
    if not list(SOURCE.rglob(name)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(generated(name) if name.endswith(".generated.h") else f'#include "{STAND_INS}"\n')


def generated(name: str) -> str:
    """What the engine's header tool makes of the one class in a header, as far as it matters here."""
    header = next(iter(SOURCE.rglob(name.replace(".generated", ""))))
    found = re.search(r"class MORPHOGEN_API \w+ : public (\w+)", header.read_text())
    assert found is not None
    return f"#undef GENERATED_BODY\n#define GENERATED_BODY() public: using Super = {found[1]}; private:\n"


# --- what needs no engine: compiled and run ------------------------------------------------------------------------

PROGRAM = """
#include <cstdio>
#include "MorphogenAxes.h"
#include "morphogen/geometry/skeleton.hpp"
#include "morphogen/geometry/terrain.hpp"

static morphogen::Bytes file(const char* path) {
  std::FILE* in = std::fopen(path, "rb");
  morphogen::Bytes bytes(1 << 22);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
  std::fclose(in);
  return bytes;
}
template <class List> static void show(const char* name, const List& rows) {
  std::printf("\\"%s\\": [", name);
  bool first = true;
  for (const auto& row : rows) {
    std::printf(first ? "[" : ", [");
    for (std::size_t at = 0; at < row.size(); ++at) std::printf(at ? ", %.9g" : "%.9g", double(row[at]));
    std::printf("]");
    first = false;
  }
  std::printf("]");
}

int main(int, char** paths) {
  std::printf("{");
  const auto chunk = morphogen::chunk_description(file(paths[1]));
  const auto raw = file(paths[2]);
  std::vector<std::uint16_t> heights(raw.size() / 2);
  std::memcpy(heights.data(), raw.data(), raw.size());
  const auto mesh = morphogen::terrain_mesh(*chunk, heights, 4.0f);
  show("positions", mesh->positions_m);
  std::printf(", ");
  show("normals", mesh->normals);
  std::printf(", ");
  std::vector<std::array<std::uint32_t, 3>> triangles;
  for (std::size_t at = 0; at < mesh->indices.size(); at += 3)
    triangles.push_back({mesh->indices[at], mesh->indices[at + 1], mesh->indices[at + 2]});
  show("triangles", triangles);
  const auto skeleton = morphogen::skeleton_of(file(paths[3]));
  const auto pose = file(paths[4]);
  const auto joints = skeleton->transforms(morphogen::pose_of(pose.data()));
  std::vector<std::array<float, 3>> places, shown;
  std::vector<std::array<float, 4>> turns, shown_turns;
  for (const auto& joint : joints) {
    places.push_back(joint.position_m);
    turns.push_back(joint.rotation);
    shown.push_back(MorphogenAxes::Position(joint.position_m));
    shown_turns.push_back(MorphogenAxes::Rotation(joint.rotation));
  }
  std::printf(", "); show("places", places);
  std::printf(", "); show("turns", turns);
  std::printf(", "); show("shown", shown);
  std::printf(", "); show("shown_turns", shown_turns);
  const auto props = morphogen::placements(file(paths[5]));
  std::vector<std::array<double, 5>> stands;
  for (const auto& [model, all] : props)
    for (const auto& each : all)
      stands.push_back({each.position_m[0], each.position_m[1], each.position_m[2], each.turn_deg, each.scale});
  std::printf(", "); show("stands", stands);
  for (const char* nonsense : {"", "{}", "[]", "{\\"vertices\\": 34}", "\\xff"}) {
    const morphogen::Bytes bytes(nonsense, nonsense + std::strlen(nonsense));
    if (morphogen::chunk_description(bytes) || morphogen::skeleton_of(bytes)) return 3;
  }
  if (morphogen::terrain_mesh(*chunk, {1, 2, 3}, 0)) return 4;
  std::printf("}");
  return 0;
}
"""

JOINTS = 19
PARENTS = [-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 10, 13, 14, 10, 16, 17]
EDGE = 33
SWAP = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]])


def matrix(quaternion: np.ndarray) -> np.ndarray:
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What the program makes of a chunk and a pose, with what went in."""
    if shutil.which("g++") is None:
        pytest.skip("there is no g++")
    folder = tmp_path_factory.mktemp("unreal")
    random = np.random.default_rng(4)
    heights = random.integers(0, 65536, (EDGE, EDGE)).astype("<u2")
    pose = random.normal(size=83).astype("<f4")
    turns = pose[3:79].reshape(JOINTS, 4)
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    offsets = random.normal(size=(JOINTS, 3))
    chunk = {"vertices": EDGE, "row": -2, "column": 3, "x_m": 1536, "z_m": -1024, "edge_m": 512, "sea_level_m": 0}
    (folder / "chunk").write_text(json.dumps(chunk | {"height_base_m": -20.5, "height_step_m": 0.015625}))
    (folder / "height").write_bytes(heights.tobytes())
    names = [f"joint {number}" for number in range(JOINTS)]
    (folder / "description").write_text(
        json.dumps({"joints": names, "parents": PARENTS, "rest_offset_m": offsets.tolist()})
    )
    (folder / "pose").write_bytes(pose.tobytes())
    (folder / "props").write_text(json.dumps({"tree": [[1, 2.5, 3, 90, 1.25], [1, 2]], "rock": [[4, 5, 6, 7, 8]]}))
    (folder / "program.cpp").write_text(PROGRAM)
    includes = [f"-I{SOURCE / 'Morphogen' / name}" for name in ("Public", "Core")]
    flags = [*FLAGS, "-Wconversion", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    run("g++", *flags, *includes, folder / "program.cpp", "-o", folder / "program")
    paths = [folder / name for name in ("chunk", "height", "description", "pose", "props")]
    printed = json.loads(run(folder / "program", *paths))
    return {name: np.array(rows) for name, rows in printed.items()} | {
        "heights_m": -20.5 + 0.015625 * heights.astype(float),
        "pose": pose,
        "offsets": offsets,
    }


def test_vertices_of_a_chunk_lie_where_the_map_says(made: dict[str, np.ndarray]) -> None:
    land = made["positions"][: EDGE * EDGE].reshape(EDGE, EDGE, 3)
    assert np.allclose(land[..., 1], made["heights_m"], atol=1e-3)
    assert np.allclose(land[:, :, 0], np.arange(EDGE)[None] * 16)
    assert np.allclose(land[:, :, 2], np.arange(EDGE)[:, None] * 16)
    skirt = made["positions"][EDGE * EDGE :]
    assert len(skirt) == 4 * (EDGE - 1)


def test_triangles_of_the_land_look_up_and_those_of_the_skirt_outwards(made: dict[str, np.ndarray]) -> None:
    corners = made["positions"][made["triangles"].astype(int)]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    land = (made["triangles"] < EDGE * EDGE).all(axis=1)
    assert land.sum() == 2 * (EDGE - 1) ** 2
    assert (facing[land][:, 1] > 0).all()
    outwards = corners[~land].mean(axis=1)[:, [0, 2]] - 256
    assert ((facing[~land][:, [0, 2]] * outwards).sum(axis=1) > 0).all()


def test_normals_follow_the_slope(made: dict[str, np.ndarray]) -> None:
    south, east = np.gradient(made["heights_m"], 16.0)
    normals = np.stack([-east, np.ones_like(east), -south], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    assert np.allclose(made["normals"][: EDGE * EDGE].reshape(EDGE, EDGE, 3), normals, atol=1e-4)


def test_joints_hang_on_their_parents(made: dict[str, np.ndarray]) -> None:
    turns = made["pose"][3:79].reshape(JOINTS, 4)
    places, matrices = [made["pose"][:3]], [matrix(turns[0])]
    for joint in range(1, JOINTS):
        parent = PARENTS[joint]
        places.append(places[parent] + matrices[parent] @ made["offsets"][joint])
        matrices.append(matrices[parent] @ matrix(turns[joint]))
    assert np.allclose(made["places"], places, atol=1e-4)
    assert np.allclose([matrix(turn) for turn in made["turns"]], matrices, atol=1e-4)


def test_axes_and_units_become_the_engines(made: dict[str, np.ndarray]) -> None:
    assert np.allclose(made["shown"], 100 * made["places"] @ SWAP.T, atol=1e-3)
    mirrored = [SWAP @ matrix(turn) @ SWAP.T for turn in made["turns"]]
    assert np.allclose([matrix(turn) for turn in made["shown_turns"]], mirrored, atol=1e-5)


def test_models_stand_where_the_rows_say(made: dict[str, np.ndarray]) -> None:
    assert made["stands"].tolist() == [[4, 5, 6, 7, 8], [1, 2.5, 3, 90, 1.25]]
