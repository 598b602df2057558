"""What /metrics tells Prometheus. Every app has its own registry."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from backend.http.body_limits import Bodies
from backend.inference.engine import Engine

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Requests by route, how long they compute, and how full the server is."""

    def __init__(self, engine: Engine, bodies: Bodies) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        registry.register(_Levels(engine, bodies))
        self._registry = registry
        self._requests = Counter(
            "http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "http_request_seconds", "Time to answer.", ["route"], buckets=_BUCKETS, registry=registry
        )
        self._inference = Histogram(
            "inference_seconds", "Time to compute, without waiting.", ["route"], buckets=_BUCKETS, registry=registry
        )
        engine.worker.observe = self._computed

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` is a path's pattern, never a path: the number of series stays bounded."""
        self._requests.labels(method if method in _METHODS else "other", route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def _computed(self, route: str, seconds: float) -> None:
        self._inference.labels(route or "none").observe(seconds)


class _Levels(Collector):
    """What others count, read when somebody asks."""

    def __init__(self, engine: Engine, bodies: Bodies) -> None:
        self._engine, self._bodies = engine, bodies

    def collect(self) -> Iterator[Metric]:
        engine, bodies = self._engine, self._bodies
        for name, told, value in (
            ("inference_jobs", "Computations that wait or run.", engine.worker.taken),
            ("clips", "Clips remembered.", len(engine.clips)),
            ("clip_bytes", "Memory taken by clips and their posteriors.", engine.clips.nbytes),
            ("body_bytes", "Memory taken by bodies of requests that are not answered yet.", bodies.held),
        ):
            yield GaugeMetricFamily(name, told, value)
        for name, told, value in (
            ("received_bytes", "Of request bodies.", bodies.received),
            ("model_loads", "Models read from their folders.", engine.catalogue.loads),
        ):
            yield CounterMetricFamily(name, told, value)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
