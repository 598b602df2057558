"""Prometheus metrics; every app has its own registry."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from backend.http.body_limits import BodyLimiter
from backend.inference.engine import Engine

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Requests and computing time by route, and the server's load."""

    def __init__(self, engine: Engine, limiter: BodyLimiter) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        registry.register(_LoadCollector(engine, limiter))
        self._registry = registry
        self._requests = Counter(
            "http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "http_request_seconds", "Time from request to response.", ["route"], buckets=_BUCKETS, registry=registry
        )
        self._inference_seconds = Histogram(
            "inference_seconds", "Computing time without waiting.", ["route"], buckets=_BUCKETS, registry=registry
        )
        engine.worker.observe = self._observe_inference

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. `route` is the pattern of a path, so that the number of series is bounded."""
        self._requests.labels(method if method in _METHODS else "other", route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def _observe_inference(self, route: str, seconds: float) -> None:
        self._inference_seconds.labels(route or "none").observe(seconds)


class _LoadCollector(Collector):
    """Values that other objects count, read on each scrape."""

    def __init__(self, engine: Engine, limiter: BodyLimiter) -> None:
        self._engine, self._limiter = engine, limiter

    def collect(self) -> Iterator[Metric]:
        engine, limiter = self._engine, self._limiter
        for name, documentation, value in (
            ("inference_jobs", "Jobs that wait or run.", engine.worker.job_count),
            ("clips", "Clips in memory.", len(engine.clips)),
            ("clip_bytes", "Memory of clips and their encodings.", engine.clips.nbytes),
            ("body_bytes", "Memory of request bodies without a response.", limiter.pending_bytes),
        ):
            yield GaugeMetricFamily(name, documentation, value)
        for name, documentation, value in (
            ("received_bytes", "Bytes of request bodies.", limiter.received_bytes),
            ("model_loads", "Number of times a model was loaded from disk.", engine.models.loads),
        ):
            yield CounterMetricFamily(name, documentation, value)
