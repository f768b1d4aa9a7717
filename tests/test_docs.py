"""What the documents say is so: generated pages are fresh, links lead somewhere, names in them exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
_FILE = re.compile(r"`((?:collector|otel_errors|docs|proto|examples|benchmarks|tests)/[\w./]+)`")


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "cli.md", "metrics.md"])
def test_a_generated_page_is_fresh(page: str) -> None:
    """`make docs` writes it again."""
    assert (ROOT / "docs" / page).read_text() == generator().PAGES[page]()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_file_names_in_documents_exist(document: Path) -> None:
    text = document.read_text()

    missing = [link for link in _LINK.findall(text) if not (document.parent / link).exists()]
    missing += [name for name in _FILE.findall(text) if not (ROOT / name).exists()]

    assert not missing
