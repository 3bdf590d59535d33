"""The demo's inbox: local receivers for all four channels, and a page with what came in beside what went out."""
