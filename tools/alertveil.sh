#!/bin/sh
# `alertveil` inside the image, where the project lies beside its packages and is not installed among them.
exec /opt/alertveil/bin/python -c 'import sys; from router.cli import main; sys.exit(main())' "$@"
