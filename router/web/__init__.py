"""The ASGI side: ingest, REST API, pages. Parse, call one flow, show."""
