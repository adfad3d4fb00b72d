"""Downloads and unpacks libtorch archives for the set-up scripts.

    archive.py download URL FILE       an archive over HTTP(S), proxies as the environment says
    archive.py unpack ARCHIVE FOLDER   the lib, include and share of a torch wheel or libtorch zip

Writes one JSON object a line to standard output: {"done", "total"} in bytes while it works, then
{"result": ...} or {"error": ..., "kind": "archive" | "disk" | "network"}.
"""

import base64
import csv
import errno
import hashlib
import http.client
import io
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
import zipfile

CHUNK = 1 << 20
PARTS = ("lib", "include", "share")


class ArchiveError(Exception):
    pass


def say(**fields):
    print(json.dumps(fields), flush=True)


class Progress:
    def __init__(self, total):
        self.done, self.total, self.next = 0, total, 0.0

    def add(self, count):
        self.done += count
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + 0.2
            say(done=self.done, total=self.total)


def download(url, file):
    with urllib.request.urlopen(url, timeout=60) as response, open(file, "wb") as out:
        length = response.headers.get("Content-Length")
        progress = Progress(int(length) if length else None)
        while chunk := response.read(CHUNK):
            out.write(chunk)
            progress.add(len(chunk))
        if progress.total is not None and progress.done != progress.total:
            raise http.client.IncompleteRead(b"", progress.total - progress.done)
    return {"bytes": progress.done}


def wheel_hashes(archive, names):
    """The sha256 of each file as the wheel's RECORD has it; None for a zip that is no wheel."""
    records = [name for name in names if re.fullmatch(r"torch-[^/]+\.dist-info/RECORD", name)]
    if not records:
        return None
    rows = csv.reader(io.StringIO(archive.read(records[0]).decode("utf-8")))
    return {row[0]: row[1] for row in rows if row and row[1].startswith("sha256=")}


def version_of(archive, names, root):
    for name in names:
        wheel = re.fullmatch(r"torch-([^/]+)\.dist-info/RECORD", name)
        if wheel:
            return wheel.group(1)
    if root + "build-version" in names:
        return archive.read(root + "build-version").decode().strip()
    raise ArchiveError("it tells no version: neither a torch wheel nor a libtorch zip")


def root_of(names):
    for root in ("torch/", "libtorch/"):
        if root + "lib/libtorch_cpu.so" in names:
            return root
    raise ArchiveError("it holds no lib/libtorch_cpu.so: neither a torch wheel nor a libtorch zip")


def unpack(path, folder):
    with zipfile.ZipFile(path) as archive:
        infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        root = root_of(infos)
        version = version_of(archive, infos, root)
        hashes = wheel_hashes(archive, infos)
        if hashes is not None and root + "lib/libtorch_cuda.so" in infos:
            raise ArchiveError(
                "it is a CUDA wheel, whose CUDA libraries are wheels of their own; "
                "use the libtorch zip (setup --cuda), or install the wheel with pip and set LIBTORCH"
            )
        wanted = [name for name in infos if name.startswith(tuple(root + part + "/" for part in PARTS))]
        progress = Progress(sum(infos[name].file_size for name in wanted))
        for name in wanted:
            extract(archive, name, os.path.join(folder, name[len(root) :]), hashes, progress)
    with open(os.path.join(folder, "build-version"), "w") as out:
        out.write(version + "\n")
    return {"version": version, "files": len(wanted), "bytes": progress.total}


def extract(archive, name, target, hashes, progress):
    if ".." in name.split("/"):
        raise ArchiveError(f"{name} points out of the archive")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    digest = hashlib.sha256()
    with archive.open(name) as source, open(target, "wb") as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
            progress.add(len(chunk))
    if hashes is not None:
        encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        if hashes.get(name) != "sha256=" + encoded:
            raise ArchiveError(f"{name} does not have the checksum in the wheel's RECORD")


def main(command, source, target):
    try:
        say(result={"download": download, "unpack": unpack}[command](source, target))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ArchiveError) as error:
        say(error=str(error), kind="archive")
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
        say(error=str(getattr(error, "reason", None) or error), kind="network",
            status=getattr(error, "code", None))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        say(error=str(error), kind="disk" if full else "network" if command == "download" else "archive")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
