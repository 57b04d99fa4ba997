# The service with its embedded backbone and its playground, at every address, for those who show a key.
#
#   docker build -t polylect:0.1.0 .          # docs/how-to/deploy.md: how to run it
#
# The base is pinned by its full version. A tag can be moved, a digest cannot; where you can reach the registry:
#   docker buildx imagetools inspect python:3.11.15-slim-bookworm      # Digest: sha256:…
#   docker build --build-arg BASE=python:3.11.15-slim-bookworm@sha256:… -t polylect:0.1.0 .
ARG BASE=docker.io/library/python:3.11.15-slim-bookworm

FROM ${BASE} AS build
ARG EXTRAS=embedded,redis,otel,playground
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY sdk sdk
COPY agents agents
COPY prompts prompts
COPY playground playground
COPY service service
# pip goes last: a read-only image installs nothing, and what is not there cannot be used against it.
RUN python -m venv /opt/polylect \
 && /opt/polylect/bin/pip install --no-cache-dir -c constraints.txt ./sdk \
 && /opt/polylect/bin/pip install --no-cache-dir -c constraints.txt ".[${EXTRAS}]" \
 && POLYLECT_CACHE_DIR=/opt/models /opt/polylect/bin/python -m service.embedded path \
 && /opt/polylect/bin/pip uninstall --yes pip setuptools

FROM ${BASE}
# libgomp1 is llama.cpp's; Debian keeps its newest version alone, so that a pinned one would soon be gone.
# A new volume takes its owner from the folder where it is mounted: the one-shot that makes keys may write there.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 polylect \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp polylect \
 && install -d -o polylect -g polylect -m 0700 /keys \
 && install -d -o polylect -g polylect -m 0755 /metrics-key
COPY --from=build /opt/models /opt/models
COPY --from=build /opt/polylect /opt/polylect
COPY deploy/first_keys.sh /usr/local/bin/polylect-first-keys
# polylect.yaml is looked for here; without one the embedded model answers.
WORKDIR /etc/polylect
# It faces a network, so it has keys or does not start.
ENV PATH=/opt/polylect/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    GRADIO_ANALYTICS_ENABLED=False \
    POLYLECT_CACHE_DIR=/opt/models \
    POLYLECT_HOST=0.0.0.0 \
    POLYLECT_PORT=8000 \
    POLYLECT_KEYS_FILE=/keys/keys.json
USER 10001:10001
EXPOSE 8000
# By http.client and not urllib, which would ask a proxy that the environment names.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import http.client as h, os, sys; c = h.HTTPConnection('127.0.0.1', int(os.environ['POLYLECT_PORT']), timeout=2); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["polylect", "serve"]
