"""Runs pyftpdlib as the JSON file named on the command line says."""

import json
import os
import sys

from pyftpdlib import authorizers, handlers, servers

with open(sys.argv[1]) as f:
    config = json.load(f)

# e change directory, l list, r retrieve, w store, d delete
permissions = "erwd" + ("l" if config["Listing"] else "")


def make_authorizer():
    made = authorizers.DummyAuthorizer()
    if config["Anonymous"]:
        made.add_anonymous(config["Root"], perm=permissions)
    for user in config["Users"] or []:
        made.add_user(user["Name"], user["Password"], user["Home"], perm=permissions)
    return made


class ImplicitHandler(handlers.TLS_FTPHandler):
    """TLS from the first byte."""

    def handle(self):
        self.secure_connection(self.ssl_context)
        super().handle()


def make_handler():
    if not config["TLS"]:
        made = type("Handler", (handlers.FTPHandler,), {})
    else:
        base = ImplicitHandler if config["Implicit"] else handlers.TLS_FTPHandler
        made = type("Handler", (base,), {})
        made.certfile = config["CertFile"]
        made.keyfile = config["KeyFile"] or None
        made.tls_control_required = config["RequireTLS"]
        made.tls_data_required = config["RequireTLSData"]
    made.proto_cmds = dict(made.proto_cmds)
    for command in config["Deny"] or []:
        made.proto_cmds.pop(command, None)
    if config["Greeting"]:
        made.banner = config["Greeting"]
    if config["PassiveAddress"]:
        made.masquerade_address = config["PassiveAddress"]
    if config["PassiveLow"]:
        made.passive_ports = range(config["PassiveLow"], config["PassiveHigh"] + 1)
    if config["DataTimeout"]:
        made.passive_dtp = type("Passive", (made.passive_dtp,), {"timeout": config["DataTimeout"]})
        made.active_dtp = type("Active", (made.active_dtp,), {"timeout": config["DataTimeout"]})
    return made


authorizer = make_authorizer()
handler = make_handler()
handler.authorizer = authorizer
for statement in config["Extra"] or []:
    exec(statement)
server = servers.FTPServer((config["Address"], config["Port"]), handler)
# It counts every socket, its own and those of data connections too.
server.max_cons = config["MaxClients"] + 1 if config["MaxClients"] else 512
server.max_cons_per_ip = config["MaxPerIP"]
# Root is needed for the port only.
os.setgroups([])
os.setgid(config["ID"])
os.setuid(config["ID"])
server.serve_forever()
