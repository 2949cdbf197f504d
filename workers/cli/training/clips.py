"""`morphogen motion import`: motion files of other programs become the clips that training reads."""

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.codecs.motion.importing import ImportWishes, import_motion
from engine.motion.clip import Clip
from engine.motion.library import write_clips
from workers.cli.options import JsonOption

app = typer.Typer(add_completion=False)


@app.command("import")
def import_files(  # noqa: PLR0913 - a command has as many arguments as it has options
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="BVH, rigged GLB or .npz files of clips.")],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The .npz of clips to write.")] = Path("clips.npz"),
    rate_hz: Annotated[float, typer.Option("--rate-hz", help="Frames per second of all clips.")] = 30.0,
    label: Annotated[
        str, typer.Option(help="What the clips show: walk, run, ...", show_default="from each clip's name")
    ] = "",
    style: Annotated[str, typer.Option(help="mocap for captured, stylized for hand-made motion.")] = "mocap",
    licence: Annotated[str, typer.Option(help="Licence of the files, kept with the clips.")] = "",
    repeat: Annotated[int, typer.Option(help="Play each clip so often in a row; for cycles.")] = 1,
    clip: Annotated[list[str] | None, typer.Option(help="Only this clip of files with several; repeatable.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring motion of any humanoid rig onto Morphogen's skeleton of 19 joints, with contacts of the feet.

    `morphogen train motion` reads the result. Clips whose label is not known to training are kept and not learned from.
    """
    wishes = ImportWishes(rate_hz, label, style, licence, repeat, tuple(clip or ()))
    clips = [told for file in files for told in import_motion(file, wishes)]
    write_clips(out, clips)
    if as_json:
        typer.echo(json.dumps({"clips": [description(told) for told in clips], "file": str(out)}))
        return
    for told in clips:
        typer.echo(f"{told.name}: {told.label or 'no label'}, {told.frame_count} frames, {told.duration_s:.1f} s")
    typer.echo(f"{len(clips)} clips in {out}")


def description(clip: Clip) -> dict[str, object]:
    """A clip in a few words."""
    return {"name": clip.name, "label": clip.label, "frames": clip.frame_count, "seconds": round(clip.duration_s, 3)}
