"""Asks the web process of this container whether it is ready; the image's HEALTHCHECK. Standard library only."""

from __future__ import annotations

import http.client
import os
import ssl
import sys


def main() -> int:
    """0 when /readyz answers 200."""
    port = int(os.environ.get("ALERTVEIL_HTTP_PORT") or 8080)
    if os.environ.get("ALERTVEIL_HTTP_TLS_CERT"):
        context = ssl.create_default_context()
        context.check_hostname = False  # our own listener, reached by its address; its certificate names the outside
        context.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=4, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/readyz")
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
