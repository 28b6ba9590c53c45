"""Times vidaio's VMAF beside FFmpeg's filter and beside the validators' published procedure.

Every row interleaves the two sides in one run and prints medians and their ratio. Clips are made by
formula and kept in .bench/clips.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg

CLIPS = Path(".bench/clips")
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
DETAIL = "testsrc2=size=1920x1080:rate=30:duration=10"
GRAIN = DETAIL + ",noise=alls=12:allf=t:all_seed=3"


def run(command):
    """Wall seconds and processor seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def make(name, arguments):
    path = CLIPS / name
    if not path.exists():
        CLIPS.mkdir(parents=True, exist_ok=True)
        making = CLIPS / f"making-{name}"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, making], check=True)
        making.rename(path)
    return str(path)


def pair(name, source, crf, keys):
    x264 = ["-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-g", str(keys), "-sc_threshold", "0"]
    reference = make(f"ref-{name}-{keys}.mp4", ["-f", "lavfi", "-i", source, *x264, "-crf", str(crf)])
    return reference, make(f"out-{name}-{keys}.mp4", ["-i", reference, *x264, "-crf", "32"])


def ffmpeg_filter(reference, output, both):
    model = "version=vmaf_v0.6.1\\:name=vmaf"
    if both:
        model += "|version=vmaf_v0.6.1neg\\:name=neg"
    graph = f"[0:v][1:v]libvmaf=model='{model}':n_threads=2:log_fmt=json:log_path=/dev/null"
    threads = ["-threads", "2"]
    return [[FFMPEG, "-nostdin", *threads, "-i", output, *threads, "-i", reference, "-lavfi", graph, "-f", "null", "-"]]


def published(vmaf, reference, output, frames, folder):
    """Cut the frames out of both files into Y4M, then run the `vmaf` program on them."""
    select = "select='" + "+".join(f"eq(n\\,{i})" for i in frames) + "'"
    commands = []
    for source, target in ((reference, "r.y4m"), (output, "d.y4m")):
        commands.append(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-vf", select, "-pix_fmt", "yuv420p", "-fps_mode", "vfr", os.path.join(folder, target)])
    commands.append([vmaf, "-r", os.path.join(folder, "r.y4m"), "-d", os.path.join(folder, "d.y4m"), "--threads", "2", "-m", "version=vmaf_v0.6.1", "-o", os.path.join(folder, "report.xml")])
    return commands


def compare(name, ours, theirs, rounds):
    sides = {"ours": [], "theirs": []}
    for _ in range(rounds):
        for side, commands in (("theirs", theirs), ("ours", ours)):
            parts = [run(command) for command in commands]
            sides[side].append((sum(p[0] for p in parts), sum(p[1] for p in parts)))
    median = {s: tuple(statistics.median(column) for column in zip(*values)) for s, values in sides.items()}
    (wall, cpu), (peer_wall, peer_cpu) = median["ours"], median["theirs"]
    print(f"| {name} | {wall:.3f} | {cpu:.2f} | {peer_wall:.3f} | {peer_cpu:.2f} | {peer_wall / wall:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vidaio", required=True)
    parser.add_argument("--vmaf", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-full", action="store_true", help="leave the full-length rows out")
    arguments = parser.parse_args()
    vidaio = arguments.vidaio

    def score(reference, output, frames):
        return [[vidaio, "score", "compress", reference, output, "--threshold", "85", "--threads", "2", "--frames", frames, "-o", "/dev/null"]]

    print(f"Medians of {arguments.rounds} interleaved rounds, 2 threads.\n")
    print("| work | vidaio wall s | CPU s | peer wall s | CPU s | peer / vidaio |")
    print("|---|---|---|---|---|---|")
    full = () if arguments.skip_full else (("high-rate", GRAIN, 10), ("low-rate", DETAIL, 20))
    for name, source, crf in full:
        reference, output = pair(name, source, crf, 250)
        ours = score(reference, output, "all")
        size = os.path.getsize(reference) / 1e6
        compare(f"300 frames 1080p, {name} reference ({size:.0f} MB), base + NEG, beside FFmpeg with both", ours, ffmpeg_filter(reference, output, True), arguments.rounds)
        base = [ours[0] + ["--models", "base"]]
        compare(f"the same, base only, beside FFmpeg with base", base, ffmpeg_filter(reference, output, False), arguments.rounds)
    frames = [7, 31, 58, 96, 117, 149, 190, 223, 251, 288]
    text = ",".join(map(str, frames))
    with tempfile.TemporaryDirectory() as folder:
        for keys in (250, 50):
            reference, output = pair("high-rate", GRAIN, 10, keys)
            compare(f"10 cut-out frames of 300, a key frame every {keys}, base only, beside the published procedure", [score(reference, output, text)[0] + ["--models", "base"]], published(arguments.vmaf, reference, output, frames, folder), arguments.rounds)
            report = Path(folder, "report.xml").read_text()
            theirs = float(report.split('metric name="vmaf" ')[1].split('harmonic_mean="')[1].split('"')[0])
            saved = os.path.join(folder, "m.json")
            subprocess.run([*score(reference, output, text)[0], "--save", saved], check=True)
            ours = json.loads(Path(saved).read_text())["vmaf"]["base"]["harmonic_mean_libvmaf"]
            print(f"<!-- harmonic mean: {ours:.6f} here, {theirs:.6f} by the published procedure -->", flush=True)
            assert abs(ours - theirs) < 1e-5, (ours, theirs)
    compare("start-up: `vidaio rules list` beside `true` (20 runs each)", [[vidaio, "rules", "list"]] * 20, [["true"]] * 20, arguments.rounds)


main()
