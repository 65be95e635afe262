"""The health check of a container: exit 0 if the address answers 200.

Speaks to the process itself, past the proxy, so it says what the proxy would say: the first of the
allowed hosts, and that the outer connection is encrypted.
"""

import os
import sys
import urllib.request

host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip() or "127.0.0.1"
request = urllib.request.Request(  # noqa: S310 - the address is given in docker-compose.yml
    sys.argv[1], headers={"Host": host.lstrip("."), "X-Forwarded-Proto": "https"}
)
try:
    with urllib.request.urlopen(request, timeout=8) as answer:  # noqa: S310
        sys.exit(0 if answer.status == 200 else 1)
except OSError as error:
    sys.exit(f"not ready: {error}")
