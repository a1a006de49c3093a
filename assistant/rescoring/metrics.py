"""What a rescoring server counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_SIZES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The figures of one server; https://prometheus.io/docs/instrumenting/exposition_formats."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "hearth_rescorer_requests",
            "Requests by the status they were answered with.",
            ["status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "hearth_rescorer_request_seconds",
            "From a request's last byte to its answer.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.received = Counter(
            "hearth_rescorer_received_bytes",
            "Bytes of lattices as they came.",
            registry=self._registry,
        )
        self.batches = Histogram(
            "hearth_rescorer_batch_size",
            "Lattices that were rescored together.",
            buckets=_SIZES,
            registry=self._registry,
        )

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)
