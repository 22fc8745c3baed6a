"""Ways in and out of a partner's mailbox. One module is one kind of channel; its `CHANNELS` names the kinds it serves.

Rule protected: no positive answer to a partner before the inlet has returned, that is, before the commit.
"""
