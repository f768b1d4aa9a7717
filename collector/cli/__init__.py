"""The commands: one file each. `app.py` puts them together; `otel-errors` runs `main`."""

from collector.cli.app import main

__all__ = ["main"]
