"""What /metrics tells Prometheus. Every app has its own registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from backend.engine import Engine

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Requests by route, and how full the queue and the clip store are."""

    def __init__(self, engine: Engine) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._registry = registry
        self._requests = Counter(
            "http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "http_request_seconds", "Time to answer.", ["route"], buckets=_BUCKETS, registry=registry
        )
        for name, help_text, value in (
            ("inference_jobs", "Computations that wait or run.", lambda: engine.worker.taken),
            ("clips", "Clips remembered.", lambda: len(engine.clips)),
            ("clip_bytes", "Memory taken by clips and their posteriors.", lambda: engine.clips.nbytes),
        ):
            Gauge(name, help_text, registry=registry).set_function(value)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` is a path's pattern, never a path: the number of series stays bounded."""
        self._requests.labels(method if method in _METHODS else "other", route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        return generate_latest(self._registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
