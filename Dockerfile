# syntax=docker/dockerfile:1
# Two stages: pip and its caches stay in the first. The image holds no test package, no test and no embedded server.

FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /venv
COPY requirements.txt .
RUN sed '/^# Tests and debugging/,$d' requirements.txt > product.txt \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r product.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/var/lib/socialgraph \
    STATIC_ROOT=/app/staticfiles
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin socialgraph \
    && install -d -o socialgraph -g socialgraph /var/lib/socialgraph /var/lib/socialgraph/media
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# The settings refuse to load without these; nothing of it stays in the image, and no server is asked.
RUN SECRET_KEY=only-to-collect-the-static-files-at-build-time-and-never-used \
    ALLOWED_HOSTS=localhost DATABASE_URL=postgres://localhost/unused REDIS_URL=redis://localhost \
    python manage.py collectstatic --noinput \
    && python -m compileall -q /app
USER socialgraph
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "--workers", "2", \
     "--blocking-threads", "4", "--respawn-failed-workers", "--backlog", "4096", "--backpressure", "8192", \
     "socialgraph.wsgi:application"]
