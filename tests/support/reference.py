"""DRAW in plain NumPy, float64, with the paper's own indices, which count from 1.

Nothing here is shared with limner: loops instead of matrix products, Gaussians normalised by their
sum, and equations 1 to 29 as printed, but for eq. 11's constant (its T/2 is right for Z = 1 only).
"""

import numpy as np
from scipy.special import expit


def filterbank(g, stride, variance, n, size):
    """Eqs 19, 20, 25, 26; i and a count from 1."""
    rows = np.zeros((n, size))
    for i in range(1, n + 1):
        mu = g + (i - n / 2 - 0.5) * stride
        for a in range(1, size + 1):
            rows[i - 1, a - 1] = np.exp(-((a - mu) ** 2) / (2 * variance))
        rows[i - 1] /= rows[i - 1].sum()
    return rows


def window(parameters, n, height, width):
    """Eqs 21-24: g_x, g_y, stride, variance, intensity."""
    gx, gy, log_variance, log_stride, log_intensity = parameters
    return (
        (width + 1) / 2 * (gx + 1),
        (height + 1) / 2 * (gy + 1),
        (max(height, width) - 1) / (n - 1) * np.exp(log_stride),
        np.exp(log_variance),
        np.exp(log_intensity),
    )


def filters(parameters, n, height, width):
    gx, gy, stride, variance, intensity = window(parameters, n, height, width)
    return (
        filterbank(gy, stride, variance, n, height),
        filterbank(gx, stride, variance, n, width),
        intensity,
    )


def read(picture, parameters, n):
    """Eq. 27, for one picture of one channel."""
    fy, fx, intensity = filters(parameters, n, *picture.shape)
    patch = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            for b in range(picture.shape[0]):
                for a in range(picture.shape[1]):
                    patch[i, j] += fy[i, b] * picture[b, a] * fx[j, a]
    return intensity * patch


def write(patch, parameters, height, width):
    """Eq. 29, for one channel."""
    n = len(patch)
    fy, fx, intensity = filters(parameters, n, height, width)
    canvas = np.zeros((height, width))
    for b in range(height):
        for a in range(width):
            canvas[b, a] = sum(
                fy[i, b] * patch[i, j] * fx[j, a] for i in range(n) for j in range(n)
            )
    return canvas / intensity


def lstm(weight, bias, inputs, hidden, cell):
    i, f, o, g = np.split(weight @ np.concatenate([inputs, hidden]) + bias, 4)
    cell = expit(f) * cell + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(cell), cell


def draw(arrays, image, noise, read_grid, write_grid):
    """Eqs 1-12 for weights by their dotted names: canvases, distortion, KL of each step."""
    channels, height, width = image.shape

    def linear(name, x):
        return arrays[f"{name}.weight"] @ x + arrays[f"{name}.bias"]

    canvas = arrays["start.canvas"]
    h_enc, c_enc = arrays["start.encoder.hidden"], arrays["start.encoder.cell"]
    h_dec, c_dec = arrays["start.decoder.hidden"], arrays["start.decoder.cell"]
    canvases, kls = [], []
    for epsilon in noise:
        error = image - expit(canvas)
        if read_grid is None:
            glimpse = np.concatenate([image.ravel(), error.ravel()])
        else:
            where = linear("read.window", h_dec)
            glimpse = np.concatenate(
                [read(channel, where, read_grid).ravel() for channel in [*image, *error]]
            )
        weight, bias = arrays["encoder.weight"], arrays["encoder.bias"]
        h_enc, c_enc = lstm(weight, bias, np.concatenate([glimpse, h_dec]), h_enc, c_enc)
        mean, log_std = np.split(linear("posterior", h_enc), 2)
        std = np.exp(log_std)
        kls.append(
            sum((m**2 + s**2 - 2 * np.log(s) - 1) / 2 for m, s in zip(mean, std, strict=True))
        )
        weight, bias = arrays["decoder.weight"], arrays["decoder.bias"]
        h_dec, c_dec = lstm(weight, bias, mean + std * epsilon, h_dec, c_dec)
        if write_grid is None:
            written = linear("write.patch", h_dec).reshape(channels, height, width)
        else:
            where = linear("write.window", h_dec)
            patches = linear("write.patch", h_dec).reshape(channels, write_grid, write_grid)
            written = np.stack([write(patch, where, height, width) for patch in patches])
        canvas = canvas + written
        canvases.append(canvas)
    p = expit(canvas)
    distortion = -np.sum(image * np.log(p) + (1 - image) * np.log(1 - p))
    return np.stack(canvases), distortion, np.array(kls)
