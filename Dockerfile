# chuviet serve in a container: docker build -t chuviet . && docker run --read-only -p 127.0.0.1:8000:8000 chuviet
# Its options go behind the image's name. compose.yaml has the limits of a deployment; docs/serve.md explains both.

FROM debian:trixie-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml requirements.txt hatch_build.py README.md LICENSE ./
COPY src src
COPY web/engine web/engine
COPY weights weights
# The pinned versions, their hashes checked by uv; the compiled search needs gcc, which stays in this stage, as uv does.
RUN python3 -m venv /uv \
    && awk '/^uv==/, !/\\$/' requirements.txt > uv.txt \
    && /uv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r uv.txt \
    && python3 -m venv --without-pip /app \
    && /uv/bin/uv pip install --no-cache --compile-bytecode --python /app/bin/python \
       --constraints requirements.txt --build-constraints requirements.txt '.[serve]'

FROM debian:trixie-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
# Nobody's number rather than a name: Kubernetes' runAsNonRoot wants one. No file is written, so there is no home.
USER 65532:65532
WORKDIR /
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["/app/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/bin/chuviet", "serve", "--host", "0.0.0.0"]
