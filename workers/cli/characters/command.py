"""`morphogen character`: characters as files, videos, pipes, poses, or live."""

import importlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.codecs.files import publish_file
from engine.codecs.provenance import provenance_fields
from engine.codecs.video.frames import VideoSettings
from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import BACKGROUND_DEFAULT, FramesRequest, Pictures
from engine.requests.character.identity import CharacterRequest, Who
from workers.cli.characters.outputs import (
    PIPE,
    PIPE_FORMATS,
    Film,
    check_film,
    kind_of,
    standard_output,
    write_pictures,
    write_pipe,
    write_poses,
    write_video,
)
from workers.cli.characters.pilot import QUIT, Pilot
from workers.cli.characters.screens import open_screen
from workers.cli.characters.source import CharacterSource
from workers.cli.characters.wishes import Setting, frames_request, parse_settings
from workers.cli.characters.wishes import Take as Stretch
from workers.cli.options import (
    ClientCertificateOption,
    ClientKeyOption,
    JsonOption,
    RootCertificatesOption,
    ServerAccess,
    ServerOption,
    TokenFileOption,
    access_from,
)
from workers.cli.progress import progress_bar

app = typer.Typer(add_completion=False)


@app.command()
def character(  # noqa: PLR0913 - a command has as many arguments as it has options
    *,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DIR|-",
            help="walk.mp4, .webm, .mkv or .ts: video; hero.glb: the rigged model; poses.npz or .bvh; frames/: "
            "pictures, in the place of those of an earlier run; -: a video to the standard output.",
            show_default="out/character_SEED.mp4",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same options and seed give the same bytes.")] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Who it is (kind=goblin, height=0.9, headwear=crown, hair=#aa3311) or what it does at first "
            "(speed_mps=2, action=wave, camera_yaw_deg=90); repeatable.",
        ),
    ] = None,
    script: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Controls over time: a list of objects with frame or at_s.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long.")] = 5.0,
    rate_hz: Annotated[int, typer.Option("--rate-hz", help="Frames per second: 24, 30, 60, 72 or 90.")] = 30,
    size: Annotated[int, typer.Option(metavar="PX", help="Edge length of pictures: 128 or 256.")] = 256,
    renderer: Annotated[
        str | None,
        typer.Option(metavar="network|mesh", help="Who draws.", show_default="mesh"),
    ] = None,
    codec: Annotated[
        str | None, typer.Option(help="h264, vp9, av1 or mjpeg.", show_default="what the file usually has")
    ] = None,
    quality: Annotated[int, typer.Option(help="1 to 100, of video, WebP and JPEG.")] = 80,
    transparent: Annotated[bool, typer.Option("--transparent", help="Keep transparency in video: vp9 only.")] = False,
    background: Annotated[
        str, typer.Option(metavar="#RRGGBB", help="Behind it, where transparency is not kept.")
    ] = BACKGROUND_DEFAULT,
    picture: Annotated[str, typer.Option(help="Pictures in a folder: png, webp, jpeg or raw.")] = "png",
    pipe_format: Annotated[
        str, typer.Option("--format", help="What a pipe carries: matroska, mpegts, or raw (RGBA and nothing else).")
    ] = PIPE_FORMATS[0],
    gpl: Annotated[bool, typer.Option("--gpl/--no-gpl", help="Whether encoders under the GPL may be used.")] = True,
    live: Annotated[bool, typer.Option("--live", help="Steer it with the arrow keys, in a window or here.")] = False,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a character and let it move: as video, pictures, poses or a rigged model, or live.

    Told nothing, it walks past. docs/characters.md has the controls, file formats and the encoders' licences.
    """
    setting = parse_settings(seed, settings or [])
    target = out or f"out/character_{seed}.mp4"
    look = Pictures(size_px=size, background=background)
    shown = VideoSettings(size, size, rate_hz, quality=quality, alpha=transparent, background=look.background_rgb())
    film = Film(shown, codec or "", pipe_format, picture, gpl)
    check_film(target, film)
    access = access_from(server, None, token_file, root_certificates, client_certificate, client_key)
    with open_source(access) as source:
        if live:
            fly(source, setting, rate_hz, drawn_by(source, renderer, look))
            return
        kind = kind_of(target)
        if kind == "model":
            record = make_model(source, setting, Path(target))
        else:
            wanted = None if kind == "poses" else drawn_by(source, renderer, look)
            stretch = Stretch(seconds, rate_hz, script)
            request = frames_request(Who(setting.identity), setting.control, stretch, wanted, poses=kind == "poses")
            record = film_frames(source, request, target, film)
    if target != PIPE:
        typer.echo(json.dumps(record, indent=2) if as_json else _line(record))


def drawn_by(source: CharacterSource, renderer: str | None, look: Pictures) -> Pictures:
    """The pictures by this renderer; from the mesh if none is named."""
    there = dict(source.info("frames").choices).get("renderer", ())
    chosen = renderer or look.renderer
    if chosen not in there:
        raise InvalidRequestError("--renderer", chosen, ", ".join(there))
    return replace(look, renderer=chosen)


def make_model(source: CharacterSource, setting: Setting, out: Path) -> dict[str, Any]:
    """Write the rigged model; what scripts are told about it."""
    files = source.files(CharacterRequest(Who(setting.identity)))
    publish_file(out, files["character.glb"])
    return {"file": str(out), "seed": setting.identity.seed, "bytes": len(files["character.glb"])}


def film_frames(source: CharacterSource, request: FramesRequest, out: str, film: Film) -> dict[str, Any]:
    """Make frames and write them; what scripts are told about them."""
    provenance = provenance_fields(source.info("frames"), request)
    started_s = time.perf_counter()
    kind = kind_of(out)
    bar = nullcontext(_silent) if kind == "pipe" else progress_bar("character", request.frame_count)
    with source.take(request) as take, bar as advance:
        match kind:
            case "video":
                count = write_video(Path(out), take, film, provenance, advance)
            case "pipe":
                count = write_pipe(standard_output(), take, film, provenance, advance)
            case "poses":
                count = write_poses(Path(out), take, request.rate_hz, provenance, advance)
            case _:
                count = len(write_pictures(Path(out), take, film, advance)) - 1
        sha256 = take.sha256
    return {
        "file": out,
        "seed": request.seed,
        "frames": count,
        "rate_hz": request.rate_hz,
        "sha256": sha256,
        "seconds": round(time.perf_counter() - started_s, 2),
    }


def fly(source: CharacterSource, setting: Setting, rate_hz: int, pictures: Pictures) -> None:
    """Show the character and take keys until somebody quits."""
    info = source.info("frames")
    pilot = Pilot(frozenset(name for field, names in info.choices if field in ("action", "gait") for name in names))
    request = FramesRequest(Who(setting.identity), rate_hz, poses=False, pictures=pictures)
    with open_screen() as screen, source.take(request, live=True) as take:
        take.steer(Control(**(pilot.told().given() | setting.control.given())))
        for made in take:
            assert made.pixels is not None
            screen.show(made.pixels)
            for key in screen.pressed():
                if key == QUIT:
                    return
                control = pilot.press(key)
                if control is not None:
                    take.steer(control)


@contextmanager
def open_source(access: ServerAccess | None) -> Iterator[CharacterSource]:
    """This process without `access`, else that server. Only the module that is needed is loaded: one is torch."""
    with ExitStack() as stack:
        if access is None:
            yield importlib.import_module("workers.cli.characters.offline").OfflineSource()
        else:
            remote = importlib.import_module("workers.cli.making.remote")
            online = importlib.import_module("workers.cli.characters.online")
            yield online.OnlineSource(stack.enter_context(remote.open_client(access)), access.server)


def _silent(_count: int) -> None:
    """A pipe's reader wants nothing but frames."""


def _line(record: dict[str, Any]) -> str:
    if "frames" not in record:
        return f"{record['file']}  {record['bytes']:,} bytes"
    frames = f"{record['frames']} frames at {record['rate_hz']} Hz in {record['seconds']} s"
    return f"{record['file']}  {frames}  sha256 {record['sha256']}"
