"""The collection of wire lines, tests/data/quirks.jsonl: what is sent, in which state, and what
must happen then. Each entry says the last in fields, so that nobody has to interpret prose."""

import json
import re

import loka

PATH = loka.ROOT / "tests" / "data" / "quirks.jsonl"
FROM_MINER, FROM_POOL = "miner->pool", "pool->miner"


class Quirk:
    """One entry, as it stands for one mode of the service."""

    def __init__(self, entry, mode):
        self.fields = {**entry, **entry.get(mode, {})}
        self.id = entry["id"]
        self.family = entry["class"]
        self.stage = entry["stage"]
        self.sender = entry["dir"]
        self.setup = entry.get("setup", {})
        self.reply_to = entry.get("reply_to")
        self.pause_seconds = entry.get("pause_ms", 0) / 1000
        self.ends_stream = entry.get("eof", False)
        self.segments = segments_of(entry)

    def __repr__(self):
        return self.id

    def __getattr__(self, name):
        """The prescriptions: then, code, answer_id, …; None where the entry says nothing."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.fields.get(name)

    def lines(self):
        """The whole lines that it holds, without terminators."""
        *whole, _ = b"".join(self.segments).split(b"\n")
        return [line.rstrip(b"\r") for line in whole]


def load(mode):
    """Every entry that says something about this mode."""
    quirks = []
    for text in PATH.read_text(encoding="utf-8").splitlines():
        entry = json.loads(text)
        if entry["mode"] in ("both", mode) or mode in entry:
            quirks.append(Quirk(entry, mode))
    return quirks


def segments_of(entry):
    if "chunks" in entry:
        return [chunk.encode() for chunk in entry["chunks"]]
    if "chunks_hex" in entry:
        return [bytes.fromhex(chunk) for chunk in entry["chunks_hex"]]
    if "gen" in entry:
        gen = entry["gen"]
        body = (gen["prefix"] + gen["fill"] * gen["count"] + gen["suffix"]).encode()
    elif "hex" in entry:
        body = bytes.fromhex(entry["hex"])
    else:
        body = entry["line"].encode()
    return [body + entry.get("eol", "\n").encode()]


def with_ids(segments, pending):
    """The segments with the ids of a pool's answers replaced by those of the requests they answer.

    Different ids stand, in ascending order, for the pending requests in order of sending; their
    form (number, float, string) stays.
    """
    an_id = re.compile(rb'("id"\s*:\s*"?)(\d+)')
    written = sorted({int(found[1]) for found in an_id.findall(b"".join(segments))})
    assert len(written) == len(pending), (written, pending)
    real = {number: str(request).encode() for number, request in zip(written, pending)}
    return [an_id.sub(lambda found: found[1] + real[int(found[2])], segment)
            for segment in segments]
