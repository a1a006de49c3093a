"""CAM++, the network that tells voices apart (Wang et al., 2023, arXiv 2303.00332), in PyTorch.

A small convolutional network over time and frequency, then densely connected convolutions over
time whose outputs are weighed by their context ("context-aware masking"), then the mean and the
deviation over time. Layers have the names of the published checkpoint, so that its weights load:
`speech_campplus_sv_zh_en_16k-common_advanced` of 3D-Speaker, for Chinese and English.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

MELS = 80
SIZE = 192
"""Of an embedding."""
GROWTH = 32
BOTTLENECK = 128
SEGMENT_FRAMES = 100
"""Over so many frames (2 s, as every second one is left) the context is averaged."""
MOST_SEGMENTS = 8
"""So 16 s at most are heard at a time; a fixed number, so that the graph has no loop."""
BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block."""


def load_published(checkpoint: Path) -> SpeakerNetwork:
    """The network with 3D-Speaker's weights, ready for use."""
    network = SpeakerNetwork()
    weights = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


class SpeakerNetwork(nn.Module):
    """Features [B, T, 80], their mean over time taken off, to embeddings [B, 192]."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Head()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        channels = BOTTLENECK
        layers["tdnn"] = _Then(nn.Conv1d(_Head.channels, channels, 5, 2, 2, bias=False), channels)
        for number, (count, dilation) in enumerate(BLOCKS, 1):
            layers[f"block{number}"] = _Dense(channels, count, dilation)
            channels += count * GROWTH
            layers[f"transit{number}"] = _First(channels, channels // 2)
            channels //= 2
        layers["out_nonlinear"] = _normed(channels)
        layers["stats"] = _Statistics()
        layers["dense"] = _Embedding(2 * channels)
        self.xvector = nn.Sequential(layers)

    def forward(self, features: Tensor) -> Tensor:
        """The embeddings, not normalised."""
        embedding: Tensor = self.xvector(self.head(features.transpose(1, 2)))
        return embedding


class _Head(nn.Module):
    """Convolutions over frequency and time: [B, 80, T] to [B, 320, T]."""

    maps = 32
    channels = maps * MELS // 8

    def __init__(self) -> None:
        super().__init__()
        maps = self.maps
        self.conv1 = nn.Conv2d(1, maps, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.layer1 = nn.Sequential(_Residual(maps, 2), _Residual(maps, 1))
        self.layer2 = nn.Sequential(_Residual(maps, 2), _Residual(maps, 1))
        self.conv2 = nn.Conv2d(maps, maps, 3, (2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.bn1(self.conv1(x.unsqueeze(1))))
        x = self.layer2(self.layer1(x))
        return relu(self.bn2(self.conv2(x))).flatten(1, 2)


class _Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, maps: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(maps, maps, 3, (stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)
        self.shortcut = nn.Sequential()
        if stride > 1:
            shrunk = nn.Conv2d(maps, maps, 1, (stride, 1), bias=False)
            self.shortcut = nn.Sequential(shrunk, nn.BatchNorm2d(maps))

    def forward(self, x: Tensor) -> Tensor:
        inner = relu(self.bn1(self.conv1(x)))
        return relu(self.bn2(self.conv2(inner)) + self.shortcut(x))


def _normed(channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict([("batchnorm", nn.BatchNorm1d(channels)), ("relu", nn.ReLU())])
    )


class _Then(nn.Module):
    """A convolution, then its values normed."""

    def __init__(self, linear: nn.Conv1d, channels: int) -> None:
        super().__init__()
        self.linear = linear
        self.nonlinear = _normed(channels)

    def forward(self, x: Tensor) -> Tensor:
        normed: Tensor = self.nonlinear(self.linear(x))
        return normed


class _First(nn.Module):
    """Values normed, then a convolution of one frame."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.nonlinear = _normed(channels)
        self.linear = nn.Conv1d(channels, out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.linear(self.nonlinear(x))
        return mixed


class _Dense(nn.Module):
    """Layers each of which hears what all before it have found."""

    def __init__(self, channels: int, count: int, dilation: int) -> None:
        super().__init__()
        for number in range(count):
            self.add_module(f"tdnnd{number + 1}", _DenseLayer(channels, dilation))
            channels += GROWTH

    def forward(self, x: Tensor) -> Tensor:
        lies_in = _segments(x)
        for layer in self.children():
            x = torch.cat([x, layer(x, lies_in)], 1)
        return x


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _normed(channels)
        self.linear1 = nn.Conv1d(channels, BOTTLENECK, 1, bias=False)
        self.nonlinear2 = _normed(BOTTLENECK)
        self.cam_layer = _ContextMask(dilation)

    def forward(self, x: Tensor, lies_in: Tensor) -> Tensor:
        masked: Tensor = self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))), lies_in)
        return masked


class _ContextMask(nn.Module):
    """A convolution weighed by the mean of all frames and of each two seconds."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            BOTTLENECK, GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(BOTTLENECK, BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(BOTTLENECK // 2, GROWTH, 1)

    def forward(self, x: Tensor, lies_in: Tensor) -> Tensor:
        """The mask is the same for all frames of a segment, so it is worked out once for each."""
        context = x @ _averages(lies_in)
        mask = torch.sigmoid(self.linear2(relu(self.linear1(context))))
        weighed: Tensor = self.linear_local(x) * (mask @ lies_in)
        return weighed


def _segments(x: Tensor) -> Tensor:
    """Which segment each frame of [B, C, T] lies in, as ones: [segments, T]."""
    segment = torch.arange(x.shape[-1], device=x.device) // SEGMENT_FRAMES
    return (segment == torch.arange(MOST_SEGMENTS, device=x.device)[:, None]).to(x.dtype)


def _averages(lies_in: Tensor) -> Tensor:
    """What makes of frames the mean of each segment and of all: [segments, T] to [T, segments].

    The last segment may be shorter. One without frames has no use: any number will do there.
    """
    return (lies_in / lies_in.sum(1, keepdim=True).clamp(min=1.0) + 1.0 / lies_in.shape[1]).T


class _Statistics(nn.Module):
    """Mean and deviation over time: [B, C, T] to [B, 2C, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(-1, keepdim=True)
        variance = (x - mean).square().sum(-1, keepdim=True) / (x.shape[-1] - 1)
        return torch.cat([mean, variance.sqrt()], 1)


class _Embedding(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(channels, SIZE, 1, bias=False)
        self.nonlinear = nn.Sequential(
            OrderedDict([("batchnorm", nn.BatchNorm1d(SIZE, affine=False))])
        )

    def forward(self, x: Tensor) -> Tensor:
        embedding: Tensor = self.nonlinear(self.linear(x)).squeeze(-1)
        return embedding
