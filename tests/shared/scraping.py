"""Scraping a process's metrics as Prometheus does, over HTTP."""

import asyncio
from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Samples = Mapping[tuple[str, Labels], float]


async def scrape(port: int) -> Samples:
    """Return the value of every sample by its name and labels."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    answer.raise_for_status()
    families = text_string_to_metric_families(answer.text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    """Return the one value with these labels. Raises KeyError."""
    return samples[f"tenghuan_{name}", frozenset(labels.items())]


async def scrape_until(port: int, name: str, expected: float, **labels: str) -> Samples:
    """Scrape until a sample has the expected value. Raises TimeoutError."""
    async with asyncio.timeout(30):
        while True:
            samples = await scrape(port)
            if samples.get((f"tenghuan_{name}", frozenset(labels.items()))) == expected:
                return samples
            await asyncio.sleep(0.05)
