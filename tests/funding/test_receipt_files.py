"""Files of treasury receipts as a spreadsheet writes them; every bad row is named. 三（二）"""

import pytest

from tests.funding.case import paid
from tests.funding.test_receipts import BOOK, lines
from tests.world import World

pytestmark = pytest.mark.clause("三（二）")

FILES = {
    "UTF-8 with a mark": lambda text: "\ufeff".encode() + text.encode(),
    "GBK of a Chinese spreadsheet": lambda text: text.encode("gb18030"),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_is_read_as_a_spreadsheet_wrote_it(world: World, name: str) -> None:
    case, order = await paid(world)
    line = order["items"][0]
    text = (
        "支付凭证号,支付申请号,序号,账号,金额,支付结果,支付日期,备注\r\n"
        f'\'00123,{line["order_no"]},1,\t{line["account_no"]},"10,000,000.00",成功,2024/3/1,\r\n,,,,,,,\r\n'
    )
    content = FILES[name](text)
    for verdict in ("matched", "unchanged"):
        answer = await world.clients["funding"].post(
            f"{BOOK}:importFile", content=content, headers=headers(world, f"{name}-{verdict}")
        )
        assert answer.status_code == 201, answer.text
        (row,) = answer.json()["rows"]
        assert (row["verdict"], row["receipt"]["voucher_no"]) == (verdict, "00123")
    assert await lines(world, case) == [("paid", "2024-03-01")]


BAD_FILES = {
    "no rows": ("凭证号,金额,结果,日期\n", "/body", "没有内容"),
    "a heading missing": ("凭证号,金额,日期\n1,2.00,2024-03-01\n", "/body", "支付结果"),
}


async def test_a_file_that_cannot_be_read_names_every_bad_row(world: World) -> None:
    text = "凭证号,金额,结果,日期\n1,2.00,成功,2024-03-01\n2,2.001,成功,39629\n3,,也许,2024-03-01\n"
    answer = await world.clients["funding"].post(
        f"{BOOK}:importFile", content=text.encode(), headers=headers(world, "bad")
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "receipts_refused")
    found = [(row["row"], row["detail"].split("：")[0]) for row in answer.json()["rows"]]
    assert found == [(2, "金额（元）"), (2, "支付日期"), (3, "金额（元）"), (3, "支付结果")]
    for name, (content, pointer, word) in BAD_FILES.items():
        answer = await world.clients["funding"].post(
            f"{BOOK}:importFile", content=content.encode(), headers=headers(world, name.replace(" ", "-"))
        )
        (error,) = answer.json()["errors"]
        assert (error["pointer"], word in answer.json()["detail"]) == (pointer, True), name
    page = await world.get("funding", f"{BOOK}?include_total=true", "finance-2")
    assert page["total"] == 0


def headers(world: World, key: str) -> dict[str, str]:
    token = f"Bearer {world.token('finance-2')}"
    return {"authorization": token, "idempotency-key": key.replace(" ", "-"), "content-type": "text/csv"}
