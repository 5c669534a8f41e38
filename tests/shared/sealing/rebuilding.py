"""Rebuild a service's seals after an alteration, as an administrator of its database can."""

from services import load
from shared.sealing.keys import signing_key
from shared.sealing.leaves import hash_of
from shared.sealing.merkle import CompactRange
from shared.sealing.note import Checkpoint
from shared.sealing.reading import last_leaves, layouts, rows_by_key
from tests.world import World


async def forge_leaf(world: World, kind: str, key: str) -> None:
    """Give the newest leaf of a record the hash of the record as it is now."""
    schema = kind.partition(".")[0]
    admin = world.database.admin
    await admin.execute("SET timezone TO 'UTC'")
    known = {number: each for number, each in (await layouts(admin, schema)).items() if each.kind == kind}
    leaf = (await last_leaves(admin, schema, known, [key]))[key]
    layout = known[leaf.layout]
    (row,) = await rows_by_key(admin, load(schema).seals.by_kind()[kind], layout, [key])
    hashed = hash_of(row, layout.personal, leaf.digests, leaf.rests_on)
    await admin.execute(f"UPDATE {schema}.seal_leaf SET hash = $1 WHERE tree_index = $2", hashed, leaf.index)


async def rebuild_tree(world: World, service: str) -> None:
    """Compute every checkpoint again from the stored leaves and sign it with the service's own key."""
    key, admin = signing_key(world.settings, service), world.database.admin
    assert key is not None
    hashes = [row["hash"] for row in await admin.fetch(f"SELECT hash FROM {service}.seal_leaf ORDER BY tree_index")]
    for row in await admin.fetch(f"SELECT size, note FROM {service}.seal_checkpoint"):
        tree = CompactRange()
        for hashed in hashes[: row["size"]]:
            tree.append(hashed)
        extra = Checkpoint.read(row["note"].partition("\n\n")[0] + "\n").extra
        note = key.sign(Checkpoint(key.name, tree.size, tree.root(), extra).text())
        await admin.execute(
            f"UPDATE {service}.seal_checkpoint SET root = $1, subtrees = $2, note = $3 WHERE size = $4",
            tree.root(), tree.roots, note, tree.size,
        )  # fmt: skip
