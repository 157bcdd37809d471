"""A mirror of the publishers of services, on loopback, for trying `mastery services fetch`.

    mirror.py build CACHE MIRROR [--postgres JAR]
        packs a filled cache (kafka/V/libs, jre/V, postgres/V) as its publishers do: Apache's release
        and its .sha512, Adoptium's answer and archive, Maven's artifacts. With --postgres the jar
        from Maven is taken as it is.
    mirror.py serve MIRROR
        serves the folder on a port that the system chose, prints the address, runs until ended.
"""

import argparse
import contextlib
import functools
import hashlib
import http.server
import io
import json
import lzma
import pathlib
import platform
import re
import shutil
import sys
import tarfile
import urllib.parse
import zipfile

ARM = platform.machine() in ("aarch64", "arm64")
MAC = sys.platform == "darwin"
ZONKY = f"embedded-postgres-binaries-{'darwin' if MAC else 'linux'}-{'arm64v8' if ARM else 'amd64'}"


def hashed(path, kind):
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def with_sha512(path):
    path.with_name(path.name + ".sha512").write_text(f"{hashed(path, 'sha512')}  {path.name}\n")


def newest(cache, part):
    versions = [folder for folder in (cache / part).iterdir() if folder.name[:1].isdigit()]
    if not versions:
        sys.exit(f"{cache / part} holds no version")
    return max(versions, key=lambda folder: [int(digits) for digits in re.findall(r"\d+", folder.name)])


def at(mirror, below):
    path = mirror / below
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def kafka(cache, mirror):
    folder = newest(cache, "kafka")
    top = f"kafka_2.13-{folder.name}"
    path = at(mirror, f"apache/kafka/{folder.name}/{top}.tgz")
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for jar in sorted((folder / "libs").glob("*.jar")):
            logger = re.fullmatch(r"slf4j-simple-(.+)\.jar", jar.name)
            if logger:
                version = logger.group(1)
                shutil.copy(jar, at(mirror, f"maven/org/slf4j/slf4j-simple/{version}/{jar.name}"))
            else:
                tar.add(jar, f"{top}/libs/{jar.name}")
    # As Apache writes it: the name, then groups of digits over several lines.
    groups = re.findall("........", hashed(path, "sha512").upper())
    lines = [" ".join(groups[:8]), " ".join(groups[8:])]
    gap = "\n" + " " * (len(path.name) + 2)
    path.with_name(path.name + ".sha512").write_text(f"{path.name}: {gap.join(lines)}\n")


def jre(cache, mirror):
    folder = newest(cache, "jre")
    name = f"OpenJDK25U-jre_{folder.name}.tar.gz"
    below = f"adoptium/temurin25-binaries/releases/download/{name}"
    path = at(mirror, f"adoptium/{below}")
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        tar.add(folder, f"jdk-{folder.name}-jre")
    package = {
        "checksum": hashed(path, "sha256"),
        "link": f"https://binaries.example/{below}",  # a mirror's address takes the place of the host
        "name": name,
        "size": path.stat().st_size,
    }
    answer = [{"release_name": f"jdk-{folder.name}", "binary": {"package": package}}]
    at(mirror, "adoptium/v3/assets/latest/25/hotspot").write_text(json.dumps(answer))


def postgres(cache, mirror, jar):
    version = newest(cache, "postgres").name if jar is None else jar.stem.removeprefix(ZONKY + "-")
    release = version if version.count(".") == 2 else f"{version}.0"
    base = f"maven/io/zonky/test/postgres/{ZONKY}"
    path = at(mirror, f"{base}/{release}/{ZONKY}-{release}.jar")
    if jar is None:
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as packed:
            for child in sorted((cache / "postgres" / version).iterdir()):
                packed.add(child, child.name)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("postgres.txz", lzma.compress(tar.getvalue(), preset=0))
    else:
        shutil.copy(jar, path)
    with_sha512(path)
    listed = f"<metadata><versioning><versions><version>{release}</version></versions></versioning></metadata>"
    (mirror / base / "maven-metadata.xml").write_text(listed)


class Serving(http.server.SimpleHTTPRequestHandler):
    """Files, whole or from an offset on, which is all that going on with a download needs."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body):
        path = pathlib.Path(self.translate_path(urllib.parse.urlsplit(self.path).path))
        if not path.is_file():
            self.send_error(404)
            return
        size = path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted.group(1)) if wanted else 0
        if start and start >= size:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        if with_body:
            with path.open("rb") as file, contextlib.suppress(ConnectionError):  # who asked may go
                file.seek(start)
                shutil.copyfileobj(file, self.wfile)


def serve(mirror):
    serving = functools.partial(Serving, directory=str(mirror))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("cache", type=pathlib.Path)
    building.add_argument("mirror", type=pathlib.Path)
    building.add_argument("--postgres", type=pathlib.Path, metavar="JAR")
    serving = commands.add_parser("serve")
    serving.add_argument("mirror", type=pathlib.Path)
    args = parser.parse_args()
    if args.command == "build":
        kafka(args.cache, args.mirror)
        jre(args.cache, args.mirror)
        postgres(args.cache, args.mirror, args.postgres)
    else:
        serve(args.mirror)


if __name__ == "__main__":
    main()
