package main

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ftpdiag/cmd/ftpdiag/suggest"
	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// options are the command line, as it was written. Only validate judges them.
type options struct {
	demo   bool     // the first word was "demo"
	render bool     // the first word was "render"
	args   []string // the words that are no flags, without that one

	mode, expect    string
	ipv4, ipv6      bool
	bind            string
	activePorts     string
	activeAddress   string
	noForeign       bool
	quick, thorough bool

	user, passwordFile string
	path               string
	retrieve, upload   bool

	tls               string
	insecure          bool
	caFile, cert, key string
	certDays          int

	timeout, deadline, interval time.Duration
	repeat                      int

	failOn, ignore    []string // lists of codes
	warning, critical []string // MEASURE=RANGE
	gate              gate     // what these four say
	targets           string
	skipInvalid       bool
	parallel, perHost int
	resume            string

	format, output, color string
	verbose               bool

	list, help, version bool

	flags *pflag.FlagSet
	stdin io.Reader // what --targets - reads
}

// given tells whether a flag was on the command line.
func (o *options) given(name string) bool { return o.flags.Changed(name) }

// file is where the report goes; "": to standard output, which - means too.
func (o *options) file() string {
	if o.output == "-" {
		return ""
	}
	return o.output
}

// parseFlags reads the command line. Its errors are usage errors.
func parseFlags(args []string) (*options, error) {
	o := &options{flags: pflag.NewFlagSet("ftpdiag", pflag.ContinueOnError)}
	o.flags.Usage = func() {}
	o.flags.SortFlags = false
	o.define(o.flags)
	if err := o.flags.Parse(args); err != nil {
		return nil, o.flagError(err)
	}
	o.args = o.flags.Args()
	afterDashes := o.flags.ArgsLenAtDash() == 0 // where nothing is a command
	if len(o.args) > 0 && o.args[0] == "demo" && !afterDashes {
		o.demo, o.args = true, o.args[1:]
	}
	if len(o.args) > 0 && o.args[0] == "render" && !afterDashes && !o.demo {
		o.render, o.args = true, o.args[1:]
	}
	if len(o.args) > 0 && o.args[0] == "serve" && !afterDashes && !o.demo && !o.render && !o.help {
		return nil, usage("ftpdiag serve [flags]; a host of that name is written ftp://serve", "serve comes before its flags")
	}
	if len(o.args) > 0 && o.args[0] == "help" && !afterDashes && !o.demo && !o.render && !o.help {
		return nil, usage("--help shows the usage; a host of that name is written ftp://help", "help is no command")
	}
	return o, nil
}

func (o *options) define(fs *pflag.FlagSet) {
	fs.StringVarP(&o.mode, "mode", "m", "both", "")
	fs.StringVar(&o.expect, "expect", "any", "")
	fs.BoolVar(&o.quick, "quick", false, "")
	fs.BoolVar(&o.thorough, "thorough", false, "")
	fs.BoolVar(&o.retrieve, "retrieve", false, "")
	fs.BoolVar(&o.upload, "upload", false, "")
	fs.StringVar(&o.path, "path", "", "")
	fs.IntVar(&o.repeat, "repeat", 1, "")
	fs.DurationVar(&o.interval, "interval", defaultInterval, "")

	fs.StringVar(&o.targets, "targets", "", "")
	fs.BoolVar(&o.skipInvalid, "skip-invalid", false, "")
	fs.IntVar(&o.parallel, "parallel", usualParallel, "")
	fs.IntVar(&o.perHost, "per-host", 1, "")
	fs.StringVar(&o.resume, "resume", "", "")

	fs.StringVarP(&o.user, "user", "u", "anonymous", "")
	fs.StringVar(&o.passwordFile, "password-file", "", "")

	fs.StringVar(&o.tls, "tls", "auto", "")
	fs.BoolVar(&o.insecure, "insecure", false, "")
	fs.StringVar(&o.caFile, "ca-file", "", "")
	fs.StringVar(&o.cert, "cert", "", "")
	fs.StringVar(&o.key, "key", "", "")
	fs.IntVar(&o.certDays, "cert-days", evidence.DefaultCertDays, "")

	fs.BoolVarP(&o.ipv4, "ipv4", "4", false, "")
	fs.BoolVarP(&o.ipv6, "ipv6", "6", false, "")
	fs.StringVar(&o.bind, "bind", "", "")
	fs.StringVar(&o.activePorts, "active-ports", "", "")
	fs.StringVar(&o.activeAddress, "active-address", "", "")
	fs.BoolVar(&o.noForeign, "no-foreign", false, "")
	fs.DurationVar(&o.timeout, "timeout", probe.DefaultTimeout, "")
	fs.DurationVar(&o.deadline, "deadline", probe.DefaultDeadline, "")

	fs.StringArrayVar(&o.failOn, "fail-on", nil, "")
	fs.StringArrayVar(&o.ignore, "ignore", nil, "")
	fs.StringArrayVarP(&o.warning, "warning", "w", nil, "")
	fs.StringArrayVarP(&o.critical, "critical", "c", nil, "")

	fs.StringVarP(&o.format, "format", "f", "text", "")
	fs.StringVarP(&o.output, "output", "o", "", "")
	fs.BoolVarP(&o.verbose, "verbose", "v", false, "")
	fs.StringVar(&o.color, "color", "auto", "")

	fs.BoolVar(&o.list, "list", false, "")
	fs.BoolVarP(&o.help, "help", "h", false, "")
	fs.BoolVar(&o.version, "version", false, "")
}

