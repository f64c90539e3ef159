"""The tamper-evident log: an RFC 6962 tree of private records, its proofs and its witnesses."""
