"""Ways in and out of a partner's mailbox. One module is one kind of channel and has these names: `CHANNELS` (kind
-> settings model), `poller(source, settings, secrets)` and `sink(settings, secrets, exchanges)`, each None where there
is none. One that is also served by a listener of ours has `HOSTED` (the kind it serves), `Listener` (its settings) and
`open_server(settings, channels, desk, secrets)`; the settings of what is hosted have `known_as`. For people who set up
a channel there is `examine(mailbox, settings, listener, secrets, trial)`, with the settings of our listener or None.
`names`, `polling`, `network` and `trial` are shared by them and are no channels.

Rule protected: no positive answer to a partner before the inlet has returned, that is, before the commit.
"""
