"""The control socket: how commands on this machine reach the running service.

A Unix socket in the data folder, for its owner alone (mode 0600), that speaks HTTP. What changes something goes here;
what only reads goes to the SQL port.
"""

SOCKET_NAME = "control.sock"
"""Its name in the data folder."""
