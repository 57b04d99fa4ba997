# The service with its embedded backbone. Non-root; nothing is written but the model's cache.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY agents agents
COPY prompts prompts
COPY service service
RUN python -m venv /opt/polylect \
 && /opt/polylect/bin/pip install --no-cache-dir -c constraints.txt '.[embedded,redis,otel]' \
 && POLYLECT_CACHE_DIR=/opt/models /opt/polylect/bin/python -m service.embedded path

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home polylect
COPY --from=build /opt/polylect /opt/polylect
COPY --from=build /opt/models /opt/models
ENV PATH=/opt/polylect/bin:$PATH POLYLECT_CACHE_DIR=/opt/models PYTHONUNBUFFERED=1
USER polylect
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# It listens on loopback alone until it has keys. With them:
#   docker run -p 8000:8000 -v ./keys.json:/keys.json:ro -e POLYLECT_KEYS_FILE=/keys.json -e POLYLECT_HOST=0.0.0.0 …
CMD ["polylect", "serve"]
