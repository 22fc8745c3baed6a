"""Evidence of AS2: what was received and sent, with its receipts, so that others can check it without us.

    parts.py       the parts of an exchange as files, and their digests
    chain.py       the chain: each link covers the former one and the digests of an exchange
    sealing.py     what puts exchanges into the chain
    bundle.py      an exchange as a zip
    words.py       the README in it
    verify.py      the zip judged again, on a machine without database and configuration
    signatures.py  what of it is judged by keys: signatures, MICs, certificates

Rule protected: nothing in a bundle is believed that is not covered by a digest in the chain or by a signature.
"""
