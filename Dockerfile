# The dev server in a container: docker build -t zuora-simulator . && docker run --rm -p 8620:8620 zuora-simulator
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY simulator simulator
COPY scenarios scenarios
RUN python -m venv /opt/simulator && /opt/simulator/bin/python -m pip install --no-cache-dir --quiet .

FROM python:3.13-slim
COPY --from=build /opt/simulator /opt/simulator
RUN useradd --system --uid 10001 --create-home --home-dir /data simulator
# A state file and the development authority live here, where a volume may be mounted.
WORKDIR /data
USER simulator
# Options are given as environment variables, so that the health check finds the server by the same ones.
ENV PATH=/opt/simulator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ZUORA_SIMULATOR_HOST=0.0.0.0 \
    ZUORA_SIMULATOR_PORT=8620
EXPOSE 8620
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["zuora-simulator", "health"]
ENTRYPOINT ["zuora-simulator"]
CMD ["serve"]
