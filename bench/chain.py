#!/usr/bin/env python3
"""A whole metagraph of 256 uids from a node on loopback: vidaio with and without metadata on disk, beside
the Python SDK on the same node in the same run.

Both sides make the one call of the runtime that brings the whole metagraph. The node is `examples/fake_node.rs`. With a file of mainnet's metadata it speaks that runtime's types, so that
metadata has its real size; without one it speaks a generated runtime, whose metadata is small.
"""
import argparse
import base64
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SDK = """
import json, sys, time
began = time.perf_counter()
import bittensor
imported = time.perf_counter()
subtensor = bittensor.Subtensor(network=sys.argv[1])
metagraph = subtensor.get_metagraph_info(85)
read = time.perf_counter()
print(json.dumps({"version": bittensor.__version__, "import": imported - began, "read": read - imported,
                  "uids": len(metagraph.hotkeys), "hotkeys": list(metagraph.hotkeys),
                  "stake": [s.rao for s in metagraph.total_stake], "emission": [e.rao for e in metagraph.emission]}))
"""


def ask(url: str, method: str):
    """One call over a WebSocket, by hand: no package is needed for it."""
    host, port = url.removeprefix("ws://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        key = base64.b64encode(os.urandom(16)).decode()
        line.sendall((f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        stream = line.makefile("rb")
        while stream.readline() not in (b"\r\n", b""):
            pass
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).encode()
        line.sendall(bytes([0x81, 0x80 | len(body)]) + b"\0\0\0\0" + body)
        head = stream.read(2)
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack(">H", stream.read(2))[0]
        return json.loads(stream.read(size))["result"]


def timed(command, env):
    began = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    took = time.perf_counter() - began
    return took, done


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("vidaio")
    p.add_argument("node", help="the example fake_node")
    p.add_argument("--metadata", nargs=2, metavar=("FILE", "SPEC"), help="mainnet's metadata and its version")
    p.add_argument("--sdk", metavar="PYTHON", help="a Python that has bittensor")
    p.add_argument("--rounds", type=int, default=5)
    a = p.parse_args()
    node = subprocess.Popen([a.node, "256", *(a.metadata or [])], stdout=subprocess.PIPE, text=True)
    url = node.stdout.readline().strip()
    try:
        with tempfile.TemporaryDirectory() as folder:
            run(a, url, Path(folder))
    finally:
        node.kill()


def run(a, url: str, folder: Path) -> None:
    env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    saved = folder / "snapshot.json"
    read = [a.vidaio, "subnet", "--network", url, "--quiet", "--save", str(saved)]
    sides = {"vidaio, metadata fetched": [*read, "--no-cache"], "vidaio, metadata on disk": read}
    if a.sdk:
        sides["SDK, whole program"] = [a.sdk, "-c", SDK, url]
    timed(read, env)
    ask(url, "fake_tally")
    took = {name: [] for name in sides}
    inner, tallies, sdk = [], {}, None
    for _ in range(a.rounds):
        for name, command in list(sides.items()):
            seconds, done = timed(command, env)
            tally = ask(url, "fake_tally")
            if done.returncode != 0:
                print(f"{name}: it does not talk to this node:\n{done.stderr[-1500:]}", file=sys.stderr)
                del sides[name]
                continue
            took[name].append(seconds)
            tallies[name] = tally
            if name.startswith("SDK"):
                sdk = json.loads(done.stdout.splitlines()[-1])
                inner.append(sdk["read"])
    if sdk:
        same(json.loads(saved.read_text()), sdk)
        sides["SDK, the read alone"] = None
        took["SDK, the read alone"] = inner
        print(f"bittensor {sdk['version']}; both sides read the same hotkeys, stake and emission\n")
    best = statistics.median(took["vidaio, metadata on disk"])
    print("| who | median ms | by vidaio | calls | bytes asked | bytes answered |\n|---|---|---|---|---|---|")
    for name in sides:
        if took[name]:
            median = statistics.median(took[name])
            t = tallies.get(name, {})
            counts = " | ".join(str(t.get(key, "")) for key in ("calls", "asked", "answered"))
            print(f"| {name} | {median * 1e3:.1f} | {median / best:.1f} | {counts} |")


def same(ours: dict, theirs: dict) -> None:
    neurons = ours["neurons"]
    assert [n["hotkey"] for n in neurons] == theirs["hotkeys"]
    for ours_of, theirs_of in (("total_stake_rao", "stake"), ("emission_rao", "emission")):
        for neuron, value in zip(neurons, theirs[theirs_of], strict=True):
            assert neuron[ours_of] == value, (neuron["uid"], ours_of, value)


if __name__ == "__main__":
    main()