// flagError puts an error of pflag into our words. Those of pflag repeat what
// was written, and "-psecret" may be meant as a password.
func (o *options) flagError(err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		return o.unknownFlag(unknown)
	case errors.As(err, &missing):
		name := missing.GetFlag().Name
		return usage(valueHint(name), "--%s needs a value", name)
	case errors.As(err, &invalid):
		name := invalid.GetFlag().Name
		return usage(valueHint(name), "--%s %s is not %s", name, quote(invalid.GetValue()), kindOf(invalid.GetFlag()))
	}
	return usage("ftpdiag --help lists the flags", "a flag is malformed")
}

func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "duration":
		return "a duration"
	case "int":
		return "a number"
	}
	return "true or false"
}

// unknownFlag names the flag that may have been meant.
func (o *options) unknownFlag(e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	if e.GetSpecifiedShortnames() != "" {
		return usage(shorthandHint(name), "unknown flag -%s", strings.Trim(quote(name), `"`))
	}
	var names []string
	o.flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	hint := "ftpdiag --help lists the flags"
	if advice, ok := meant[name]; ok {
		hint = advice
	} else if near := suggest.Nearest(name, names); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usage(hint, "unknown flag --%s", strings.Trim(quote(name), `"`))
}

const hintPassword = "a password comes from --password-file FILE, FTPDIAG_PASSWORD, netrc or a prompt"

const (
	hintTLS      = "--tls explicit is AUTH TLS on port 21, --tls implicit is TLS from the first byte on port 990"
	hintInsecure = "did you mean --insecure?"
)

// meant is what people write who know another FTP client.
var meant = map[string]string{
	"passive":    "did you mean --mode passive?",
	"active":     "did you mean --mode active?",
	"password":   hintPassword,
	"pass":       hintPassword,
	"passwd":     hintPassword,
	"json":       "did you mean --format json?",
	"jobs":       "did you mean --parallel?",
	"file":       "did you mean --targets?",
	"input":      "did you mean --targets?",
	"hosts":      "did you mean --targets?",
	"port":       "write the port behind the host: HOST:PORT",
	"host":       "write the host without a flag: ftpdiag HOST",
	"no-color":   "did you mean --color never?",
	"connect-to": "write the host and port without a flag: ftpdiag HOST:PORT",

	"ssl":      hintTLS,
	"ssl-reqd": hintTLS,
	"ftp-ssl":  hintTLS,
	"ftpes":    hintTLS,
	"ftps":     hintTLS,
	"starttls": hintTLS,
	"explicit": "did you mean --tls explicit?",
	"implicit": "did you mean --tls implicit?",
	"no-tls":   "did you mean --tls off?",
	"no-ssl":   "did you mean --tls off?",
	"plain":    "did you mean --tls off?",

	"no-check-certificate": hintInsecure,
	"no-verify":            hintInsecure,
	"ca":                   "did you mean --ca-file?",
	"cacert":               "did you mean --ca-file?",
	"ca-certificate":       "did you mean --ca-file?",
	"certificate":          "did you mean --cert?",
	"private-key":          "did you mean --key?",
}

// meantTLS is the word of --tls that other words stand for.
var meantTLS = map[string]string{
	"on": "explicit", "yes": "explicit", "true": "explicit", "required": "explicit", "starttls": "explicit", "ftpes": "explicit",
	"ftps": "implicit", "no": "off", "none": "off", "false": "off", "plain": "off",
}

func shorthandHint(name string) string {
	switch name {
	case "p":
		return hintPassword + "; a port is written HOST:PORT"
	case "t":
		return "did you mean --timeout?"
	case "k":
		return hintInsecure
	case "E":
		return "did you mean --cert?"
	}
	return "ftpdiag --help lists the flags"
}

// takes says what a flag takes that is no choice.
var takes = map[string]string{
	"timeout":        "a duration such as 5s or 500ms",
	"deadline":       "a duration such as 20s or 1m",
	"interval":       "a duration such as 10s or 1m",
	"repeat":         "a number of runs, 1 to 1000",
	"cert-days":      "a number of days, 0 (no warning) to 36500",
	"active-ports":   "a range of ports such as 50000-50100",
	"active-address": "an IP address",
	"bind":           "an IP address of this machine",
	"listen":         "HOST:PORT, or :PORT for every address of this machine",
	"log-level":      "info or debug",
	"log-format":     "text or json",
	"user":           "a login name",
	"path":           "a file, or a directory with a / at its end",
	"fail-on":        "codes of findings, with commas between, such as passive-private-address",
	"ignore":         "codes of findings, with commas between, such as dns-dead-aaaa",
	"warning":        "a measure and a range, such as connect=0.5, login=2, total=10 or cert_days=21:",
	"critical":       "a measure and a range, such as connect=0.5, login=2, total=10 or cert_days=7:",
	"targets":        "the name of a file of targets, one a line, or - for standard input",
	"parallel":       "a number of targets, 1 to 10000",
	"per-host":       "a number of diagnoses, 1 to 10000",
	"resume":         "the name of a file that --format json wrote",
	"output":         "the name of a file",
	"password-file":  "the name of a file",
	"ca-file":        "the name of a file of certificates in PEM form",
	"cert":           "the name of a file of certificates in PEM form",
	"key":            "the name of a file with a private key in PEM form",

	"config":          "the name of a file",
	"web.config.file": "the name of a file",
}

// valueHint says what a flag takes.
func valueHint(name string) string {
	what := takes[name]
	if words := choices[name]; words != nil {
		what = oneOf(words)
	}
	if what == "" {
		what = "no value"
	}
	return "--" + name + " takes " + what
}
