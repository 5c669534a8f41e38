"""`tenghuan audit`: what it prints, its exit codes, exported checkpoints, and acceptance of an explained change."""

from pathlib import Path
from typing import Any

from shared.sealing.keys import public_keys
from shared.sealing.note import SigningKey
from tests.deploy.operator_commands import invoked, record, rows_of, tenghuan
from tests.funding import case as funding_case
from tests.postgres import LOGINS
from tests.sealing import seal, verify
from tests.world import World

AMOUNT = "UPDATE funding.approval SET award_yuan = award_yuan - 1 WHERE application_id = $1"


async def _approved(world: World) -> str:
    await seal(world)
    await funding_case.appropriate(world)
    application = await funding_case.approved(world)
    await world.settle()
    await seal(world)
    return str(application)


def _key_file(world: World, folder: Path) -> Path:
    path = folder / "public-keys"
    path.write_text("\n".join(str(key) for named in public_keys(world.settings).values() for key in named))
    return path


async def _verify(world: World, folder: Path, *more: object, code: int = 0) -> list[dict[str, Any]]:
    return await rows_of(
        world, "audit", "verify", "--public-key", _key_file(world, folder), "--no-files", *more, code=code
    )


async def test_verify_finds_everything_sound_then_names_what_was_altered(world: World, tmp_path: Path) -> None:
    application = await _approved(world)
    rows = await _verify(world, tmp_path)
    assert [row["fault"] for row in rows] == ["none"] * 4

    await world.database.admin.execute(AMOUNT, application)
    rows = await _verify(world, tmp_path, "--service", "funding", code=3)
    assert [(row["kind"], row["key"], row["fault"]) for row in rows] == [("funding.approval", application, "altered")]
    assert rows[0]["checkpoint"] > 0
    assert (await record(world, "funding"))[-1] == ("audit verify", "check_failed")


async def test_an_exported_checkpoint_and_the_public_key_are_enough(world: World, tmp_path: Path) -> None:
    await _approved(world)
    exported = tmp_path / "2024-03-01.txt"
    done = await tenghuan(world, "audit", "checkpoint", "--service", "funding", "--to", exported)
    assert done.exit_code == 0, done.output
    assert (await tenghuan(world, "audit", "checkpoint", "--service", "funding", "--to", exported)).exit_code == 1
    assert exported.read_text("utf-8").count("tenghuan/funding") == 2
    await _verify(world, tmp_path, "--checkpoint", exported)
    forged = exported.read_text("utf-8").replace("\nmarks", "\nmark", 1)
    exported.write_text(forged, "utf-8")
    rows = await _verify(world, tmp_path, "--checkpoint", exported, code=3)
    assert [row["kind"] for row in rows if row["fault"] != "none"] == ["seal_checkpoint"]


async def test_without_a_public_key_nothing_is_called_sound(world: World) -> None:
    done = await tenghuan(world, "audit", "verify")
    assert done.exit_code == 1
    assert "TENGHUAN_SEAL_PUBLIC_KEYS" in done.output


async def test_an_explained_change_is_accepted_with_its_reason_and_a_later_one_is_not(
    world: World, tmp_path: Path
) -> None:
    application = await _approved(world)
    await world.database.admin.execute(AMOUNT, application)
    keys = {"TENGHUAN_SEAL_PUBLIC_KEYS": str(_key_file(world, tmp_path))}
    accept = ["audit", "accept", f"funding.approval {application}", "--service", "funding", "--reason", "法院裁定更正"]
    wrong = [*accept[:2], "funding.approval nothing", *accept[3:]]
    given = {"TENGHUAN_DATABASE_URL": world.settings.database_url, **LOGINS, **keys}
    assert (await invoked(wrong, given)).exit_code == 1
    done = await invoked(accept, given)
    assert done.exit_code == 0, done.output

    world.instances["funding"].sealer.forget()
    await seal(world, "funding")
    assert (await verify(world, "funding")).faults == []
    await world.database.admin.execute(AMOUNT, application)
    assert len((await verify(world, "funding")).faults) == 1


async def test_a_new_key_is_printed_and_its_public_part_beside_it() -> None:
    done = await invoked(["audit", "keygen", "tenghuan/funding"], {})
    key = SigningKey.read(done.stdout.strip())
    assert str(key.public) in done.stderr
    assert (await invoked(["audit", "keygen", "a b"], {})).exit_code == 2
