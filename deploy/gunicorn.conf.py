"""The web server of a container. Numbers can be set by the environment."""

import multiprocessing
import os

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or min(multiprocessing.cpu_count(), 4))
threads = int(os.environ.get("WEB_THREADS") or 4)
timeout = 60
graceful_timeout = 20
# A worker that grew is replaced; the spread keeps them from going all at once.
max_requests = 5000
max_requests_jitter = 500
# The proxy is the only one that can reach us, and it sets these headers itself.
forwarded_allow_ips = "*"
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm"  # noqa: S108
accesslog = "-"
logger_class = "betterwork.weblog.Logger"  # sealed visits and tokens stay out of it
