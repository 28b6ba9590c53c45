#!/usr/bin/env python3
"""The worker on a GPU: whether it computes what the CPU computes, and how fast it is.

    bench/gpu.py WORKER [WEIGHTS_OF_A_NETWORK]

Run it with a Python whose torch has CUDA: the worker is given that torch's libraries, so one that was built
against libtorch for the CPU will do. PIE-APP has made-up weights. Prints a markdown table.
"""

import glob
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import torch

ROUNDS = 5
CHUNKS = [64, 256]


def surroundings():
    """Those of this process, with the libraries of its torch."""
    folder = os.path.dirname(torch.__file__)
    wheels = glob.glob(os.path.join(os.path.dirname(folder), "nvidia", "*", "lib"))
    return {**os.environ, "LD_LIBRARY_PATH": ":".join([os.path.join(folder, "lib"), *wheels])}


class Worker:
    """The other end of the worker's pipe."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings())
        self.facts = self.ask({"request": "hello", "protocol": 2})[0]

    def ask(self, header, *payload):
        text = json.dumps(header).encode()
        size = sum(len(part) for part in payload)
        pipe = self.process.stdin
        pipe.write(b"VDW1" + struct.pack("<IQ", len(text), size) + text)
        for part in payload:
            pipe.write(part)
        pipe.flush()
        _, length, size = struct.unpack("<4sIQ", self.process.stdout.read(16))
        answer = json.loads(self.process.stdout.read(length))
        body = self.process.stdout.read(size)
        if answer["response"] == "error":
            raise SystemExit(f"the worker answered {answer}")
        return answer, body

    def pieapp(self, size, frames, chunk):
        header = {"request": "pieapp", "height": size[1], "width": size[0], "order": "bgr", "chunk": chunk}
        return self.ask(header, *frames)[0]["score"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def picture(size, seed):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, 256, (1, 3, size[1] // 8, size[0] // 8), generator=generator).float()
    fine = torch.nn.functional.interpolate(coarse, size=(size[1], size[0]), mode="bilinear")
    fine += torch.randint(-8, 9, fine.shape, generator=generator)
    return bytes(fine.clamp(0, 255).byte()[0].permute(1, 2, 0).contiguous().numpy().tobytes())


def median(call):
    call()
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def pieapp(path, rows):
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "made-up.safetensors")
        cpu, gpu = Worker(path), Worker(path)
        subprocess.run([path, "--write-test-weights", weights], check=True, env=surroundings())
        for worker, device in [(cpu, "cpu"), (gpu, "cuda")]:
            worker.ask({"request": "load_pieapp", "weights": weights, "device": device, "threads": os.cpu_count()})
        for size in [(480, 272), (1920, 1080)]:
            frames = picture(size, 1), picture(size, 2)
            exact = cpu.pieapp(size, frames, CHUNKS[0])
            for chunk in CHUNKS:
                off = abs(gpu.pieapp(size, frames, chunk) - exact)
                seconds = median(lambda: gpu.pieapp(size, frames, chunk))
                rows.append((f"PIE-APP, a pair of {size[0]}x{size[1]}, chunk {chunk}", f"{seconds * 1e3:.0f} ms", f"{off:.1e} from the CPU"))
        cpu.close()
        gpu.close()


def enlarging(path, weights, rows):
    for size, scale in [((960, 540), 2), ((960, 540), 4), ((1920, 1080), 2)]:
        frame = picture(size, 3)
        results = {}
        for half in [False, True]:
            worker = Worker(path)
            load = {"request": "load_upscaler", "weights": weights, "device": "cuda", "threads": 4, "half": half}
            worker.ask(load)
            header = {"request": "upscale", "frames": 1, "height": size[1], "width": size[0], "scale": scale, "tile": 0, "overlap": 0}
            results[half] = worker.ask(header, frame)[1]
            seconds = median(lambda: worker.ask(header, frame))
            what = "half" if half else "full"
            rows.append((f"{os.path.basename(weights)}, {size[0]}x{size[1]} x{scale}, {what} precision", f"{1 / seconds:.1f} frames/s", ""))
            worker.close()
        apart = max(abs(a - b) for a, b in zip(results[False], results[True]))
        rows[-1] = (*rows[-1][:2], f"at most {apart} of 255 from full precision")


def main():
    if not torch.cuda.is_available():
        raise SystemExit("error: torch finds no CUDA device\nhint: run this where there is one")
    rows = []
    worker = Worker(sys.argv[1])
    if not worker.facts["cuda"]:
        raise SystemExit(f"error: the worker finds no CUDA device: {worker.facts}")
    worker.close()
    pieapp(sys.argv[1], rows)
    for weights in sys.argv[2:]:
        enlarging(sys.argv[1], weights, rows)
    card = torch.cuda.get_device_name()
    print(f"{card}, {os.cpu_count()} cores, torch {torch.__version__}, Python {platform.python_version()}; medians of {ROUNDS}\n")
    print("| work | figure | difference |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
