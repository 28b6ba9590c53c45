"""Times PIE-APP of pyiqa and of the vidaio-torch worker on one pair, and compares the values.

Run it with a Python that has torch 2.11.0, best in an environment of its own: what pyiqa needs is
installed there if it is missing. Both sides get the same synthetic weights, the same pictures and the
same number of threads, and take turns. Prints a markdown table.
"""

import argparse
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

PYIQA = "pyiqa==0.1.14.1"
NEEDED = (
    "torchvision==0.26.0 numpy scipy pandas python-dateutil six PyYAML opencv-python-headless Pillow tqdm "
    "requests urllib3 idna certifi charset_normalizer huggingface_hub<1 filelock fsspec packaging "
    "typing_extensions"
).split()


def install():
    """Installs pyiqa and what it imports, without the large packages this metric never touches."""
    # Tried in a process of its own: a failed import leaves half a package behind.
    if subprocess.run([sys.executable, "-c", "import pyiqa"], capture_output=True).returncode != 0:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", PYIQA, *NEEDED]
        subprocess.run(command, check=True)


def pictures(height, width):
    """The formula picture of the tests and its box blur of radius one."""
    import numpy as np

    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    seed = 11

    def triangle(t, period):
        place = t % (2 * period)
        return np.where(place < period, place, 2 * period - place)

    place = ((y * width + x) * 3 + c).astype(np.uint64)
    h = (place + seed * 0x9E3779B1) & 0xFFFFFFFF
    h = h.astype(np.uint32)
    h ^= h >> 16
    h *= np.uint32(0x7FEB352D)
    h ^= h >> 15
    h *= np.uint32(0x846CA68B)
    h ^= h >> 16
    value = triangle(7 * x + 3 * y + 40 * c + seed, 160) + triangle(2 * x + 11 * y * (1 + c) + 5 * seed, 61)
    value += (((x >> 4) ^ (y >> 4)) * 37 + 21 * c + seed) & 31
    reference = np.clip(value + (h >> 28).astype(np.int64) - 8, 0, 255)
    edged = np.pad(reference, ((1, 1), (1, 1), (0, 0)), mode="edge")
    total = sum(edged[i : i + height, j : j + width] for i in range(3) for j in range(3))
    return reference.astype(np.uint8), ((total + 4) // 9).astype(np.uint8)


def read_safetensors(path):
    """All tensors of a file; the package of that name is not needed for this."""
    import torch

    tensors = {}
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        for name, entry in json.loads(file.read(length)).items():
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            data = bytearray(file.read(end - begin))
            tensors[name] = torch.frombuffer(data, dtype=torch.float32).reshape(entry["shape"])
    return tensors


class Worker:
    """The other end of the worker's pipe."""

    def __init__(self, path, threads):
        # The Python side must not lend its libraries: the worker finds its own.
        surroundings = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"}
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings
        )
        self.ask({"request": "hello", "protocol": 2})
        self.threads = threads

    def ask(self, header, *payload):
        text = json.dumps(header).encode()
        size = sum(len(part) for part in payload)
        self.process.stdin.write(b"VDW1" + struct.pack("<IQ", len(text), size) + text)
        for part in payload:
            self.process.stdin.write(part)
        self.process.stdin.flush()
        magic, length, size = struct.unpack("<4sIQ", self.process.stdout.read(16))
        answer = json.loads(self.process.stdout.read(length))
        self.process.stdout.read(size)
        if magic != b"VDW1" or answer["response"] == "error":
            raise SystemExit(f"the worker answered {answer}")
        return answer

    def load(self, weights):
        header = {"request": "load_pieapp", "weights": weights, "device": "cpu", "threads": self.threads}
        self.ask(header)

    def score(self, reference, distorted, chunk):
        height, width = reference.shape[:2]
        header = {"request": "pieapp", "height": height, "width": width, "order": "bgr", "chunk": chunk}
        return self.ask(header, reference.tobytes(), distorted.tobytes())["score"]

    def usage(self):
        """CPU seconds so far and peak memory in MB."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        with open(f"/proc/{self.process.pid}/status") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), peak / 1024

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def own_usage():
    """The same of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def timed(call, usage):
    """Value, wall seconds and CPU seconds of a call."""
    cpu, wall = usage()[0], time.perf_counter()
    value = call()
    return value, time.perf_counter() - wall, usage()[0] - cpu


def original(weights, threads):
    """The metric as pyiqa makes it, with our weights."""
    import pyiqa
    import torch

    torch.set_num_threads(threads)
    metric = pyiqa.create_metric("pieapp", device="cpu", pretrained=False)
    metric.net.load_state_dict(read_safetensors(weights), strict=True)
    metric.eval()

    def score(reference, distorted):
        ready = [
            torch.from_numpy(picture).permute(2, 0, 1).unsqueeze(0).float() / 255
            for picture in (distorted, reference)
        ]
        with torch.no_grad():
            return metric(*ready).item()

    return score


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worker", help="path of vidaio-torch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--size", default="1080x1920", help="rows x columns")
    arguments = parser.parse_args()
    install()
    import torch

    height, width = (int(side) for side in arguments.size.split("x"))
    reference, distorted = pictures(height, width)
    runs = {"pyiqa 0.1.14.1": [], "vidaio-torch": []}
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "synthetic.safetensors")
        subprocess.run([arguments.worker, "--write-test-weights", weights], check=True)
        theirs = original(weights, arguments.threads)
        ours = Worker(arguments.worker, arguments.threads)
        ours.load(weights)
        for _ in range(arguments.rounds):
            call = lambda: theirs(reference, distorted)  # noqa: E731
            runs["pyiqa 0.1.14.1"].append(timed(call, own_usage))
            call = lambda: ours.score(reference, distorted, arguments.chunk)  # noqa: E731
            runs["vidaio-torch"].append(timed(call, ours.usage))
        peaks = [own_usage()[1], ours.usage()[1]]
        ours.close()

    print(f"PIE-APP, one pair {width}x{height}, {arguments.threads} threads, {arguments.rounds} rounds,")
    print(f"torch {torch.__version__}, chunk {arguments.chunk}; medians\n")
    print("| program | wall s | CPU s | peak MB | value |")
    print("|---|---|---|---|---|")
    medians, values = [], []
    for (name, results), peak in zip(runs.items(), peaks):
        value = results[0][0]
        wall, cpu = (statistics.median(result[i] for result in results) for i in (1, 2))
        medians.append((wall, cpu))
        values.append(value)
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {value:.9f} |")
    ratio = [a / b for a, b in zip(*medians)]
    print(f"| ratio | {ratio[0]:.2f} | {ratio[1]:.2f} | | difference {abs(values[0] - values[1]):.1e} |")


if __name__ == "__main__":
    main()
