"""What arrives of a scene: file after file."""

from dataclasses import dataclass

from morphogen_client.results.files import FilesReader, FilesResult


@dataclass(frozen=True)
class SceneResult(FilesResult):
    """A finished scene.

    `files`: scene.glb is the whole scene; outline.png and height.png (16-bit) the land; ground.png with one tile for
    each material; layout.json where every prop stands; sky.hdr; preview.png.
    """


def scene_reader() -> FilesReader[SceneResult]:
    """Collects the files of one scene."""
    return FilesReader("scene", SceneResult)
