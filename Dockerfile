# vidaio in Debian, from the packages of `make deb`:
#
#   make deb && docker build -t vidaio .
#   docker run --rm -v "$PWD:/work" vidaio score compress reference.mp4 output.mp4 --threshold 89
ARG BASE=debian:12-slim
FROM ${BASE}
RUN --mount=type=bind,source=target/debian,target=/packages \
    apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates /packages/*.deb \
 && rm -rf /var/lib/apt/lists/*
# Settings and wallets of the miner; the folder of the person who scores is mounted at /work.
VOLUME /var/lib/vidaio
USER vidaio
ENV HOME=/var/lib/vidaio
WORKDIR /work
# 8091 serves validators, 9106 the page, health and metrics of `vidaio mine`.
EXPOSE 8091 9106
ENTRYPOINT ["vidaio"]
