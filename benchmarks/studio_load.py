"""Load on the studio: many clients at once for some seconds, all on this machine.

    python benchmarks/studio_load.py runs/cat

Starts a studio of a run in a process of its own, warms it, and lets 32 clients ask without pause
for 30 seconds: mostly reconstructions of doodles, some samples, completions, interpolations and
pictures. It prints what it saw, and fails on any answer but 200 and 503, and if the server's memory
grows by more than a twentieth over the second half.
"""

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import tyro

from limner.data.doodles.doodles import doodle

DRAWINGS = [[stroke.T.tolist() for stroke in doodle("cat", index)] for index in range(32)]


@dataclass
class Tally:
    """What the clients saw."""

    statuses: Counter = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    megabytes: list[float] = field(default_factory=list)


def main(
    run: tyro.conf.Positional[Path], clients: int = 32, seconds: float = 30.0, seed: int = 0
) -> None:
    """Load the studio of a run.

    Args:
        run: Run folder.
        clients: Clients at once.
        seconds: How long.
        seed: Of what is asked.
    """
    start = f"""
from pathlib import Path
from limner.cli.studio import studio
studio((Path({str(run)!r}),), port=0, browser=False)
"""
    with subprocess.Popen(
        [sys.executable, "-c", start], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split(" on ")[1].split()[0]
            tally = asyncio.run(load(address, server.pid, clients, seconds, seed))
        finally:
            server.terminate()
    report(tally, seconds)


async def load(address: str, pid: int, clients: int, seconds: float, seed: int) -> Tally:
    tally = Tally()
    limits = httpx2.Limits(max_connections=clients + 1)
    async with httpx2.AsyncClient(base_url=address, timeout=60, limits=limits) as http:
        while not (await http.get("/api/v1/models")).json()["models"][0]["test_drawings"]:
            await asyncio.sleep(0.2)
        end = time.monotonic() + seconds
        await asyncio.gather(
            watch(pid, end, tally),
            *(client(http, end, tally, random.Random(f"{seed} {n}")) for n in range(clients)),
        )
    return tally


async def client(http: httpx2.AsyncClient, end: float, tally: Tally, choose: random.Random) -> None:
    while time.monotonic() < end:
        path, body = request(choose)
        begun = time.monotonic()
        response = await http.post(f"/api/v1/{path}", json=body)
        tally.statuses[response.status_code] += 1
        if response.status_code == 503:
            await asyncio.sleep(float(response.headers["retry-after"]) * choose.random())
        else:
            tally.seconds.setdefault(path, []).append(time.monotonic() - begun)


def request(choose: random.Random) -> tuple[str, dict]:
    drawing, other = choose.sample(DRAWINGS, 2)
    seed = choose.randrange(2**32)
    return choose.choices(
        [
            ("reconstruct", {"strokes": drawing, "seed": seed}),
            ("sample", {"num": 24, "seed": seed}),
            ("complete", {"strokes": drawing[:2], "seed": seed}),
            ("interpolate", {"first": drawing, "second": other}),
            ("reconstruct?format=png", {"strokes": drawing, "seed": seed}),
        ],
        weights=[80, 8, 5, 5, 2],
    )[0]


async def watch(pid: int, end: float, tally: Tally) -> None:
    while time.monotonic() < end:
        await asyncio.sleep(0.5)
        status = Path(f"/proc/{pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        tally.megabytes.append(int(resident.split()[1]) / 1024)


def report(tally: Tally, seconds: float) -> None:
    print("| asked | answers | a second | median, ms | 95 %, ms |\n|---|---|---|---|---|")
    for path, times in sorted(tally.seconds.items()):
        median, most = 1000 * np.percentile(times, [50, 95])
        print(f"| {path} | {len(times)} | {len(times) / seconds:.1f} | {median:.0f} | {most:.0f} |")
    half = len(tally.megabytes) // 2
    before, after = np.mean(tally.megabytes[half : half + 4]), np.mean(tally.megabytes[-4:])
    print(f"statuses {dict(tally.statuses)}; {before:.0f} MB halfway, {after:.0f} MB at the end")
    if set(tally.statuses) - {200, 503}:
        sys.exit("there were answers that are neither 200 nor 503")
    if after > 1.05 * before:
        sys.exit("the memory grew")


if __name__ == "__main__":
    tyro.cli(main)
