"""Every file of a corpus, of whatever system, is imported without writing and audited: each part of it comes to a named end.

    formats.py FOLDER

The format of a file is the beginning of its name, up to a hyphen; what is in a folder `malformed` is read as every format.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

CHANCERY = os.environ["CHANCERY"]
FORMATS = ["keycloak", "rfc7591", "hydra", "authelia", "auth0", "csv"]


def run(*arguments):
    """What a command says. It may refuse clients (1) or the format that it is told (2), and nothing worse."""
    done = subprocess.run([CHANCERY, *arguments], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode not in (0, 1, 2) or "panicked" in done.stderr:
        sys.exit(f"{arguments}: status {done.returncode}\n{done.stderr}")
    return done


def told(file, format, registry):
    """How many clients of a file came to which end; a file of no use is a sentence and what to do."""
    imported = run("--registry", registry, "import", "--dry-run", "--json", "--format", format, str(file))
    if imported.returncode == 2:
        audited = run("audit", "--input", str(file), "--input-format", format, "--format", "json")
        if audited.returncode != 2 or "looks like" not in imported.stderr or "looks like" not in audited.stderr:
            sys.exit(f"{file} as {format}: it is not said what it looks like:\n{imported.stderr}\n{audited.stderr}")
        return {}
    counts = json.loads(imported.stdout)["counts"]
    if sum(counts.values()) == 0 and len(imported.stderr.strip().splitlines()) < 2:
        sys.exit(f"{file} as {format}: nothing came of it, and nothing was said:\n{imported.stderr}")
    audited = run("audit", "--input", str(file), "--input-format", format, "--format", "json")
    if audited.stdout.strip():
        report = json.loads(audited.stdout)
        judged, unread = report["clients"], report["unreadable_count"] + report["not_clients_count"]
        # Of two clients of one identifier an import takes the first, and an audit judges both.
        ends = sum(counts.values())
        if judged + unread != ends:
            sys.exit(f"{file} as {format}: {judged} judged and {unread} not, of {ends} that the import tells")
    elif imported.returncode == 0 and sum(counts.values()) > 0:
        sys.exit(f"{file} as {format}: imported and not audited:\n{audited.stderr}")
    return counts


def main():
    corpus = pathlib.Path(sys.argv[1])
    total = {}
    files = 0
    with tempfile.TemporaryDirectory() as folder:
        registry = str(pathlib.Path(folder) / "none.chancery")
        for file in sorted(corpus.iterdir()):
            format = file.name.split("-")[0]
            if format in FORMATS:
                files += 1
                counts = told(file, format, registry)
                if not counts:
                    sys.exit(f"{file} is refused as {format}")
                for end, count in counts.items():
                    total[end] = total.get(end, 0) + count
        for file in sorted(corpus.glob("malformed/*")):
            for format in FORMATS:
                told(file, format, registry)
    ends = ", ".join(f"{count} {end}" for end, count in total.items())
    print(f"{files} files: {ends}")
    if files == 0:
        sys.exit(f"{corpus} has no file whose name begins with a format")


main()
