// Ftpdiag finds out why FTP does not work, and says what to do.
//
//	ftpdiag [flags] TARGET...        diagnose each target
//	ftpdiag demo [flags] [FAULT]     diagnose an embedded server
//	ftpdiag demo --list              list the faults that it can show
//	ftpdiag render [flags] FILE...   write saved results in another format
//	ftpdiag serve --config FILE      answer Prometheus: ftpdiag serve --help
//
// A TARGET is host, host:port, [v6]:port, or a URL such as
// ftp://user@host:port/path, ftpes:// for explicit and ftps:// for implicit TLS
// (port 990). The path is relative to the login directory; %2F at
// its start makes it absolute. A host that is named like a command is written
// ftp://demo. ftpdiag --help lists the flags.
//
// # Passwords
//
// A named user's password comes from a URL, which is warned about for others can
// see it, or from the first of: the file of --password-file, the variable
// FTPDIAG_PASSWORD, ~/.netrc (%USERPROFILE%\_netrc on Windows; NETRC names
// another), a prompt where standard input is a terminal. No flag takes it.
//
// The password of the file or the variable goes to targets of the user that
// --user names, and to no other. In the netrc file only an entry serves that
// names both the host and the user; its default entry never does. A password
// file or netrc file that exists and cannot be read is an error even where it is
// not needed.
//
// # TLS
//
// With --tls auto an anonymous login goes in clear, and over TLS where the server
// demands it or the URL asks for it. A password goes over TLS to a server whose
// certificate is in order, or not at all: --insecure lets it cross a connection
// whose certificate is not, --tls off lets it go in clear. --ca-file adds to the
// certificates that the system trusts.
//
// # Exit codes
//
// They are those of monitoring plugins. Of several targets the worst counts:
// critical, then warning, then unknown, then ok.
//
//	0  ok        no error, and no warning about what is asked for
//	1  warning   a warning about what is asked for, or one about neither mode
//	2  critical  what is asked for does not work
//	3  unknown   not tested: wrong usage, interrupted, the report not written
//
// What is asked for is what --expect names; without it, the mode that the report
// recommends. The demo exits 0 if the report names the fault that is shown, and
// 2 if not.
//
// --fail-on and --ignore name codes of findings: one makes the status critical, the
// other takes such findings out of the reckoning. Where all that is wrong is
// ignored and nothing is known to work, the status is unknown. -w and -c give
// measures a range in the syntax of monitoring plugins and raise the status where
// it is left; they never lower it. All four count in every format, and a saved
// result is rendered with the status that it has then.
//
// # Monitoring plugins
//
// With --format nagios every error is one line on standard output that begins with
// FTPDIAG UNKNOWN, and the exit code is 3. --quick and --no-foreign are the
// default; --quick=false asks for the usual diagnosis, --thorough for all.
//
// # What it sends
//
// A run sends at most 10 connection requests, repetitions included, to ports that
// do not answer with a connection, logs in three times at most and opens three
// control connections, and three more where TLS fails, two at once: firewalls ban
// who does more. --upload takes up to two more of both. --thorough goes beyond that,
// and --quick asks only what decides the verdict.
//
// # Many targets
//
// --targets FILE reads targets, one a line. As many as --parallel says are
// diagnosed at once, but never two at one address unless --per-host says so.
// Results come in the order in which they are done. An interrupt ends a sweep
// within five seconds, and what was not tested is unknown; --resume goes on with it.
//
// # Output
//
// The report goes to standard output, or with --output to a file that is
// replaced at once or not at all; JSON about many targets grows beside it, in
// FILE.partial. Standard error carries warnings, errors and, on a terminal, a
// line that says what is being waited for.
package main
