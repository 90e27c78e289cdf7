"""What a bench says: the machine it ran on, and its figures as a table."""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil


def machine() -> dict[str, Any]:
    """Load averages are of the moment of this call: what else the machine is doing decides how much figures mean."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


def processor_times() -> tuple[float, float]:
    """Seconds of all cores since the start of the machine: (all, stolen by the machine's host for others)."""
    times = psutil.cpu_times()
    return sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0), getattr(times, "steal", 0.0)


def stolen_percent(before: tuple[float, float]) -> float:
    """Of the processor time since then. From a few percent on, no latency means anything but that of its neighbours."""
    whole, stolen = processor_times()
    return round(100 * (stolen - before[1]) / max(0.01, whole - before[0]), 1)


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def table(report: Mapping[str, Any]) -> str:
    """One line a value, nested names joined by dots, so that nothing is left out."""
    rows = list(_rows(report))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _rows(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_shown, value))
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
