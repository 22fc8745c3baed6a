"""How fast the library is, on documents made here: a generator with a fixed seed, and the measurements on them.

Not here: whether the library is right (tests/). Rule protected: nothing is measured on bytes that the library's own
check has not accepted, and every figure stands beside what the plainest Python costs in the same run.
"""
