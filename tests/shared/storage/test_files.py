"""The file store: limits, types by content, equal content, interrupted uploads and their removal."""

import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from shared.errors import Invalid, NotFound
from shared.storage.file_types import UnsupportedType
from shared.storage.files import FileAltered, FileStore, TooLarge, file_store
from tests.packages import MEMBERS, package

AT = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path.as_uri())


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def stream(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def kept(store: FileStore, *parts: bytes) -> str:
    received = await store.receive(stream(*parts), 1000, AT)
    await store.keep(received)
    return received.sha256


@pytest.mark.parametrize("parts", [(b"x" * 10,), (b"x" * 4, b"x" * 6), (b"x" * 9, b"", b"x")])
async def test_a_file_of_the_limit_is_received_whole(store: FileStore, parts: Sequence[bytes], tmp_path: Path) -> None:
    received = await store.receive(stream(*parts), 10, AT)
    assert (received.sha256, received.size_bytes, received.head) == (
        hashlib.sha256(b"x" * 10).hexdigest(),
        10,
        b"x" * 10,
    )
    assert files(tmp_path) == [received.key]
    assert received.key.startswith("incoming/20240301T020000Z-")


@pytest.mark.parametrize("parts", [(b"x" * 11,), (b"x" * 10, b"x"), ()])
async def test_one_byte_more_and_an_empty_file_leave_nothing(
    store: FileStore, parts: Sequence[bytes], tmp_path: Path
) -> None:
    with pytest.raises(TooLarge if parts else Invalid):
        await store.receive(stream(*parts), 10, AT)
    assert files(tmp_path) == []


async def test_an_upload_that_breaks_off_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.receive(broken(), 10, AT)
    assert files(tmp_path) == []


async def test_the_first_bytes_tell_the_type_however_they_come(store: FileStore) -> None:
    long = b"%PDF-" + b"x" * 5000
    received = await store.receive(stream(long[:2], long[2:]), 10_000, AT)
    assert (received.head, received.size_bytes) == (long[:4096], 5005)


@pytest.mark.parametrize(("size", "said"), [(1024 * 1024 * 3, "3 MB"), (10, "1 MB")])
async def test_the_limit_is_named(store: FileStore, size: int, said: str) -> None:
    with pytest.raises(TooLarge, match=said):
        await store.receive(stream(b"x" * (size + 1)), size, AT)


async def test_equal_content_is_stored_once_and_read_by_its_digest(store: FileStore, tmp_path: Path) -> None:
    first, again, other = await kept(store, b"ab", b"c"), await kept(store, b"abc"), await kept(store, b"abd")
    assert first == again == hashlib.sha256(b"abc").hexdigest()
    assert files(tmp_path) == sorted(f"sha256/{digest[:2]}/{digest}" for digest in (first, other))
    for digest, content in ((first, b"abc"), (other, b"abd")):
        assert b"".join([part async for part in await store.read(digest)]) == content
    with pytest.raises(NotFound):
        await store.read("0" * 64)
    await store.discard("incoming/unknown")


async def test_uploads_that_began_before_the_moment_are_removed(store: FileStore, tmp_path: Path) -> None:
    whole = await kept(store, b"abc")
    left = {late: (await store.receive(stream(b"x"), 10, AT + timedelta(seconds=late))).key for late in (-1, 0, 1)}
    assert await store.sweep(AT) == 1
    assert files(tmp_path) == sorted([left[0], left[1], f"sha256/{whole[:2]}/{whole}"])
    beijing = timezone(timedelta(hours=8))
    assert await store.sweep((AT + timedelta(seconds=1)).astimezone(beijing)) == 1
    assert files(tmp_path) == sorted([left[1], f"sha256/{whole[:2]}/{whole}"])


async def test_an_upload_is_dated_in_utc_wherever_it_begins(store: FileStore) -> None:
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert "20240301T020000Z" in (await store.receive(stream(b"x"), 10, beijing)).key


def test_a_store_is_opened_once(tmp_path: Path) -> None:
    assert file_store(tmp_path.as_uri()) is file_store(tmp_path.as_uri())
    assert file_store((tmp_path / "a").as_uri()) is not file_store((tmp_path / "b").as_uri())


async def test_the_type_is_read_from_the_stored_content(store: FileStore) -> None:
    sheet = package(*MEMBERS["xlsx"], *(f"xl/{number}.xml" for number in range(3000)))
    received = await store.receive(stream(sheet), 10**6, AT)
    assert await store.media_type(received) == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    with pytest.raises(UnsupportedType):
        await store.media_type(await store.receive(stream(b"<html>"), 100, AT))


def modes(folder: Path) -> set[str]:
    return {f"{path.stat().st_mode & 0o7777:o} {'file' if path.is_file() else 'folder'}" for path in folder.rglob("*")}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
async def test_only_the_owner_reads_files_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    (tmp_path / "files").mkdir(mode=0o755)
    before = os.umask(mask & 0o077)
    try:
        for folder in (tmp_path / "files", tmp_path / "new" / "files"):
            store = FileStore(folder.as_uri())
            await kept(store, b"abc")
            await store.receive(stream(b"abc"), 10, AT)
            assert folder.stat().st_mode & 0o7777 == 0o700
            assert modes(folder) == {"600 file", "700 folder"}
    finally:
        os.umask(before)


SIZES = {"small": 10_000, "large": 5 * 1024 * 1024}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_content_that_was_changed_in_the_store_never_goes_out_whole(
    store: FileStore, tmp_path: Path, size: int
) -> None:
    received = await store.receive(stream(b"%PDF-" + bytes(size)), 10 * size, AT)
    await store.keep(received)
    assert await store.is_intact(received.sha256)
    path = tmp_path / "files" / "sha256" / received.sha256[:2] / received.sha256
    path = path if path.exists() else tmp_path / "sha256" / received.sha256[:2] / received.sha256
    path.chmod(0o600)
    path.write_bytes(b"%PDF-" + bytes(size - 1) + b"x")

    sent: list[int] = []
    with pytest.raises(FileAltered):
        await counted(store, received.sha256, sent)
    assert sum(sent) < size + 5 if size > SIZES["small"] else sent == []
    assert await store.is_intact(received.sha256) is False
    path.unlink()
    assert await store.is_intact(received.sha256) is None


async def counted(store: FileStore, sha256: str, sent: list[int]) -> None:
    async for chunk in await store.read(sha256):
        sent.append(len(chunk))
