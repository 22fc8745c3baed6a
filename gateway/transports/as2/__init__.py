"""AS2 (RFC 4130): documents over HTTP, signed, encrypted, and receipted by an MDN.

window.py                    a range of a file: how layers are passed on without being held in memory
ber.py, algorithms.py        BER in, DER out; names, and what is accepted
cms_read.py, cms_write.py    signed, enveloped and compressed data
mime.py                      headers, parts, transfer encodings
received.py, sending.py      a message opened layer by layer; a message made
mdn.py                       receipts, written and read
"""
