package main

import (
	"runtime/debug"
	"sync"
)

// helpText is at most 80 columns wide.
func helpText() string { return help }

const help = `Find out why FTP does not work, and what to do about it.

usage: ftpdiag [flags] TARGET...
       ftpdiag demo [flags] [FAULT]
       ftpdiag demo --list
       ftpdiag render [flags] RESULT.json...
       ftpdiag serve --config FILE

TARGET is host, host:port, [v6]:port or ftp://user@host:port/path; the path is
relative to the login directory, %2F at its start makes it absolute. ftpes:// is
explicit TLS, ftps:// implicit TLS.
The demo diagnoses an embedded server, with FAULT one that fails in that way.
To render is to write results that --format json saved in another format; - is
standard input.
Serve is the exporter for Prometheus: ftpdiag serve --help.

what to try
  -m, --mode MODE            both, passive or active (both)
      --expect WHAT          what must work for exit 0: any, passive, active or
                             both (any)
      --path PATH            file or directory to transfer, a directory with a /
                             at its end (a listing of the login directory)
      --retrieve             fetch one file of 4 KiB to 1 MiB of the listing too
      --upload               store, check and delete a small file in --path
      --quick                only what decides the verdict
      --thorough             try more ports, 64 connections at most, to tell a
                             boundary exactly; a port-scan guard of the server
                             may count them and lock this address out
      --repeat N             diagnose N times, 1000 at most, and say how often
                             each mode works, and what differs where not (1)
      --interval DURATION    with --repeat: pause between two runs (1s)

many targets
      --targets FILE         read targets from FILE, - is standard input: one a
                             line, behind it user=, password-file=, tls=, path=,
                             expect= and label=; # begins a comment. --quick and
                             --no-foreign are then on: --quick=false ends that,
                             and so does --thorough
      --skip-invalid         report a wrong line of FILE as unknown, and go on
      --parallel N           diagnose N targets at once, 10000 at most (64);
                             fewer where the limit on open files is low
      --per-host N           of these, N to one address (1)
      --resume FILE          leave out what has a verdict in FILE, which -f json
                             wrote in a run that was interrupted

login
  -u, --user NAME            login name (anonymous)
      --password-file FILE   read the password from FILE; else FTPDIAG_PASSWORD,
                             ~/.netrc or a prompt on a terminal

TLS
      --tls WHEN             explicit (AUTH TLS), implicit (port 990), off, or
                             auto: anonymous in clear unless the server demands
                             TLS, a password over TLS or not at all (auto)
      --insecure             send the password over an unverified certificate
      --ca-file FILE         trust the certificates in FILE too
      --cert FILE            client certificate, for servers that ask for one
      --key FILE             key of the client certificate; FILE may be the same
      --cert-days N          warn N days before a certificate expires (21)

network
  -4, --ipv4                 only IPv4
  -6, --ipv6                 only IPv6
      --bind ADDRESS         connect and listen from this local address
      --active-ports LOW-HIGH
                             ports to listen on in active mode (any)
      --active-address IP    address to offer in active mode (the local one)
      --no-foreign           never dial another host that a 227 reply names
      --timeout DURATION     longest wait for a connect, for a whole reply and
                             for a pause in data (5s)
      --deadline DURATION    longest time for a target, or for each of its runs
                             (20s)

what the exit code says
      --fail-on CODE,...     a finding with such a code is critical
      --ignore CODE,...      a finding with such a code does not count
  -w, --warning MEASURE=RANGE
                             warning where connect, login, total (seconds) or
                             cert_days is outside a range such as 0.5 or 21:
  -c, --critical MEASURE=RANGE
                             the same for critical; neither lowers a status

output
  -f, --format FORMAT        text, json or ndjson, nagios (which implies --quick
                             and --no-foreign), prometheus, junit or markdown
                             (text)
  -o, --output FILE          write to FILE, atomically; - is standard output
  -v, --verbose              show every connection and the whole dialogue, with
                             times
      --color WHEN           auto, always or never (auto); NO_COLOR is honoured

      --list                 with demo: list the faults
  -h, --help                 show this help
      --version              show the version

Exit codes: 0 ok, 1 warning, 2 critical (what is asked for does not work),
3 unknown (wrong usage, interrupted, not tested).
`

// version is that of the build: of the module where it was installed by version,
// else of the commit that it was built from.
var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
})
