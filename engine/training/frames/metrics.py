"""How far frames are from the renderer's: noise, outlines, edges, motion."""

from dataclasses import dataclass

import torch
from torch.nn import functional

EDGE_WINDOW = 7
_STABLE = 0.03**2


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """Means over frames.

    psnr_db        of RGBA whose colors are multiplied by alpha, all pixels
    inner_psnr_db  the same over pixels that either frame covers
    alpha_iou      covered by both over covered by either, with soft alpha
    edge_ssim      structural similarity of edge strength where either frame has edges, 1 is equal
    motion_error   error of the change from frame to frame over the size of the true change; 0 is right, 1 as still
    """

    psnr_db: float
    inner_psnr_db: float
    alpha_iou: float
    edge_ssim: float
    motion_error: float


def frame_figures(made: torch.Tensor, truth: torch.Tensor) -> FrameFigures:
    """Figures of frames float32 [3 n, 4, h, w], threes of frames in a row, colors multiplied by alpha."""
    square = (made - truth).square()
    psnr = -10.0 * square.mean((1, 2, 3)).clamp_min(1e-9).log10()
    either = torch.maximum(made[:, 3], truth[:, 3])
    both = torch.minimum(made[:, 3], truth[:, 3])
    inside = (either > 1.0 / 255.0).to(square.dtype)
    inner = (square.mean(1) * inside).sum((1, 2)) / inside.sum((1, 2)).clamp_min(1.0)
    moved, should = _changes(made), _changes(truth)
    return FrameFigures(
        float(psnr.mean()),
        float((-10.0 * inner.clamp_min(1e-9).log10()).mean()),
        float((both.sum((1, 2)) / either.sum((1, 2)).clamp_min(1e-6)).mean()),
        float(_edge_similarity(made, truth).mean()),
        float((moved - should).abs().sum() / should.abs().sum().clamp_min(1e-6)),
    )


def _changes(frames: torch.Tensor) -> torch.Tensor:
    threes = frames.unflatten(0, (-1, 3))
    changes: torch.Tensor = threes[:, 1:] - threes[:, :-1]
    return changes


def edges(frames: torch.Tensor) -> torch.Tensor:
    """Edge strength float32 [batch, 1, h, w] of RGBA: the length of Sobel's gradient, mean over channels."""
    kernel = torch.tensor([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]], device=frames.device) / 4.0
    kernels = torch.stack([kernel, kernel.t()])[:, None]
    flat = functional.pad(frames.flatten(0, 1)[:, None], (1, 1, 1, 1), mode="replicate")
    strength = functional.conv2d(flat, kernels).square().sum(1).sqrt()
    mean: torch.Tensor = strength.unflatten(0, frames.shape[:2]).mean(1, keepdim=True)
    return mean


def _edge_similarity(made: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """SSIM (Wang et al., "Image Quality Assessment", 2004, eq. 13) of edge strengths, [batch]."""
    x, y = edges(made), edges(truth)

    def mean(values: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(values, EDGE_WINDOW, 1, EDGE_WINDOW // 2, count_include_pad=False)

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    value = ((2 * mx * my + _STABLE) * (2 * vxy + _STABLE)) / ((mx * mx + my * my + _STABLE) * (vx + vy + _STABLE))
    where = (torch.maximum(mx, my) > 0.01).to(value.dtype)
    return (value * where).sum((1, 2, 3)) / where.sum((1, 2, 3)).clamp_min(1.0)
