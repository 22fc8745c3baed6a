"""Small real servers that stand in for business systems: in the demo, in the tests, and for a partner's first steps.

They are not for production and hold no rule of the gateway. Where a sandbox and the real system disagree, the real
system is right.
"""
