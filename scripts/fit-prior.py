#!/usr/bin/env python3
"""Fits the map from features of a clip to the quality at which VMAF meets a threshold.

Input: probe logs, one clip and one encoder each, as `vidaio compress --strategy grid --log FILE` writes
them. Output: src/encode/search/prior.toml. Python's standard library is all it needs.

    scripts/fit-prior.py logs/*.jsonl > src/encode/search/prior.toml
"""

import json
import math
import sys
from collections import defaultdict

THRESHOLDS = [75, 80, 85, 89, 91, 93, 95]
RIDGE = 1.0
"""Weight that pulls the coefficients of the features towards 0: there are few clips."""


def transformed(f):
    """As `transformed` in src/encode/search/prior.rs."""
    return [
        f["ln_pixels"],
        math.log(max(f["spatial"], 0.1)),
        math.log(max(f["temporal"], 0.05)),
        f["ln_bits_per_pixel"],
    ]


def crossing(points, key, threshold):
    """Quality at which a curve meets a threshold, between the two points that enclose it."""
    for a, b in zip(points, points[1:]):
        if a[key] is None or b[key] is None:
            return None
        if a[key] >= threshold > b[key]:
            share = (a[key] - threshold) / (a[key] - b[key])
            return a["quality"] + share * (b["quality"] - a["quality"])
    return None


def solve(matrix, right):
    """Gauss with pivots."""
    n = len(right)
    rows = [row[:] + [value] for row, value in zip(matrix, right)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i])]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def fit(samples):
    """Least squares with a ridge on the features: constant, threshold, four features."""
    size = 6
    matrix = [[0.0] * size for _ in range(size)]
    right = [0.0] * size
    for s in samples:
        x = [1.0, s["threshold"] - 90.0] + s["x"]
        for i in range(size):
            right[i] += x[i] * s["quality"]
            for j in range(size):
                matrix[i][j] += x[i] * x[j]
    for i in range(2, size):
        matrix[i][i] += RIDGE * len(samples) / 20.0
    return solve(matrix, right)


def predict(w, s):
    x = [1.0, s["threshold"] - 90.0] + s["x"]
    return sum(a * b for a, b in zip(w, x))


def main():
    clips = defaultdict(list)
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as log:
            points = [json.loads(line) for line in log]
        if points:
            points.sort(key=lambda p: p["quality"])
            # What a clip is called is the name of its log without the encoder and the way it was made.
            name = path.rsplit("/", 1)[-1].split("-", 1)[-1].rsplit("-", 1)[0]
            clips[points[0]["encoder"]].append((name, points))
    averages = [0.0] * 4
    everything = [transformed(p[0]["features"]) for logs in clips.values() for _, p in logs]
    averages = [sum(column) / len(everything) for column in zip(*everything)]
    names = sorted({name for logs in clips.values() for name, _ in logs})
    print("# Made by scripts/fit-prior.py; not to be edited by hand.")
    print(f'about = "{len(names)} clips of 2 to 10 s, 360p to 1080p, each as two H.264 references"')
    print(f"averages = [{', '.join(f'{a:.4f}' for a in averages)}]")
    for encoder, logs in sorted(clips.items()):
        samples, shifts, slopes, sizes = [], [], [], []
        settings = 0
        for name, points in logs:
            settings += len(points)
            x = [v - a for v, a in zip(transformed(points[0]["features"]), averages)]
            for threshold in THRESHOLDS:
                base = crossing(points, "base", threshold)
                neg = crossing(points, "neg", threshold)
                if base is not None:
                    samples.append(
                        {"clip": name, "threshold": threshold, "x": x, "quality": base}
                    )
                if base is not None and neg is not None:
                    shifts.append(neg - base)
            for a, b in zip(points, points[1:]):
                step = b["quality"] - a["quality"]
                if a["base"] and 75 <= (a["base"] + b["base"]) / 2 <= 96:
                    slopes.append((b["base"] - a["base"]) / step)
                    sizes.append((math.log(b["bytes"]) - math.log(a["bytes"])) / step)
        weights = fit(samples)
        errors = []
        for left_out in sorted({s["clip"] for s in samples}):
            others = [s for s in samples if s["clip"] != left_out]
            if not others:
                continue
            without = fit(others)
            errors += [
                predict(without, s) - s["quality"] for s in samples if s["clip"] == left_out
            ]
        error = math.sqrt(sum(e * e for e in errors) / len(errors))
        print(f"\n[encoders.{encoder}]")
        print(f"constant = {weights[0]:.3f}")
        print(f"threshold = {weights[1]:.4f}")
        print(f"features = [{', '.join(f'{w:.3f}' for w in weights[2:])}]")
        print(f"neg = {sum(shifts) / len(shifts):.3f}")
        print(f"error = {error:.3f}")
        print(f"vmaf_slope = {sum(slopes) / len(slopes):.4f}")
        print(f"size_slope = {sum(sizes) / len(sizes):.4f}")
        print(f"clips = {len({s['clip'] for s in samples})}")
        print(f"settings = {settings}")


if __name__ == "__main__":
    main()
