"""The ASGI side: parse, call one flow, show."""
