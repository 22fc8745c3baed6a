"""The daemon: everything with effects. It uses only the public names of edi."""
