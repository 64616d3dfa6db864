"""Even light and asked skins for whole batches of tensors: what a generator that learns to draw evened faces aims at.

The closed form of `trainer/data/light`: one ridge regression with the head's own weights, no rounds against outliers.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from trainer.data.light import shading
from trainer.data.light.evening import SHOULDER, area_shares
from trainer.data.light.head import generic_head
from trainer.data.light.locus import ROSY, SMALLEST
from trainer.training.step.measured import Skin, linear_light, luminance, luminance_of_tone, on_locus

ACROSS = ROSY / float(ROSY @ ROSY)
"""What one standard deviation of undertone adds to ln R/G and ln B/G."""


class EvenLight:
    """Takes the lamp out of faces of `side` pixels whose skin is at `skin`, and gives the skin the colour asked for."""

    def __init__(self, side: int, skin: Skin, device: torch.device) -> None:
        distance, height = skin.eye_distance, skin.eye_height
        self.skin = skin
        head = generic_head(side, side, distance, height)
        functions = shading.basis(head.normals.reshape(-1, 3))
        face = shading.face_share(head.weight)
        self.fit = _tensor(_fit_matrix(side, distance, height), device)
        self.functions = _tensor(functions.T, device)
        self.middle = _tensor(functions[head.weight.ravel() > 0.5].T, device)
        self.face = _tensor(face, device)
        self.across = _tensor(ACROSS, device)
        self.blurs, trusted = [], np.zeros_like(face)
        for deviation, trust in shading.BEYOND:
            cover = shading.blurred(face, deviation * side)
            share = trust * cover / (cover + shading.FADE) * (1 - trusted)
            trusted += share
            scale = (1 - face) * share / np.maximum(cover, 1e-6)
            self.blurs.append((_tensor(shading.kernel(side, deviation * side), device), _tensor(scale, device)))
        # Where there is no head the background keeps its own colour, whatever the skin is.
        self.tinted = _tensor(np.clip(shading.blurred(head.cover, shading.EDGE * side), 0, 1), device)

    def gain(self, light: Tensor) -> Tensor:
        """What takes the low orders of the lamp out of faces in linear light [N, 3, H, W]: factors [N, 1, H, W]."""
        own = luminance(light.permute(0, 2, 3, 1))
        skins = luminance(self.skin.colour_of_light(light)).clamp_min(1e-3)
        lamp = own.flatten(1) @ self.fit.T / skins[:, None]
        middle = (lamp @ self.middle).quantile(0.5, dim=1, keepdim=True).clamp_min(1e-3)
        plain = (lamp / middle @ self.functions).clamp(*shading.SHADING)
        logarithm = (-shading.STRENGTH * plain.log()).clamp(*np.log(shading.GAIN).tolist()).view_as(own) * self.face
        beyond = sum((kernel @ logarithm @ kernel.T) * scale for kernel, scale in self.blurs)
        return (logarithm + beyond).exp()[:, None]

    @torch.no_grad()
    def __call__(self, pictures: Tensor, asked: Mapping[str, Tensor]) -> Tensor:
        """Faces [N, 3, H, W], -1 ... 1, in even light, their skins as `asked`: tones and undertones [N], by name."""
        light = linear_light(pictures.float())
        flat = light * self.gain(light)
        colour = self.skin.colour_of_light(flat).clamp_min(SMALLEST)
        goal = self.goal(colour, asked)
        flat = flat * (goal / colour)[:, :, None, None] ** self.tinted
        return encoded(drawn_in(flat, light)) * 2.0 - 1.0

    def goal(self, colour: Tensor, asked: Mapping[str, Tensor]) -> Tensor:
        """The skins' colours, linear RGB [N, 3], that were asked for of skins of `colour`; on the locus at least."""
        wanted = luminance_of_tone(asked["skin_tone"].to(colour)) if "skin_tone" in asked else luminance(colour)
        off = asked.get("undertone", colour.new_zeros(len(colour))).to(colour)[:, None] * self.across
        ratios = (on_locus(wanted.clamp_min(SMALLEST).log()) + off).exp()
        ratios = torch.stack([ratios[:, 0], torch.ones_like(wanted), ratios[:, 1]], dim=1)
        return ratios * (wanted / luminance(ratios))[:, None]


def drawn_in(light: Tensor, seen: Tensor) -> Tensor:
    """Linear light [N, 3, H, W] with what exceeds the shoulder drawn in below white: see `trainer.data.light`."""
    brightest = light.amax(dim=1, keepdim=True)
    knee = seen.amax(dim=1, keepdim=True).clamp(SHOULDER, 0.999)
    over = (brightest - knee).clamp_min(0.0)
    wanted = torch.minimum(brightest, knee) + (1.0 - knee) * torch.tanh(over / (1.0 - knee))
    kept: Tensor = light * (wanted / brightest.clamp_min(SMALLEST))
    return kept


def encoded(light: Tensor) -> Tensor:
    """Encoded sRGB values of 0 ... 1 of linear light (IEC 61966-2-1), same shape."""
    light = light.clamp(0.0, 1.0)
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clamp_min(SMALLEST).pow(1 / 2.4) - 0.055)


def _fit_matrix(side: int, eye_distance: float, eye_height: float) -> np.ndarray:
    """The matrix [9, side * side] from a face's luminance to its light, for skin of luminance 1."""
    head = generic_head(shading.FIT_SIDE, shading.FIT_SIDE, eye_distance, eye_height)
    functions = shading.basis(head.normals.reshape(-1, 3)).astype(np.float64)
    weighted = functions * head.weight.reshape(-1, 1)
    inverse = np.linalg.solve(functions.T @ weighted + np.diag(shading.RIDGE), weighted.T)
    small = (inverse / np.maximum(head.template.ravel(), 0.2)).reshape(-1, shading.FIT_SIDE, shading.FIT_SIDE)
    shares = area_shares(side, shading.FIT_SIDE)
    return np.asarray((shares.T @ small @ shares).reshape(len(small), -1))


def _tensor(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)
