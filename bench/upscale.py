#!/usr/bin/env python3
"""Filters and a network side by side: what they make of clips that were made small, and how fast.

    bench/upscale.py VIDAIO WEIGHTS FOLDER_OF_CLIPS [FRAMES]

Every clip is cut to FRAMES frames, made half as large (bicubic, as validators do) and enlarged again by each
engine; what comes out is measured against what was there. PIE-APP is shown where its weights are here.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time

ENGINES = ["lanczos", "bicubic", "spline"]


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


def peak():
    """Largest memory of any process that has ended, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main():
    vidaio, weights, clips = sys.argv[1:4]
    frames = sys.argv[4] if len(sys.argv) > 4 else "24"
    print("| clip | by | VMAF | NEG | PIE-APP | frames a second | bytes |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        large, small, made = (os.path.join(folder, n) for n in ["l.mp4", "s.mp4", "m.mp4"])
        for name in sorted(os.listdir(clips)):
            lossless = ["-an", "-c:v", "libx264", "-qp", "4", "-pix_fmt", "yuv420p"]
            even = "scale=trunc(iw/4)*4:trunc(ih/4)*4"
            clip = os.path.join(clips, name)
            ffmpeg("-i", clip, "-frames:v", frames, "-vf", even, *lossless, large)
            ffmpeg("-i", large, "-vf", "scale=iw/2:ih/2:flags=bicubic", *lossless, small)
            for engine in [*ENGINES, weights]:
                begun = time.monotonic()
                command = [vidaio, "upscale", small, made, "--scale", "2", "--model", engine]
                done = subprocess.run(
                    [*command, "--preset", "veryfast", "--format", "json"],
                    capture_output=True, text=True, check=False,
                )
                if done.returncode:
                    print(f"| {name} | {os.path.basename(engine)} | {done.stderr.strip()} |")
                    continue
                seconds = time.monotonic() - begun
                record = json.loads(done.stdout)
                score = subprocess.run(
                    [vidaio, "score", "upscale", large, made, "--rules", "next", "--format", "json"],
                    capture_output=True, text=True, check=False,
                )
                measured = json.loads(score.stdout)["measurement"]
                vmaf, pieapp = measured["vmaf"], measured.get("pieapp")
                shown = "-" if not pieapp else f"{sum(pieapp['per_frame']) / 4:.3f}"
                print(
                    f"| {name} | {record['engine']} on {record['device']} | {vmaf['base']['mean']:.2f} "
                    f"| {vmaf['neg']['mean']:.2f} | {shown} | {int(frames) / seconds:.2f} "
                    f"| {record['output_bytes']} |",
                    flush=True,
                )
    print(f"\nlargest memory of a process: {peak():.0f} MB")


if __name__ == "__main__":
    main()
