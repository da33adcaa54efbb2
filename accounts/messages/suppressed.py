"""To which addresses nothing is sent, as the database is asked it."""

# Of those who were erased a digest is left.
_SAME = """
lower({address}), 'sha256:' || encode(sha256(convert_to(lower(btrim({address})), 'UTF8')), 'hex')"""
_STANDING = """
SELECT FROM accounts_suppression s
WHERE s.medium = {medium} AND lower(s.address) IN ({same}) AND s.lifted_at IS NULL AND s.purpose IN ('', {purpose})"""


def standing(address: str, medium: str, purpose: str) -> str:
    """What of the address stands, for an EXISTS; each is an expression of SQL."""
    return _STANDING.format(medium=medium, same=_SAME.format(address=address), purpose=purpose)
