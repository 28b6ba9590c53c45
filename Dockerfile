# syntax=docker/dockerfile:1
# vidaio in Debian, from the packages of `make deb`:
#
#   make deb && DOCKER_BUILDKIT=1 docker build -t vidaio .
#   docker run --rm --init -u "$(id -u):$(id -g)" -v "$PWD:/work" \
#     vidaio score compress reference.mp4 output.mp4 --threshold 89
#   docker run --init --restart unless-stopped --stop-timeout 330 -u vidaio -e HOME=/var/lib/vidaio \
#     -v vidaio:/var/lib/vidaio -v "$PWD/wallets:/var/lib/vidaio/.bittensor/wallets:ro" -p 8091:8091 \
#     vidaio mine --wallet lucky_key --hotkey lucky_hotkey1 --external-ip 203.0.113.7
ARG BASE=debian:12-slim
FROM ${BASE}
RUN --mount=type=bind,source=target/debian,target=/packages \
    apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates /packages/*.deb \
 && rm -rf /var/lib/apt/lists/*
# Wallets, settings and state of the miner.
VOLUME /var/lib/vidaio
WORKDIR /work
# Validators are served here by `vidaio mine`; its page is on a port of the container's loopback alone.
EXPOSE 8091
ENTRYPOINT ["vidaio"]
