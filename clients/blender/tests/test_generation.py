"""Following a generation as the panel does: step by step, cancelled, undone in the middle, without a server."""

import threading
import time
from typing import Any

import bpy
import pytest
from bl_ext.user_default.morphogen import generation as following
from bl_ext.user_default.morphogen import wishes
from conftest import TOKEN

from morphogen_client import CancelledError, Client, UnavailableError


@pytest.fixture
def begin(settings: Any, server: str) -> Any:
    """Starts what the settings ask for, as a button does, without following it."""

    def start(address: str = server) -> Any:
        client = Client(address, token=TOKEN)
        return following.Generation(client, wishes.recipe_of(bpy.context))

    return start


def follow(generation: Any) -> list[tuple[float, str]]:
    seen: list[tuple[float, str]] = []
    while not generation.step(wait_s=0.2):
        if not seen or seen[-1][1] != generation.text:
            seen.append((generation.share, generation.text))
    return seen


def test_progress_grows_and_says_what_happens(settings: Any, begin: Any) -> None:
    settings.size_px = "256"
    seen = follow(begin())
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert [text for _, text in seen if text.endswith(" px")] == [
        f"brick 1: {size_px} px" for size_px in (64, 128, 256)
    ]


def test_looking_for_news_never_waits(settings: Any, begin: Any) -> None:
    settings.kind = "SCENE"
    generation = begin()
    waited_s = []
    for _ in range(20):
        began_s = time.perf_counter()
        assert not generation.step()
        waited_s.append(time.perf_counter() - began_s)
    began_s = time.perf_counter()
    generation.cancel()
    assert time.perf_counter() - began_s < 0.5
    assert sorted(waited_s)[10] < 0.01
    generation.wait(10.0)


def test_cancelled_world_takes_back_its_chunks(settings: Any, begin: Any) -> None:
    settings.kind, settings.edge_count, settings.prop_limit = "WORLD", 3, 100
    kinds = ("objects", "meshes", "materials", "images", "collections", "node_groups")
    before = {kind: len(getattr(bpy.data, kind)) for kind in kinds}
    generation = begin()
    while not any(each.name.startswith("chunk ") for each in bpy.data.objects):
        assert not generation.step(wait_s=0.5)
    generation.cancel()
    assert {kind: len(getattr(bpy.data, kind)) for kind in kinds} == before
    generation.wait(10.0)
    assert [thread for thread in threading.enumerate() if thread.name == "morphogen"] == []


def test_what_an_undo_takes_away_in_the_middle_is_made_again(settings: Any, begin: Any) -> None:
    settings.size_px = "512"
    bpy.ops.ed.undo_push(message="before")
    generation = begin()
    while "brick 1" not in bpy.data.materials:
        assert not generation.step(wait_s=0.5)
    bpy.ops.ed.undo_push(message="something else")
    bpy.ops.ed.undo()
    assert "brick 1" not in bpy.data.materials
    follow(generation)
    assert bpy.data.materials["brick 1"].node_tree.nodes["albedo"].image.size[0] == 512


def test_server_that_is_gone_is_told(settings: Any, begin: Any) -> None:
    generation = begin("127.0.0.1:1")
    with pytest.raises(UnavailableError):
        follow(generation)
    assert "brick 1" not in bpy.data.materials


def test_server_that_stops_a_stream_is_told(begin: Any) -> None:
    generation = begin()
    generation._client.close()
    with pytest.raises((CancelledError, UnavailableError, ValueError)):
        follow(generation)


def test_wrong_token_is_told(settings: Any, extension: Any) -> None:
    extension.token = "not the token of these tests"
    with pytest.raises(RuntimeError, match="token"):
        bpy.ops.morphogen.generate()


def test_other_machine_needs_online_access(settings: Any, extension: Any) -> None:
    extension.server = "192.0.2.1:50051"
    bpy.context.preferences.system.use_online_access = False
    with pytest.raises(RuntimeError, match="allow online access"):
        bpy.ops.morphogen.generate()


@pytest.mark.parametrize("server_name", ["", "nowhere", "host:port"])
def test_address_without_port_is_refused(settings: Any, extension: Any, server_name: str) -> None:
    extension.server = server_name
    with pytest.raises(RuntimeError, match=r"server: .* allowed: HOST:PORT"):
        bpy.ops.morphogen.generate()


def test_buttons_are_off_outside_of_object_mode(settings: Any) -> None:
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.morphogen.generate.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.ops.morphogen.generate.poll()


def test_settings_are_kept_in_the_file_and_the_token_is_not(settings: Any, extension: Any, tmp_path: Any) -> None:
    settings.seed = 4711
    path = tmp_path / "kept.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    assert TOKEN.encode() not in path.read_bytes()
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert bpy.context.scene.morphogen.seed == 4711
