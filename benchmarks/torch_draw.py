"""DRAW in plain eager PyTorch, as the public implementations write it: the yardstick for speed.

A loop in Python over T steps, `nn.LSTMCell`, batched matrix products for the filters, Adam. The
mathematics is the paper's, so both sides of a comparison do the same work.
"""

import torch
from torch import nn
from torch.nn import functional as F


class TorchDraw(nn.Module):
    def __init__(
        self,
        *,
        side: int,
        num_steps: int,
        latent_size: int,
        hidden_size: int,
        grids: tuple[int, int],
    ):
        super().__init__()
        self.side, self.num_steps, self.latent_size = side, num_steps, latent_size
        self.hidden_size = hidden_size
        self.read_grid, self.write_grid = grids
        self.encoder = nn.LSTMCell(2 * self.read_grid**2 + hidden_size, hidden_size)
        self.decoder = nn.LSTMCell(latent_size, hidden_size)
        self.posterior = nn.Linear(hidden_size, 2 * latent_size)
        self.read_window = nn.Linear(hidden_size, 5)
        self.write_window = nn.Linear(hidden_size, 5)
        self.patch = nn.Linear(hidden_size, self.write_grid**2)

    def filters(self, parameters, grid):
        x, y, log_variance, log_stride, log_intensity = parameters.split(1, dim=1)
        pixels = torch.arange(self.side, dtype=torch.float32, device=parameters.device)
        places = torch.arange(grid, dtype=torch.float32, device=parameters.device) - (grid - 1) / 2
        stride = (self.side - 1) / max(grid - 1, 1) * log_stride.exp()

        def bank(g):
            centre = (self.side + 1) / 2 * (g + 1) - 1
            means = (centre + places * stride).unsqueeze(2)
            return F.softmax(-((pixels - means) ** 2) / (2 * log_variance.exp().unsqueeze(2)), 2)

        return bank(y), bank(x), log_intensity.exp()

    def forward(self, image):
        """Mean bound of a batch of flat images (b, side * side), nats."""
        batch = len(image)
        shape = (batch, self.side, self.side)
        zeros = image.new_zeros(batch, self.hidden_size)
        encoder, decoder = (zeros, zeros), (zeros, zeros)
        canvas, rate = torch.zeros_like(image), 0.0
        for _ in range(self.num_steps):
            error = image - torch.sigmoid(canvas)
            fy, fx, intensity = self.filters(self.read_window(decoder[0]), self.read_grid)
            fx = fx.transpose(1, 2)
            looks = [(fy @ seen.view(shape) @ fx).flatten(1) for seen in (image, error)]
            glimpse = intensity * torch.cat(looks, 1)
            encoder = self.encoder(torch.cat([glimpse, decoder[0]], 1), encoder)
            mean, log_std = self.posterior(encoder[0]).chunk(2, dim=1)
            rate = rate + 0.5 * (mean**2 + (2 * log_std).exp() - 1 - 2 * log_std).sum(1)
            latent = mean + log_std.exp() * torch.randn_like(mean)
            decoder = self.decoder(latent, decoder)
            fy, fx, intensity = self.filters(self.write_window(decoder[0]), self.write_grid)
            patch = self.patch(decoder[0]).view(batch, self.write_grid, self.write_grid)
            canvas = canvas + (fy.transpose(1, 2) @ patch @ fx).flatten(1) / intensity
        distortion = F.binary_cross_entropy_with_logits(canvas, image, reduction="none").sum(1)
        return (distortion + rate).mean()
