# syntax=docker/dockerfile:1
#
# One image for every process: `alertveil migrate | web | worker | beat`. Locked versions by hash and from wheels only,
# so no compiler is ever in it; no pip either once it is built; an ordinary user; nothing written outside volumes.
# LOCK=demo.lock adds the local receivers of the demo.

ARG PYTHON=3.11-slim-bookworm
FROM python:${PYTHON} AS build
ARG LOCK=runtime.lock
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv --without-pip /opt/alertveil \
 && pip install --no-cache-dir --require-hashes --only-binary :all: --target /opt/uv -r requirements/uv.lock.txt \
 && /opt/uv/bin/uv pip sync --no-cache --python /opt/alertveil/bin/python \
      --require-hashes --only-binary :all: "requirements/${LOCK}"
COPY pyproject.toml README.md LICENSE /opt/alertveil/app/
COPY channels/ /opt/alertveil/app/channels/
COPY router/ /opt/alertveil/app/router/
COPY alembic/ /opt/alertveil/app/alembic/
COPY tools/healthcheck.py /opt/alertveil/app/healthcheck.py
RUN /opt/uv/bin/uv pip install --no-cache --python /opt/alertveil/bin/python \
      --no-deps --build-constraints requirements/build.lock --editable /opt/alertveil/app \
 && /opt/alertveil/bin/python -m compileall -q /opt/alertveil

FROM python:${PYTHON}
RUN pip uninstall --yes --quiet --root-user-action ignore pip \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin alertveil \
 && install -d -o alertveil -g alertveil -m 0700 /data /keys /demo
COPY --from=build /opt/alertveil /opt/alertveil
ENV PATH=/opt/alertveil/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    ALERTVEIL_DATA_DIR=/data \
    ALERTVEIL_KEYSTORE=/keys/keystore.json
USER 10001:10001
WORKDIR /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "/opt/alertveil/app/healthcheck.py"]
ENTRYPOINT ["alertveil"]
CMD ["web"]
