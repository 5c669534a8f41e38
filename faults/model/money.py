"""Money in fen by the notice. 二（四）1"""

RATE_PERCENT, CAP_FEN = 30, 5_000_000_000


def award_fen(investment_fen: int) -> int:
    """Return the grant of an old factory: 30 % of the recognised investment, at most 50 million yuan."""
    return min(investment_fen * RATE_PERCENT // 100, CAP_FEN)


def fen(yuan: str) -> int:
    """Convert an amount in yuan with two decimals."""
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part or 0)
