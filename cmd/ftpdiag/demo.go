package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ftpdiag/cmd/ftpdiag/suggest"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/ftptest"
	"ftpdiag/report"
)

// exitMissed is the exit code of a demonstration whose report does not name what
// is shown.
const exitMissed = 2

// demo diagnoses an embedded server, healthy or with one fault. It is the real
// diagnosis, over a network that never leaves loopback.
func (a *app) demo(ctx context.Context, o *options) (int, error) {
	if err := o.validateDemo(); err != nil {
		return exitUnknown, err
	}
	if o.list {
		return 0, a.print(faultList())
	}
	fault, err := findFault(o.args)
	if err != nil {
		return exitUnknown, err
	}
	out, err := a.newOutput(o)
	if err != nil {
		return exitUnknown, err
	}
	scene, err := fault.Start()
	if err != nil {
		return exitUnknown, fmt.Errorf("the server of the demo cannot be started: %w", err)
	}
	defer scene.Close()
	r := request{target: scene.Config.Target, password: scene.Config.Password}
	r.target.Input = strings.Join(append([]string{"demo"}, o.args...), " ")
	scene.Config.Target = r.target
	result, err := a.one(ctx, scene.Config, saying(out.progress, nameOf(r.target, 1)))
	out.progress.end()
	if err != nil {
		return exitUnknown, err
	}
	return a.reportDemo(ctx, out, fault, result)
}

// reportDemo prints what is shown and the report on it, and judges whether the
// one names the other.
func (a *app) reportDemo(ctx context.Context, out *output, fault ftptest.Fault, result *diagnose.Result) (int, error) {
	code, missed := 0, missing(fault, result)
	if missed != "" {
		code = exitMissed
	}
	to := a.stderr
	if _, isText := out.renderer.(report.Text); isText && out.file == "" {
		to = a.stdout
	}
	if _, err := fmt.Fprintf(to, "%s\n\n", demoHeading(fault)); err != nil && to == a.stdout {
		return code, writeError(err)
	}
	if err := out.add(result); err != nil {
		return code, err
	}
	if err := out.close(0, slices.Values[[]*diagnose.Result](nil)); err != nil {
		return code, err
	}
	switch {
	case ctx.Err() != nil:
		return exitUnknown, errInterrupted
	case missed != "":
		fmt.Fprintf(a.stderr, "ftpdiag: the demo failed: %s\n", missed)
	}
	return code, nil
}

// demoHeading says above a report what is shown.
func demoHeading(f ftptest.Fault) string { return hang("demo: ", show(f)) }

// show is one line about a fault.
func show(f ftptest.Fault) string {
	if f.Code == "" {
		return "a healthy server"
	}
	return fmt.Sprintf("%s: %s", f.Code, f.Title)
}

// missing says how the report misses what is shown; "" if it does not.
func missing(f ftptest.Fault, r *diagnose.Result) string {
	if f.Code != "" {
		switch {
		case len(r.Findings) == 0:
			return fmt.Sprintf("nothing was found in place of %s", f.Code)
		case r.Findings[0].Code != f.Code:
			return fmt.Sprintf("%s was found in place of %s", r.Findings[0].Code, f.Code)
		}
		return ""
	}
	for _, finding := range r.Findings {
		if finding.Severity != diagnose.Info {
			return fmt.Sprintf("%s was found on a healthy server", finding.Code)
		}
	}
	if r.Modes.Passive != diagnose.Works || r.Modes.Active != diagnose.Works {
		return fmt.Sprintf("on a healthy server passive %s and active %s", r.Modes.Passive, r.Modes.Active)
	}
	return ""
}

// demoFlags are the flags that mean something in a demo.
var demoFlags = []string{"format", "output", "verbose", "color", "list"}

func (o *options) validateDemo() error {
	var stray string
	o.flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(demoFlags, f.Name) || o.list && f.Name != "list" {
			stray = f.Name
		}
	})
	switch {
	case stray != "" && o.list:
		return usage("ftpdiag demo --list", "--%s means nothing with --list", stray)
	case stray != "":
		return usage("a demo takes --format, --output, --verbose and --color; a host of that name is ftp://demo",
			"--%s means nothing in a demo", stray)
	case o.list && len(o.args) > 0:
		return usage("ftpdiag demo --list", "--list takes no fault")
	case len(o.args) > 1:
		return usage("ftpdiag demo FAULT", "a demo shows one fault")
	}
	return o.words()
}

// findFault is the fault that is named; none is a healthy server.
func findFault(args []string) (ftptest.Fault, error) {
	if len(args) == 0 {
		return ftptest.Fault{}, nil
	}
	var names []string
	for _, f := range ftptest.Faults() {
		if string(f.Code) == args[0] {
			return f, nil
		}
		names = append(names, string(f.Code))
	}
	hint := "ftpdiag demo --list names the faults"
	if near := suggest.Nearest(args[0], names); near != "" {
		hint = "did you mean ftpdiag demo " + near + "? " + hint
	}
	return ftptest.Fault{}, usage(hint, "unknown fault %s", quote(args[0]))
}

// faultList is an entry for each fault, at most 80 columns wide.
func faultList() string {
	faults := ftptest.Faults()
	width := 0
	for _, f := range faults {
		width = max(width, len(f.Code)+2)
	}
	var b strings.Builder
	for _, f := range faults {
		b.WriteString(hang(fmt.Sprintf("%-*s", width, f.Code), f.Title) + "\n")
	}
	return b.String()
}

// hang writes text behind lead, in lines of at most 80 columns, of which all but
// the first are indented as far as lead is wide.
func hang(lead, text string) string {
	line, column := lead, len(lead)
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > 80:
			line += "\n" + strings.Repeat(" ", len(lead))
			column = len(lead)
		default:
			line += " "
			column++
		}
		line += word
		column += len(word)
	}
	return line
}
