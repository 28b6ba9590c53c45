"""Small tasks of the artifact exchange, one after the other on each of some connections, for `bench/axon.py`.

    PYTHON bench/artifact.py HOST:PORT MINER CLIP SECONDS CONNECTIONS

PYTHON has the network's client installed: its keys sign. Prints one line of JSON; every answer must be a video.
"""
import base64
import hashlib
import http.client
import json
import sys
import threading
import time
import uuid

import bittensor as bt

place, miner, clip, seconds, connections = sys.argv[1:6]
host, port = place.rsplit(":", 1)
# The validator of `ask_axon home`.
key = bt.Keypair.create_from_seed("0x" + "07" * 32)
with open(clip, "rb") as f:
    video = f.read()
digest = hashlib.sha256(video).hexdigest()


def headers():
    task, nonce, now = f"challenge-{uuid.uuid4().hex}:7", uuid.uuid4().hex, int(time.time())
    shared = {"task_id": task, "track": "compression", "input_digest": digest, "commitment_anchor": None,
              "params": {"vmaf_threshold": 85, "target_codec": "h264"}, "deadline_seconds": 300.0}
    signed = {**shared, "version": "2", "timestamp": now, "nonce": nonce, "input_size": len(video),
              "signer_hotkey": key.ss58_address, "intended_miner_hotkey": miner}
    message = b"vidaio:miner-artifact:request:v2\0" + json.dumps(
        signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    text = base64.urlsafe_b64encode(json.dumps(shared).encode()).rstrip(b"=").decode()
    return {"X-Vidaio-Artifact-Version": "2", "Content-Type": "application/octet-stream",
            "X-Vidaio-Task-Metadata": text, "X-Vidaio-Validator-Hotkey": key.ss58_address,
            "X-Vidaio-Miner-Hotkey": miner, "X-Vidaio-Request-Timestamp": str(now), "X-Vidaio-Request-Nonce": nonce,
            "X-Vidaio-Input-Size": str(len(video)), "X-Vidaio-Request-Signature": key.sign(message).hex()}


def one(times, wrong, until):
    while time.time() < until:
        began = time.time()
        connection = http.client.HTTPConnection(host, int(port), timeout=300)
        connection.request("POST", "/v1/task/artifact", body=video, headers=headers())
        answer = connection.getresponse()
        made = answer.read()
        if answer.status != 200 or b"ftyp" not in made[:16]:
            return wrong.append(f"{answer.status}: {made[:300]!r}")
        times.append(time.time() - began)


def main():
    times, wrong, start = [], [], time.time()
    all_of_them = [threading.Thread(target=one, args=(times, wrong, start + float(seconds)))
                   for _ in range(int(connections))]
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()
    if wrong or not times:
        sys.exit(f"error: {wrong}")
    took = time.time() - start
    times.sort()
    at = lambda part: times[int((len(times) - 1) * part)] * 1000
    print(json.dumps({"requests": len(times), "per_second": len(times) / took, "p50_ms": at(0.5), "p99_ms": at(0.99)}))


main()
