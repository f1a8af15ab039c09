// Package report writes a [diagnose.Result] for a reader: as prose for a person
// ([Text]), as JSON for a program ([JSON]), and in the forms that people's
// systems read: [Nagios], [Prometheus], [JUnit], [Markdown]. It asks the network
// nothing and judges nothing: what a report says, the Result said first.
//
// Every format starts from the same copy of the Result, in which lists are
// never nil, words that must come from a closed list have a value, and no text
// can act upon a terminal. A Result that [Read] took from a file which somebody
// else wrote is therefore as safe to print as one of our own.
//
// A format is one file and one line in the registry of [New].
package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report/threshold"
)

// Renderer writes results in one format.
type Renderer interface {
	// Render writes the results in order. It does not change them.
	Render(w io.Writer, results ...*diagnose.Result) error
}

// Options say how a format looks. The zero value is a report of 80 columns, in
// colour where the writer is a terminal. A format ignores what does not concern
// it.
type Options struct {
	Verbose bool             // every connection and the whole dialogue too
	Width   int              // columns; 0 is 80, anything else is brought between 60 and 100
	Color   Color            // "" is auto
	Limits  threshold.Limits // ranges that stand beside the measures; they judge nothing here
}

// Color says when a report has colours.
type Color string

// The choices of Color. Auto means on a terminal, unless NO_COLOR is set.
const (
	ColorAuto   Color = "auto"
	ColorAlways Color = "always"
	ColorNever  Color = "never"
)

// A format makes a Renderer.
type format struct {
	name    string
	alias   string // another name for it; empty: none
	streams bool   // what is written of several results is what is written of each
	make    func(Options) Renderer
}

// formats is the registry, in the order in which help names them.
var formats = []format{
	{"text", "", false, func(o Options) Renderer { return Text{o} }},
	{"json", "ndjson", true, func(Options) Renderer { return JSON{} }},
	{"nagios", "", false, func(o Options) Renderer { return Nagios{o.Limits} }},
	{"prometheus", "", false, func(Options) Renderer { return Prometheus{} }},
	{"junit", "", false, func(Options) Renderer { return JUnit{} }},
	{"markdown", "", false, func(Options) Renderer { return Markdown{} }},
}

// Formats names the formats, without aliases.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// New makes the Renderer of a format, named as [Formats] does or by an alias.
func New(name string, o Options) (Renderer, error) {
	colors := []Color{"", ColorAuto, ColorAlways, ColorNever}
	if !slices.Contains(colors, o.Color) {
		return nil, fmt.Errorf("unknown colour choice %q: auto, always or never", string(o.Color))
	}
	for _, f := range formats {
		if name != "" && (name == f.name || name == f.alias) {
			return f.make(o), nil
		}
	}
	return nil, fmt.Errorf("unknown format %q: %s", name, strings.Join(Formats(), ", "))
}

// Streams tells whether a format may be written one result at a time.
func Streams(name string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.streams && (name == f.name || name == f.alias) })
}

// worst is the worst status of results.
func worst(results []*diagnose.Result) diagnose.Status {
	status := diagnose.StatusOK
	for _, r := range results {
		status = status.Worse(r.Status)
	}
	return status
}

// errNoResult is for a nil among the results.
var errNoResult = errors.New("report: no result")
