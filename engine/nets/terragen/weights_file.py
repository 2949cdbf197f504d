"""TerraGen's weights file: both decoders, and the styles of the land that it was trained on."""

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import WeightsError
from engine.nets.blocks import channels_last
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix
from engine.nets.terragen.network import Decoder, DecoderConfig

FORMAT = "morphogen-terragen-2"
LANDFORMS, DETAILS, STYLES = "landforms.", "details.", "styles"


@dataclass(frozen=True, slots=True)
class TerraGenHeader:
    """What a weights file says about itself.

    version    of the generator that the weights belong to
    tier       size and quality class
    landforms  sizes of the decoder of the coarse octaves
    details    of that of the finest ones
    licences   of the training data, without repetition
    """

    version: str
    tier: str
    landforms: DecoderConfig
    details: DecoderConfig
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TerraGenWeights:
    """A loaded file: header, decoders in evaluation mode, styles float32 [count, style_width], SHA-256."""

    header: TerraGenHeader
    landforms: Decoder
    details: Decoder
    styles: torch.Tensor
    sha256: str

    def in_format(self, dtype: torch.dtype) -> "TerraGenWeights":
        """The same weights, with decoders that compute in `dtype`, laid out for CPUs."""
        for decoder in (self.landforms, self.details):
            channels_last(decoder.to(dtype))
        return self


def save_terragen(
    path: Path, header: TerraGenHeader, landforms: Decoder, details: Decoder, styles: torch.Tensor
) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {LANDFORMS + name: value for name, value in landforms.state_dict().items()}
    tensors |= {DETAILS + name: value for name, value in details.state_dict().items()}
    save_tensors(path, FORMAT, header, tensors | {STYLES: styles})


def load_terragen(path: Path, expected_sha256: str | None = None) -> TerraGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what TerraGen expects."""
    file = load_tensors(path, FORMAT, TerraGenHeader, expected_sha256)
    header = file.header
    landforms, details = Decoder(header.landforms), Decoder(header.details)
    fill(path, landforms, with_prefix(file.tensors, LANDFORMS))
    fill(path, details, with_prefix(file.tensors, DETAILS))
    styles = file.tensors.get(STYLES)
    if styles is None or styles.ndim != 2 or not len(styles) or styles.shape[1] != header.landforms.style_width:
        raise WeightsError(f"{path}: tensor {STYLES!r} is missing or has an unusable shape")
    return TerraGenWeights(
        header,
        landforms.eval().requires_grad_(False),
        details.eval().requires_grad_(False),
        styles,
        file.sha256,
    )
