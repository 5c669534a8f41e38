"""The page of rights says what the code states."""

from deploy.checks.grants import PAGE, page


def test_the_page_of_rights_is_that_of_the_code() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m deploy.checks.grants write, read the diff"
