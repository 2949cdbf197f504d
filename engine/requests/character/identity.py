"""Requests for characters: who they are."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX, frozen_numbers

NAMES_MAX = 32
"""Most sliders, parts and colors that can be set, each."""

PREVIEW_PX_DEFAULT = 512

_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Who a character is; what is left out is drawn by the seed. Which names there are is the generator's to say.

    kind     empty: drawn by the seed
    sliders  name -> number from 0 to 1
    parts    name -> choice
    colors   name -> "#rrggbb", sRGB
    """

    seed: int = 0
    kind: str = ""
    sliders: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= SEED_MAX:
            raise InvalidRequestError("identity.seed", self.seed, f"0 to {SEED_MAX}")
        for name, values in (("sliders", self.sliders), ("parts", self.parts), ("colors", self.colors)):
            if len(values) > NAMES_MAX:
                raise InvalidRequestError(f"identity.{name}", f"{len(values)} of them", f"at most {NAMES_MAX}")
        sliders = frozen_numbers("identity.sliders", self.sliders)
        for name, number in sliders.items():
            if not 0.0 <= number <= 1.0:
                raise InvalidRequestError(f"identity.sliders.{name}", number, "0 to 1")
        colors = {name: color_text(f"identity.colors.{name}", self.colors[name]) for name in sorted(self.colors)}
        object.__setattr__(self, "sliders", sliders)
        object.__setattr__(self, "parts", {name: self.parts[name] for name in sorted(self.parts)})
        object.__setattr__(self, "colors", colors)

    def document(self) -> dict[str, object]:
        """For canonical JSON."""
        return {
            "seed": self.seed,
            "kind": self.kind,
            "sliders": dict(self.sliders),
            "parts": dict(self.parts),
            "colors": dict(self.colors),
        }


@dataclass(frozen=True, slots=True)
class Who:
    """One character, or one between two: `share` (0 to 1) of `other`."""

    identity: IdentityRequest = field(default_factory=IdentityRequest)
    other: IdentityRequest | None = None
    share: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise InvalidRequestError("blend.share", self.share, "0 to 1")

    def document(self) -> dict[str, object]:
        """For canonical JSON."""
        other = None if self.other is None else {"identity": self.other.document(), "share": self.share}
        return {"identity": self.identity.document(), "blend": other}


@dataclass(frozen=True, slots=True)
class CharacterRequest:
    """A character as files: description, rigged model, picture.

    clips       actions that become clips of the model; none: all there are
    preview_px  edge length of the picture, 64 to 1024
    """

    ASSET_KIND: ClassVar[str] = "character"
    SHARED: ClassVar[bool] = True
    """Whether equal requests get one and the same generation, and its result is kept."""

    who: Who = field(default_factory=Who)
    clips: tuple[str, ...] = ()
    preview_px: int = PREVIEW_PX_DEFAULT

    def __post_init__(self) -> None:
        if len(self.clips) > NAMES_MAX or len(set(self.clips)) < len(self.clips):
            raise InvalidRequestError("clips", ", ".join(self.clips)[:200], f"at most {NAMES_MAX} actions, each once")
        if not 64 <= self.preview_px <= 1024:
            raise InvalidRequestError("preview_px", self.preview_px, "64 to 1024")

    @property
    def seed(self) -> int:
        """That of its identity."""
        return self.who.identity.seed

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        document = {**self.who.document(), "clips": list(self.clips), "preview_px": self.preview_px}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))


def color_text(field_name: str, text: str) -> str:
    """The color in lower case. Raises InvalidRequestError for anything but "#rrggbb"."""
    if not _COLOR.fullmatch(text.lower()):
        raise InvalidRequestError(field_name, text, '"#rrggbb"')
    return text.lower()
