"""What the judge's features do not see: sharpness, noise and the grid that upsampling leaves behind."""

import cv2
import numpy as np
from numpy.typing import NDArray


def luma(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 RGB [N, H, W, 3] in grey, [N, H, W]."""
    return np.stack([np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8) for picture in pictures])


def sharpness(greys: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The variance of each grey picture's Laplacian, [N] in squared grey levels: detail, or noise."""
    return np.array([cv2.Laplacian(grey, cv2.CV_64F).var() for grey in greys])


def spectrum(greys: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The mean power of grey pictures [N, H, H] at every frequency, in decibels, [H, H // 2 + 1].

    Each picture is weighed with a Hann window, so that its opposite edges do not count as a jump. Rows and columns are
    in the order of numpy's rfft2: the highest frequencies are in row and column H // 2.
    """
    window = np.hanning(greys.shape[1])
    total = np.zeros((greys.shape[1], greys.shape[2] // 2 + 1))
    for grey in greys:
        total += np.abs(np.fft.rfft2((grey - grey.mean()) * np.outer(window, window))) ** 2
    return np.asarray(10 * np.log10(total / len(greys) + 1e-9))


def spectral_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """How far two spectra lie apart on average, in decibels, >= 0, the constant part left out."""
    difference = np.abs(first - second)
    difference[0, 0] = 0
    return float(difference.sum() / (difference.size - 1))


def grid_excess(spectrum_of: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """How much stronger than in the reference the pixel grid's frequencies are, in decibels.

    They are those of a pattern that changes from each pixel to the next, across or down: what a pixel shuffle or a
    transposed convolution leaves behind.
    """
    middle = spectrum_of.shape[0] // 2
    excess = spectrum_of - reference
    return float(np.concatenate([excess[middle, :], np.delete(excess[:, -1], middle)]).mean())
