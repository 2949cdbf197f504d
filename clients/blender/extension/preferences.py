"""Where the server is: kept in Blender's preferences, never in a file that somebody passes on."""

import re
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from morphogen_client import DEFAULT_SERVER, Client, InvalidRequestError, Tls, UnavailableError

_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}:\d+|localhost:\d+|\[::1\]:\d+")


class MorphogenPreferences(bpy.types.AddonPreferences):
    """The server and how to get in."""

    bl_idname = __package__

    server: StringProperty(name="Server", description="HOST:PORT of a Morphogen server", default=DEFAULT_SERVER)
    token: StringProperty(name="Token", description="Bearer token, if the server wants one", subtype="PASSWORD")
    encrypted: BoolProperty(name="TLS", description="Encrypt the connection", default=False)
    root_certificates: StringProperty(
        name="Certificates", description="PEM file of whom to trust; empty: gRPC's own roots", subtype="FILE_PATH"
    )

    def draw(self, context: bpy.types.Context) -> None:  # noqa: ARG002 - Blender's signature
        """The page in Preferences > Add-ons."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "server")
        column.prop(self, "token")
        column.prop(self, "encrypted")
        if self.encrypted:
            column.prop(self, "root_certificates")


def of(context: bpy.types.Context) -> MorphogenPreferences:
    """The preferences of this extension."""
    chosen: MorphogenPreferences = context.preferences.addons[__package__].preferences
    return chosen


def client_of(context: bpy.types.Context) -> Client:
    """A client of the server in the preferences. Connects with its first call.

    Raises InvalidRequestError for an address, certificates or a token that cannot be used, UnavailableError for
    another machine while Blender may not go online.
    """
    chosen = of(context)
    server = chosen.server.strip()
    if not re.fullmatch(r".+:\d{1,5}", server):
        raise InvalidRequestError("server", server, "HOST:PORT")
    if not _LOOPBACK.fullmatch(server) and not bpy.app.online_access:
        raise UnavailableError(f"{server} is another machine: allow online access in Preferences > System > Network")
    return Client(server, tls=_tls(chosen) if chosen.encrypted else None, token=chosen.token or None)


def _tls(chosen: MorphogenPreferences) -> Tls:
    if not chosen.root_certificates:
        return Tls()
    try:
        return Tls(root_certificates=Path(bpy.path.abspath(chosen.root_certificates)).read_bytes())
    except OSError as error:
        raise InvalidRequestError("root_certificates", chosen.root_certificates, f"a file ({error.strerror})") from None


def register() -> None:
    """Make Blender know the preferences."""
    bpy.utils.register_class(MorphogenPreferences)


def unregister() -> None:
    """Take them away again."""
    bpy.utils.unregister_class(MorphogenPreferences)
