"""The file store: limits, types by content, equal content, interrupted uploads and their removal."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from shared.errors import Invalid, NotFound
from shared.storage.files import FileStore, TooLarge, UnsupportedType, disposition, file_store, media_type_of

AT = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
PDF, PNG, JPEG, ZIP = b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"PK\x03\x04"


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


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (PDF, "a.png", "application/pdf"),
        (PNG, "a.pdf", "image/png"),
        (JPEG, "a", "image/jpeg"),
        (ZIP, "a.b.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (ZIP, "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (ZIP, "a.ofd", "application/ofd"),
        (ZIP, "a.zip", "application/zip"),
    ],
)
def test_the_type_of_a_file(head: bytes, name: str, media_type: str) -> None:
    assert media_type_of(head + b"...", name) == media_type


@pytest.mark.parametrize(
    ("head", "name"),
    [(ZIP, "a.pdf"), (ZIP, "a.zipx"), (b"PK", "a.zip"), (b"PDF", "a.pdf"), (b" %PDF-", "a.pdf"), (b"", "a.docx")],
)
def test_other_content_is_refused_whatever_its_name(head: bytes, name: str) -> None:
    with pytest.raises(UnsupportedType):
        media_type_of(head, name)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report-1.2_a.pdf", "attachment; filename=\"report-1.2_a.pdf\"; filename*=UTF-8''report-1.2_a.pdf"),
        ("报 告.pdf", "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E6%8A%A5%20%E5%91%8A.pdf"),
        ('a"\r\n/b', "attachment; filename=\"a____b\"; filename*=UTF-8''a%22%0D%0A%2Fb"),
    ],
)
def test_a_name_in_a_header(name: str, header: str) -> None:
    assert disposition(name) == header


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
