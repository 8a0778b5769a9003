"""What starts the devices and servers the tests talk to.

`fleet` simulates any number of devices of every platform, `frr` runs real routers. Nothing in here
imports the collection: the lab is a witness of its own for how devices behave.
"""
