# The suite without its own tests. For a load: --build-arg REQUIREMENTS=requirements-load.txt
FROM python:3.13.5-slim-bookworm@sha256:4c2cf9917bd1cbacc5e9b07320025bdb7cdf2df7b0ceaccb55e9dd7e30987419 AS packages
ARG REQUIREMENTS=requirements.txt
COPY ${REQUIREMENTS} /tmp/requirements.txt
RUN python -m venv /opt/suite \
    && /opt/suite/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /tmp/requirements.txt

FROM python:3.13.5-slim-bookworm@sha256:4c2cf9917bd1cbacc5e9b07320025bdb7cdf2df7b0ceaccb55e9dd7e30987419
RUN groupadd --gid 10001 suite \
    && useradd --uid 10001 --gid suite --home-dir /suite --no-create-home --shell /usr/sbin/nologin suite \
    && mkdir /data /reports \
    && chown suite:suite /data /reports
COPY --from=packages /opt/suite /opt/suite
COPY . /suite
WORKDIR /suite
ENV PATH=/opt/suite/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATE_DIR=/data \
    REPORTS_DIR=/reports
RUN python -m compileall -q features steps support environment.py
USER 10001:10001
VOLUME ["/data", "/reports"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "behave"]
CMD ["--tags=@contract"]
