#!/usr/bin/env python3
"""`vidaio compress` beside `ab-av1 auto-encode` and beside the whole grid, clip by clip in the same run.

    bench/compress.py VIDAIO AB_AV1 FFMPEG FOLDER_OF_CLIPS [THRESHOLD]

Both encode with SVT-AV1 at preset 8 through the same FFmpeg and aim at the same VMAF (mean of v0.6.1, the
newest rules). Every file is scored by `vidaio score`. The grid is measured in steps of 1 over a stretch
around what was found, and in steps of 0.25 next to its best: it is what a search cannot beat.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

PRESET = "8"


def run(command, **more):
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    return done, time.monotonic() - begun


def score(vidaio, reference, output, threshold):
    command = [vidaio, "score", "compress", reference, output, "--threshold", str(threshold)]
    done, _ = run([*command, "--rules", "next", "--format", "json"])
    if done.returncode:
        return None
    return json.loads(done.stdout)


def search(vidaio, ffmpeg, clip, output, threshold, *more):
    command = [vidaio, "compress", clip, output, "--threshold", str(threshold), "--ffmpeg", ffmpeg]
    command += ["--codec", "av1", "--encoder", "svtav1", "--preset", PRESET, "--format", "json"]
    done, seconds = run([*command, *more])
    if done.returncode:
        return None, seconds
    return json.loads(done.stdout), seconds


def grid(vidaio, ffmpeg, clip, folder, threshold, centre):
    """The best score of any quality: whole steps, then quarters next to the best."""
    best = None
    for stretch in ["coarse", "fine"]:
        if stretch == "coarse":
            low, high, step = centre - 4, centre + 4, 1
        elif best is None:
            return None
        else:
            low, high, step = best["quality"] - 0.75, best["quality"] + 0.75, 0.25
        log = os.path.join(folder, "grid.jsonl")
        stretch = f"{low},{high},{step}"
        search(
            vidaio, ffmpeg, clip, os.path.join(folder, "grid.mp4"), threshold,
            "--strategy", "grid", "--grid", stretch, "--no-shots", "--log", log,
        )
        with open(log, encoding="utf-8") as lines:
            probes = [json.loads(line) for line in lines]
        for probe in probes:
            if probe["standing"] == "passes" and (best is None or probe["score"] > best["score"]):
                best = probe
    return best


def main():
    vidaio, ab_av1, ffmpeg, clips = (os.path.abspath(path) for path in sys.argv[1:5])
    threshold = float(sys.argv[5]) if len(sys.argv) > 5 else 89.0
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bin")
        os.mkdir(path)
        os.symlink(os.path.abspath(ffmpeg), os.path.join(path, "ffmpeg"))
        surroundings = dict(os.environ, PATH=f"{path}:{os.environ['PATH']}")
        for name in sorted(os.listdir(clips)):
            clip = os.path.join(clips, name)
            ours_file = os.path.join(folder, "ours.mp4")
            ours, ours_seconds = search(
                vidaio, ffmpeg, clip, ours_file, threshold, "--max-probes", "4"
            )
            peer_file = os.path.join(folder, "peer.mp4")
            command = [ab_av1, "auto-encode", "-i", clip, "-o", peer_file, "-e", "libsvtav1"]
            command += ["--preset", PRESET, "--min-vmaf", str(threshold), "--acodec", "copy"]
            # What validators measure: eight bits at the clip's own size. By default it takes ten bits and
            # enlarges small clips, which makes it aim elsewhere.
            command += ["--pix-format", "yuv420p", "--vmaf-scale", "none"]
            surroundings["XDG_CACHE_HOME"] = folder
            done, peer_seconds = run(command, env=surroundings, cwd=folder)
            peer = score(vidaio, clip, peer_file, threshold) if done.returncode == 0 else None
            if ours is None:
                print(f"{name}: vidaio found nothing that passes in {ours_seconds:.1f} s", flush=True)
                continue
            chosen = ours["probes"][ours["chosen"] - 1]
            best = grid(vidaio, ffmpeg, clip, folder, threshold, round(chosen["quality"]))
            row = {
                "clip": name,
                "score": ours["verdict"]["s_f"],
                "optimum": best["score"] if best else None,
                "bytes": ours["verdict"]["output_bytes"],
                "over": ours["verdict"]["vmaf"] - threshold,
                "probes": len(ours["probes"]),
                "seconds": ours_seconds,
                "peer_score": peer["s_f"] if peer else None,
                "peer_bytes": peer["output_bytes"] if peer else None,
                "peer_over": peer["vmaf"] - threshold if peer else None,
                "peer_seconds": peer_seconds,
                "purpose": chosen["purpose"],
            }
            rows.append(row)
            if os.path.exists(peer_file):
                os.remove(peer_file)
            print(json.dumps(row), flush=True)
    print("\n| clip | score | of the grid's best | over T | probes | s | ab-av1: score | over T | s | time |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    show = lambda value, form: "-" if value is None else format(value, form)
    for r in rows:
        share = r["score"] / r["optimum"] if r["optimum"] else None
        print(
            f"| {r['clip']} | {r['score']:.4f} | {show(share, '.4f')} | {r['over']:.3f} | {r['probes']} "
            f"| {r['seconds']:.1f} | {show(r['peer_score'], '.4f')} | {show(r['peer_over'], '.3f')} "
            f"| {r['peer_seconds']:.1f} | {r['seconds'] / r['peer_seconds']:.2f} |"
        )
    if rows:
        median = statistics.median
        print(f"\nmedian over the threshold: {median(r['over'] for r in rows):.3f} VMAF")
        print(f"median time as a share of ab-av1's: {median(r['seconds'] / r['peer_seconds'] for r in rows):.2f}")
        shares = [r["score"] / r["optimum"] for r in rows if r["optimum"]]
        if shares:
            print(f"lowest share of the grid's best: {min(shares):.4f}")


if __name__ == "__main__":
    main()
