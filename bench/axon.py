"""Answers of `vidaio mine` beside the network's own axon, and small artifact tasks.

    bench/axon.py VIDAIO ASK_AXON PYTHON RIG [ROUNDS [ENCODER]]

VIDAIO and ASK_AXON are programs (release; ASK_AXON is `examples/ask_axon`), PYTHON has the network's client and
server installed, RIG is the folder of the rig, ENCODER a vidaio for the encode beside it. Prints a table of Markdown.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

vidaio, asker, python, rig = map(os.path.abspath, sys.argv[1:5])
rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 3
encoder = os.path.abspath(sys.argv[6]) if len(sys.argv) > 6 else vidaio
SECONDS, CONNECTIONS = "6", "16"


def ask(port, miner, rate, what, seconds=SECONDS):
    out = subprocess.run([asker, "ask", f"127.0.0.1:{port}", miner, seconds, CONNECTIONS, str(rate), what],
                         capture_output=True, text=True)
    if out.returncode:
        sys.exit(f"error: {what} at {rate}: {out.stderr.strip()[-400:]}")
    return json.loads(out.stdout)


def reference(keys):
    process = subprocess.Popen(
        [python, "reference_axon.py", "--port", "18291", "--permit", keys["validator"],
         "--wallet-path", os.path.join(rig, "..", "wallets"), "--wallet-name", "miner", "--hotkey", "plain"],
        cwd=rig, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if '"event": "ready"' in line:
            ready = json.loads(line)
            break
    else:
        sys.exit("error: the reference axon does not begin")
    # What it says of every request goes nowhere, as cheaply as can be.
    subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
    return process, ready["port"], ready["axon_hotkey"]


def ours(home):
    process = subprocess.Popen(
        [vidaio, "mine", "--offline", "--metagraph", f"{home}/metagraph.json", "--wallet-path", f"{home}/wallets",
         "--wallet", "bench", "--state-dir", f"{home}/state", "--axon-port", "0", "--admin", "127.0.0.1:0",
         "--protocol", "both", "--external-ip", "127.0.0.1", "--log-format", "json"],
        cwd=home, stderr=subprocess.PIPE, text=True, env={**os.environ, "VIDAIO_FETCH_PRIVATE": "yes"})
    for line in process.stderr:
        if "serving validators" in line:
            port = int(re.search(r"0\.0\.0\.0:(\d+)", line).group(1))
            break
    else:
        sys.exit("error: vidaio mine does not begin")
    subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
    return process, port


def small_tasks(port, miner, home):
    clip = f"{home}/small.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30:duration=1",
                    "-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", clip], check=True)
    out = subprocess.run([python, os.path.join(os.path.dirname(os.path.abspath(__file__)), "artifact.py"),
                          f"127.0.0.1:{port}", miner, clip, "20", "2"], capture_output=True, text=True)
    if out.returncode:
        sys.exit(f"error: small tasks: {out.stderr.strip()[-400:]}")
    return json.loads(out.stdout.strip().splitlines()[-1])


def encodes(process):
    """Waits until it has read its input and encodes."""
    until = time.time() + 60
    while subprocess.run(["pgrep", "-P", str(process.pid), "ffmpeg"], stdout=subprocess.DEVNULL).returncode:
        if process.poll() is not None or time.time() > until:
            sys.exit("error: no encode begins")
        time.sleep(0.1)
    time.sleep(1)


def taken():
    """Ticks of both cores, and those of them that went to others on the same host."""
    with open("/proc/stat") as f:
        ticks = [int(word) for word in f.readline().split()[1:9]]
    return sum(ticks), ticks[7]


def resident(process):
    with open(f"/proc/{process.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


def main():
    with tempfile.TemporaryDirectory() as home:
        before = taken()
        keys = json.loads(subprocess.run([asker, "home", home], capture_output=True, text=True, check=True).stdout)
        peer, peer_port, peer_key = reference(keys)
        mine, port = ours(home)
        try:
            rows = {}
            for _ in range(rounds):
                # Both sides in turn, so that what else the machine does hits both.
                rows.setdefault("peer warrant", []).append(ask(peer_port, peer_key, 0, "warrant"))
                rows.setdefault("warrant", []).append(ask(port, keys["miner"], 0, "warrant"))
                rows.setdefault("get", []).append(ask(port, keys["miner"], 0, "get"))
            memory = resident(peer), resident(mine)
            quiet = ask(port, keys["miner"], 500, "warrant")
            small = small_tasks(port, keys["miner"], home)
            clip = f"{home}/clip.mp4"
            subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=30",
                            "-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", clip], check=True)
            # As the miner itself runs it.
            encode = subprocess.Popen([encoder, "compress", clip, f"{home}/out.mp4", "--threshold", "89", "--quiet",
                                       "--ends-with-parent", str(os.getpid())],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            encodes(encode)
            loaded = ask(port, keys["miner"], 500, "warrant")
            loaded_get = ask(port, keys["miner"], 500, "get")
            still = encode.poll() is None
            encode.kill()
        finally:
            peer.kill()
            mine.kill()
    middle = lambda name, key: statistics.median(row[key] for row in rows[name])
    ratio = middle("warrant", "per_second") / middle("peer warrant", "per_second")
    print("| work | requests a second | p50 ms | p99 ms |")
    print("|---|---|---|---|")
    for name, what in (("peer warrant", "network's own axon (10.1.0), signed warrant"),
                       ("warrant", "vidaio, signed warrant"), ("get", "vidaio, `GET /warrant`")):
        print(f"| {what} | {middle(name, 'per_second'):.0f} | {middle(name, 'p50_ms'):.2f} | {middle(name, 'p99_ms'):.2f} |")
    ended = "" if still else " (it ended before)"
    for what, row in (("vidaio, signed warrant at 500 a second", quiet),
                      (f"the same while an encode runs{ended}", loaded),
                      (f"vidaio, `GET /warrant` at 500 a second while an encode runs{ended}", loaded_get)):
        print(f"| {what} | {row['per_second']:.0f} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} |")
    print(f"| vidaio, artifact task, 30 frames of 160x90, two at a time | {small['per_second']:.2f} | {small['p50_ms']:.0f} | {small['p99_ms']:.0f} |")
    whole, stolen = (after - begun for after, begun in zip(taken(), before))
    print(f"\nother machines on the host took {100 * stolen / whole:.1f} % of the time")
    print(f"ratio of signed warrants: {ratio:.1f} times; memory {memory[1]:.0f} MiB beside {memory[0]:.0f} MiB")


main()
