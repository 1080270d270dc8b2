"""The page of metrics."""

from __future__ import annotations

import importlib
import pkgutil

from prometheus_client import REGISTRY

import streams
from streams.reference.markdown import code, table, text

__all__ = ["metrics_page"]

#: What the names of our metrics begin with.
_OURS = "mediadna_"


def metrics_page() -> str:
    """Return the page."""
    for module in pkgutil.walk_packages(streams.__path__, f"{streams.__name__}."):
        if not module.name.endswith("__main__"):  # metrics are there once their modules are
            importlib.import_module(module.name)
    found = sorted((one for one in REGISTRY.collect() if one.name.startswith(_OURS)), key=lambda metric: metric.name)
    rows = [
        (
            code(one.name + ("_total" if one.type == "counter" else "")),
            one.type,
            ", ".join(map(code, _labels(one.name))),
            text(one.documentation),
        )
        for one in found
    ]
    return (
        "# Metrics\n\n"
        "`GET /metrics` shows them in the form that Prometheus reads, with those of Python and of the process. It "
        "takes the role `reader` where tokens are configured. Each worker counts its own; what is counted from the "
        "read model (jobs, callbacks) is the same at all workers.\n\n"
        + table(("metric", "type", "labels", "meaning"), rows)
    )


def _labels(name: str) -> tuple[str, ...]:
    """Return the labels of a metric; one that nobody has set yet has no sample to read them from."""
    collectors = REGISTRY._names_to_collectors  # noqa: SLF001 (the client tells of labels nowhere else)
    return tuple(getattr(collectors[name], "_labelnames", ()))
