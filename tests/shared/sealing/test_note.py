"""Signed notes: the example of the specification, every damage to a note, and keys that are read and rotated."""

from base64 import b64encode
from pathlib import Path

import pytest

from shared.sealing.note import (
    Checkpoint,
    NotSigned,
    PublicKey,
    SigningKey,
    UnreadableNote,
    keys_by_name,
    lines_of,
    open_checkpoint,
)

# Keys, note and signature of the documentation of golang.org/x/mod/sumdb/note, whose form C2SP specifies.
PUBLISHED_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLISHED_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED_SIGNATURE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

KEY = SigningKey.new("tenghuan/intake")
CHECKPOINT = Checkpoint("tenghuan/intake", 7, bytes(range(32)), ("at 2024-03-01T02:00:00+00:00",))
NOTE = KEY.sign(CHECKPOINT.text())
KEYS = keys_by_name([KEY.public])


def test_a_note_has_the_published_form() -> None:
    key = SigningKey.read(PUBLISHED_PRIVATE)
    assert str(key.public) == PUBLISHED_PUBLIC
    assert key.sign(PUBLISHED_TEXT) == f"{PUBLISHED_TEXT}\n{PUBLISHED_SIGNATURE}"


def test_a_signed_checkpoint_opens() -> None:
    assert open_checkpoint(NOTE, KEYS) == CHECKPOINT


def test_no_bit_of_the_text_can_be_changed() -> None:
    text, _, signature = NOTE.partition("\n\n")
    for place in range(len(text)):
        damaged = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        with pytest.raises((NotSigned, UnreadableNote)):
            open_checkpoint(f"{damaged}\n\n{signature}", KEYS)


def test_a_signature_by_another_key_of_the_same_name_does_not_count() -> None:
    stranger = SigningKey.new(KEY.name)
    with pytest.raises(NotSigned):
        open_checkpoint(stranger.sign(CHECKPOINT.text()), KEYS)


def test_a_signature_by_a_known_key_of_another_origin_does_not_count() -> None:
    other = SigningKey.new("tenghuan/funding")
    with pytest.raises(NotSigned):
        open_checkpoint(other.sign(CHECKPOINT.text()), keys_by_name([KEY.public, other.public]))


def test_one_of_several_signatures_suffices() -> None:
    other = SigningKey.new("tenghuan/funding").sign(CHECKPOINT.text()).partition("\n\n")[2]
    text, _, own = NOTE.partition("\n\n")
    assert open_checkpoint(f"{text}\n\n{other}{own}", KEYS) == CHECKPOINT


def test_after_a_rotation_notes_of_both_keys_open() -> None:
    fresh = SigningKey.new(KEY.name)
    keys = keys_by_name([KEY.public, fresh.public])
    assert open_checkpoint(NOTE, keys) == open_checkpoint(fresh.sign(CHECKPOINT.text()), keys)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "no checkpoint",
        KEY.sign("only an origin\n"),
        KEY.sign("tenghuan/intake\nseven\nAAAA\n"),
        KEY.sign("tenghuan/intake\n7\nAAAA\n"),
        KEY.sign(f"tenghuan/intake\n-7\n{b64encode(bytes(32)).decode()}\n"),
        KEY.sign(f"tenghuan/intake\n07\n{b64encode(bytes(32)).decode()}\n"),
    ],
)
def test_a_note_of_another_form_is_unreadable(note: str) -> None:
    with pytest.raises(UnreadableNote):
        open_checkpoint(note, KEYS)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AQ==", PUBLISHED_PUBLIC.replace("c74f20a3", "c74f20a4")])
def test_a_damaged_public_key_is_refused(text: str) -> None:
    with pytest.raises(UnreadableNote):
        PublicKey.read(text)


@pytest.mark.parametrize("text", ["", PUBLISHED_PUBLIC, PUBLISHED_PRIVATE.replace("c74f20a3", "c74f20a4")])
def test_a_damaged_private_key_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(UnreadableNote) as raised:
        SigningKey.read(text)
    assert "AYEK" not in str(raised.value)


@pytest.mark.parametrize("name", ["", "a b", "a+b"])
def test_a_name_that_a_note_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(UnreadableNote):
        SigningKey.new(name)


def test_keys_are_read_from_a_text_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# keys of the suite\n{KEY.public}\n\n")
    assert lines_of(str(path)) == lines_of(f"{KEY.public}\n") == [str(KEY.public)]
    assert lines_of("") == []
    assert SigningKey.read(KEY.text()) == KEY
