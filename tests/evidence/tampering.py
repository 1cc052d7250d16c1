"""Random tampering with a store of past audits: each kind that the evidence must reveal."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from backup_auditor.record.writing import SEAL, SEAL_END, digest

__all__ = ["Random", "resealed", "tamper"]

Pieces = dict[str, bytes]


def tamper(pieces: Pieces, random: Random) -> str:
    """Change ``pieces`` in one way; say which."""
    return random.choice(_WAYS)(pieces, random)


def resealed(link: bytes, old: bytes, new: bytes) -> bytes:
    """Return a link that was changed, with a seal that fits."""
    lines = link.rpartition(SEAL)[0].replace(old, new)
    return lines + SEAL + digest(lines).encode() + SEAL_END


def _byte(pieces: Pieces, random: Random) -> str:
    key = random.choice(sorted(pieces))
    data = bytearray(pieces[key])
    at = random.randrange(len(data))
    data[at] ^= random.randrange(1, 256)
    pieces[key] = bytes(data)
    return f"byte {at} of {key}"


def _cut(pieces: Pieces, random: Random) -> str:
    key = random.choice(sorted(pieces))
    at = random.randrange(len(pieces[key]))
    pieces[key] = pieces[key][:at]
    return f"cut {key} at {at}"


def _file(pieces: Pieces, random: Random) -> str:
    key = random.choice(sorted(pieces))
    del pieces[key]
    return f"removed {key}"


def _folder(pieces: Pieces, random: Random) -> str:
    """Remove a run, with its link or without."""
    folder = random.choice(_folders(pieces))
    link = _link_of(pieces, folder)
    for key in [key for key in pieces if key.startswith(folder)]:
        del pieces[key]
    if random.random() < 0.5:
        del pieces[link]
    return f"removed {folder}"


def _swap_days(pieces: Pieces, random: Random) -> str:
    """Swap the files of two days, or their links, or both."""
    one, other = random.sample(_folders(pieces), 2)
    links = _link_of(pieces, one), _link_of(pieces, other)
    what = random.choice(["files", "links", "both"])
    if what != "links":
        for file in ("record.json.xz", "evidence.jsonl.bz2", "receipts/slack.json"):
            _swap(pieces, one + file, other + file)
    if what != "files":
        _swap(pieces, *links)
    return f"swapped {what} of {one} and {other}"


def _swap_files(pieces: Pieces, random: Random) -> str:
    while True:
        one, other = random.sample(sorted(pieces), 2)
        if pieces[one] != pieces[other]:
            _swap(pieces, one, other)
            return f"swapped {one} and {other}"


def _add(pieces: Pieces, random: Random) -> str:
    """Add a copy of a record, or of a whole run, under a run of another name."""
    folder = random.choice(_folders(pieces))
    name = "".join(random.choices("0123456789abcdef", k=8))
    forged = f"{folder.rpartition('/')[0].rpartition('/')[0]}/20261105T060000Z-{name}/"
    copied = [key for key in pieces if key.startswith(folder)]
    if random.random() < 0.5:
        copied = [folder + "record.json.xz"]
    for key in copied:
        pieces[forged + key.removeprefix(folder)] = pieces[key]
    return f"added {forged}"


def _add_link(pieces: Pieces, random: Random) -> str:
    """Add a copy of a link under the next number."""
    links = sorted(key for key in pieces if key.startswith("chain/"))
    added = f"{links[0].rpartition('/')[0]}/{len(links) + 1:08}.json"
    pieces[added] = pieces[random.choice(links)]
    return f"added {added}"


def _forge_link(pieces: Pieces, random: Random) -> str:
    """Write a digest in a link anew, and seal it."""
    link = random.choice(sorted(key for key in pieces if key.startswith("chain/")))
    old = pieces[link].split(b'"record.json.xz": "')[1][:71]
    forged = b"sha256:" + bytes(random.choices(b"0123456789abcdef", k=64))
    pieces[link] = resealed(pieces[link], old, forged)
    return f"forged {link}"


_WAYS: tuple[Callable[[Pieces, Random], str], ...] = (
    _byte,
    _byte,
    _cut,
    _file,
    _folder,
    _swap_days,
    _swap_files,
    _add,
    _add_link,
    _forge_link,
)


def _folders(pieces: Pieces) -> list[str]:
    return sorted(
        key.removesuffix("record.json.xz") for key in pieces if key.endswith("/record.json.xz")
    )


def _link_of(pieces: Pieces, folder: str) -> str:
    run = folder.split("/")[-2].encode()
    return next(key for key in pieces if key.startswith("chain/") and run in pieces[key])


def _swap(pieces: Pieces, one: str, other: str) -> None:
    pieces[one], pieces[other] = pieces[other], pieces[one]
