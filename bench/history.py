#!/usr/bin/env python3
"""Multipliers and ledger over a million rounds, beside Python's own json and csv and a loop.

Both sides compute the same: the last window's factors; the standing after the last round, with
multipliers over a rolling window of ten; and that standing with every step written as JSON. Their
results are compared before any figure is printed.
"""
import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

RULES = "2026-08-18"
DECAY = 0.75


def write(folder: Path, records: int) -> dict[str, Path]:
    rng = random.Random(20260818)
    fields = ["round", "timestamp", "task_type", "s_f", "s_q", "s_l", "vmaf_score", "pieapp_score",
              "content_length", "uid", "success"]
    paths = {}
    for kind in ("jsonl", "csv"):
        (folder / kind).mkdir()
        paths[kind] = folder / kind / f"history.{kind}"
    with open(paths["jsonl"], "w") as lines, open(paths["csv"], "w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(fields)
        for i in range(1, records + 1):
            row = {
                "round": i, "timestamp": 1750000000 + 300 * i, "task_type": "upscaling",
                "s_f": rng.uniform(0.0, 0.5), "s_q": rng.uniform(0.2, 1.0), "s_l": 0.4154760001255846,
                "vmaf_score": rng.uniform(60.0, 99.0), "pieapp_score": rng.uniform(0.0, 1.5),
                "content_length": 10, "uid": 7, "success": True,
            }
            lines.write(json.dumps(row) + "\n")
            rows.writerow(row.values())
    return paths


def records(path: Path):
    if path.suffix == ".jsonl":
        with open(path) as file:
            for line in file:
                record = json.loads(line)
                yield record["s_f"], record["s_q"]
    else:
        with open(path, newline="") as file:
            for record in csv.DictReader(file):
                yield float(record["s_f"]), float(record["s_q"])


def factors(window):
    bonus = sum(1 for s_f, _ in window if s_f > 0.32)
    low = sum(1 for s_f, _ in window if s_f < 0.07)
    poor = sum(1 for _, s_q in window if s_q < 0.5)
    return (1 + bonus / 10 * 0.15) * (1 - low / 10 * 0.20) * (1 - poor / 10 * 0.25)


def python(path: Path, job: str) -> tuple[float, float]:
    """The figure and the seconds it took."""
    start = time.perf_counter()
    window, standing, first = deque(maxlen=10), 0.0, True
    with tempfile.TemporaryFile("w") as out:
        for position, pair in enumerate(records(path), 1):
            window.append(pair)
            if job == "multipliers":
                continue
            total = 1.0 if first else factors(window)
            first, before = False, standing
            standing = max(0.0, standing * DECAY + pair[0] * total * (1 - DECAY))
            if job == "every step":
                step = {"position": position, "task_type": "upscaling", "s_f": pair[0],
                        "multiplier": total, "before": before, "accumulate_score": standing}
                out.write(json.dumps(step) + "\n")
    return (factors(window) if job == "multipliers" else standing), time.perf_counter() - start


def ours(program: str, path: Path, job: str) -> tuple[float, float, int]:
    """The figure, the seconds and the most memory in KiB."""
    options = {"multipliers": ["multipliers", "--format", "json"], "ledger": ["ledger"],
               "every step": ["ledger", "--format", "jsonl"]}[job]
    arguments = [program, *options, str(path.parent), "--rules", RULES]
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(arguments, stdout=out, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        if status != 0:
            sys.exit(child.stderr.read().decode())
        out.seek(0)
        if job == "multipliers":
            figure = json.load(out)["tasks"]["upscaling"]["total_multiplier"]
        elif job == "ledger":
            line = next(line for line in out.read().decode().splitlines() if line.startswith("standing"))
            figure = float(line.split()[1])
        else:
            out.seek(-4096, os.SEEK_END)
            figure = json.loads(out.read().splitlines()[-1])["accumulate_score"]
    return figure, seconds, usage.ru_maxrss


def start_up(program: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for i in range(1, 11):
            record = {"round": i, "task_type": "upscaling", "s_f": 0.3, "s_q": 0.6}
            Path(folder, f"performance_round_{i:03}.json").write_text(json.dumps(record))
        commands = {"true": ["true"], "vidaio multipliers, 10 files": [program, "multipliers", folder]}
        print("\n| command | median ms |\n|---|---|")
        for name, command in commands.items():
            times = []
            for _ in range(rounds * 10):
                start = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
                times.append(time.perf_counter() - start)
            print(f"| {name} | {sorted(times)[len(times) // 2] * 1000:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = write(Path(folder), args.records)
        print(f"{args.records:,} records; median of {args.rounds}; rules {RULES}\n")
        print("| what | Python rec/s | vidaio rec/s | ratio | vidaio memory |\n|---|---|---|---|---|")
        for kind, path in paths.items():
            for job in ("multipliers", "ledger", "every step"):
                # In turns, so that a slow minute of the machine meets both.
                pairs = [(python(path, job), ours(args.program, path, job))
                         for _ in range(args.rounds)]
                theirs = sorted((t for t, _ in pairs), key=lambda t: t[1])
                mine = sorted((m for _, m in pairs), key=lambda m: m[1])
                (figure, seconds), (own, took, memory) = (
                    theirs[len(theirs) // 2], mine[len(mine) // 2])
                # The table of the ledger prints six places.
                if abs(figure - own) > (1e-6 if job == "ledger" else 1e-12 * abs(figure)):
                    sys.exit(f"error: the results differ: {figure} and {own}")
                name = f"{kind}, {job}"
                print(f"| {name} | {args.records / seconds:,.0f} | {args.records / took:,.0f} | "
                      f"{seconds / took:.1f} | {memory / 1024:.0f} MiB |", flush=True)
    start_up(args.program, args.rounds)


if __name__ == "__main__":
    main()
