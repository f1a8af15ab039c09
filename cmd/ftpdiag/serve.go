package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"

	"ftpdiag/cmd/ftpdiag/exporter"
	"ftpdiag/probe/ftp"
)

// serveOptions are the command line of ftpdiag serve.
type serveOptions struct {
	listen, config, webConfig string
	logLevel, logFormat       string
	check, help               bool

	flags *pflag.FlagSet
}

const hintServe = "ftpdiag serve --config FILE (ftpdiag serve --help lists the flags)"

// serve is the command of that name: the exporter, until ctx ends.
func (a *app) serve(ctx context.Context, args []string) (int, error) {
	o, err := parseServe(args)
	switch {
	case err != nil:
		return exitUnknown, err
	case o.help:
		return 0, a.print(serveHelp)
	}
	limitMemory()
	options := exporter.Options{
		Listen: o.listen, Config: o.config, WebConfig: o.webConfig, Version: version(), Log: a.logger(o), Diagnose: a.diagnose,
	}
	if o.check {
		if err := exporter.Check(options); err != nil {
			return exitUnknown, err
		}
		return 0, a.print("the configuration is in order\n")
	}
	if err := exporter.Serve(ctx, options); err != nil {
		return exitUnknown, err
	}
	return 0, nil
}

// softMemoryLimit is where garbage is collected however often it takes. The limit of the
// manifests in deploy is higher: it counts the program's text and the stacks of
// the kernel too.
const softMemoryLimit = 192 << 20

// limitMemory sets the limit, unless GOMEMLIMIT has set another.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemoryLimit)
	}
}

// logger writes to standard error.
func (a *app) logger(o *serveOptions) *slog.Logger {
	options := &slog.HandlerOptions{}
	if o.logLevel == "debug" {
		options.Level = slog.LevelDebug
	}
	if o.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}

// parseServe reads the words behind serve. Its errors are usage errors.
func parseServe(args []string) (*serveOptions, error) {
	s := &serveOptions{flags: pflag.NewFlagSet("ftpdiag serve", pflag.ContinueOnError)}
	s.flags.Usage = func() {}
	s.flags.StringVar(&s.listen, "listen", ":9821", "")
	s.flags.StringVar(&s.config, "config", "", "")
	s.flags.StringVar(&s.webConfig, "web.config.file", "", "")
	s.flags.StringVar(&s.logLevel, "log-level", "info", "")
	s.flags.StringVar(&s.logFormat, "log-format", "text", "")
	s.flags.BoolVar(&s.check, "check", false, "")
	s.flags.BoolVarP(&s.help, "help", "h", false, "")
	if err := s.flags.Parse(args); err != nil {
		return nil, serveError((&options{flags: s.flags}).flagError(err))
	}
	if s.help {
		return s, nil
	}
	return s, s.validate()
}

// serveError points at the help of serve, not at that of the whole program.
func serveError(err error) error {
	var wrong *ftp.UsageError
	if errors.As(err, &wrong) && strings.Contains(wrong.Hint, "ftpdiag --help") {
		return usage(hintServe, "%s", wrong.Message)
	}
	return err
}

func (s *serveOptions) validate() error {
	switch {
	case s.flags.NArg() > 0:
		return usage("targets are named in the request; a host of that name is written ftp://serve",
			"serve takes no target, and %s is one", quote(s.flags.Arg(0)))
	case s.config == "":
		return usage(hintServe, "serve needs a configuration")
	case !strings.Contains(s.listen, ":"):
		return usage("--listen takes HOST:PORT, or :PORT for every address of this machine", "--listen %s names no port", quote(s.listen))
	case s.logLevel != "info" && s.logLevel != "debug":
		return usage("--log-level takes info or debug", "unknown log level %s", quote(s.logLevel))
	case s.logFormat != "text" && s.logFormat != "json":
		return usage("--log-format takes text or json", "unknown log format %s", quote(s.logFormat))
	}
	return nil
}

const serveHelp = `Diagnose FTP servers whenever Prometheus asks, and answer with metrics.

usage: ftpdiag serve --config FILE [--listen ADDRESS] [--web.config.file FILE]
       ftpdiag serve --config FILE --check

  --config FILE            modules, and the targets that each allows
  --listen ADDRESS         HOST:PORT, or :PORT for every address of this machine
                           (:9821)
  --web.config.file FILE   TLS and basic authentication, in the form of the
                           Prometheus exporter-toolkit
  --log-level LEVEL        info or debug (info)
  --log-format FORMAT      text or json (text)
  --check                  read the configuration and say whether it is in order
  -h, --help               show this help

paths
  /probe?target=TARGET&module=MODULE
                           metrics of one target: host, host:port, [v6]:port,
                           ftpes://host or ftps://host; no user, password or
                           path. Without module, the module named default
  /metrics                 metrics of the exporter
  /                        what was probed lately, for a browser
  /report?target=TARGET&module=MODULE
                           the last report on a target
  /-/healthy, /-/ready     200 while it runs; ready is 503 when it ends
  /-/reload                POST or PUT: read the configuration again; 403 where
                           a page of another site asks for it

/probe answers 400 for a request that names no target or an unknown module, 403
for a target that the module does not allow, 503 where max_concurrent probes are
under way. The header X-Prometheus-Scrape-Timeout-Seconds bounds a probe.

signals
  SIGHUP                   read the configuration again; one with a mistake
                           changes nothing
  SIGTERM, SIGINT          end within five seconds: probes under way may finish,
                           or are answered with status unknown

environment
  GOMEMLIMIT               where garbage is collected more often (192MiB)

configuration, with the defaults
  max_concurrent: 50       probes at once
  timeout_offset: 500ms    answer so long before the scrape times out
  modules:
    default:
      allow:               which targets; nothing is allowed without
        - "*.example.com"  a name; * is anything but a dot, ** anything
        - 192.0.2.0/24     an address, and a name with all its addresses within
      ports: [21, 990]     of the control connection
      user: anonymous      with another, password_file: FILE is needed
      tls: auto            auto, off, explicit or implicit
      insecure: false      send the password over an unverified certificate
      ca_file, cert, key   names of PEM files
      cert_days: 21        warn so many days before a certificate expires
      mode: both           both, passive or active
      expect: any          any, passive, active or both: what must work
      path:                what to transfer (a listing of the login directory)
      timeout: 5s          longest single wait
      deadline: 20s        longest probe, 2m at most
      quick: true          only what decides the verdict
      no_foreign: true     never dial another host that a 227 reply names
      ipv4, ipv6: false    true: only that family
      active_ports:        LOW-HIGH, where to listen in active mode (any)
      active_address:      what to offer in active mode (the local address)
      cache: 30s           an answer serves further requests for so long
      full_every: 15m      a target that a quick probe finds bad gets a full
                           diagnosis in the background so often; 0s: never

Exit codes: 0 ended by a signal, 3 it could not begin.
`
