"""A folder of files, served to everybody."""

import os
from pathlib import Path, PurePath
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from engine.errors import SettingsError

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
    ".hdr": "image/vnd.radiance",
    ".ktx2": "image/ktx2",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
"""By the ending of a file's name. Not the system's table, which differs from machine to machine."""

OTHER_MEDIA_TYPE = "application/octet-stream"


def folder_files(folder: Path | None) -> "FolderFiles | None":
    """The files of `folder`; None for none. Raises SettingsError if there is no such folder."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise SettingsError(f"web.static_folder: {folder} is no folder")
    return FolderFiles(directory=folder, html=True)


class FolderFiles(StaticFiles):
    """Files by their path; a folder's path gives its index.html and nothing else.

    Raises starlette's HTTPException for what is not there, lies outside of the folder (links that lead out included),
    or has a name that begins with a dot.
    """

    async def get_response(self, path: str, scope: Any) -> Response:
        """The response to a request for `path`."""
        parts = PurePath(path).parts
        if any(part.startswith(".") and part != "." for part in parts):
            raise HTTPException(status_code=404)
        response = await super().get_response(path, scope)
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["cache-control"] = "no-cache"  # ask whether it has changed
        return response

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Any, status_code: int = 200
    ) -> Response:
        """A file with the media type of its name."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        if response.status_code != 304:
            response.headers["content-type"] = MEDIA_TYPES.get(PurePath(full_path).suffix.lower(), OTHER_MEDIA_TYPE)
        return response
