"""Every page of the book is in its summary, and every link of the built book leads somewhere.

Usage: links.py SOURCES BUILT. Addresses of other hosts are not asked: CI stays on its machine.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors of a page, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in ("href", "src") and tag in ("a", "img"):
                self.links.append(value)


def summary_faults(sources: Path) -> list[str]:
    listed = set(re.findall(r"\]\(([^)]+)\)", (sources / "SUMMARY.md").read_text()))
    pages = {str(page.relative_to(sources)) for page in sources.rglob("*.md")} - {"SUMMARY.md"}
    return [f"{page}: SUMMARY.md does not list it" for page in sorted(pages - listed)] + [
        f"SUMMARY.md: lists {page}, which is not there" for page in sorted(listed - pages)
    ]


def link_faults(built: Path) -> tuple[list[str], int]:
    # print.html repeats every page; 404.html and toc.html are mdBook's own.
    own = {"print.html", "404.html", "toc.html"}
    pages = {page: Page(page.read_text()) for page in built.rglob("*.html") if page.name not in own}
    faults, seen = [], 0
    for page, read in sorted(pages.items()):
        for link in read.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            seen += 1
            target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
            if target.is_dir():
                target /= "index.html"
            if target.name in own:
                continue
            if not target.is_file():
                faults.append(f"{page.name}: {link} leads to no file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                faults.append(f"{page.name}: {link} leads to no section")
    return faults, seen


def main(sources: Path, built: Path) -> int:
    faults, seen = link_faults(built.resolve())
    faults += summary_faults(sources)
    for fault in faults:
        print(fault)
    print(f"{seen} links, {len(faults)} faults")
    return 1 if faults or not seen else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
