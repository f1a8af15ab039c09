// Package reporttest holds what a test needs to trust a report: readers that share
// no code with what wrote it.
package reporttest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ftpdiag/report"
)

// Validate fails the test unless line is one line of JSON that agrees with
// [report.Schema]. The newline at its end may be missing.
func Validate(tb testing.TB, line []byte) {
	tb.Helper()
	if err := Check(line); err != nil {
		tb.Errorf("%v\nin %s", err, line)
	}
}

// ValidateLines is [Validate] for each line of a whole output, which must have
// at least one.
func ValidateLines(tb testing.TB, output []byte) {
	tb.Helper()
	for line := range bytes.Lines(output) {
		Validate(tb, line)
	}
	if len(output) == 0 {
		tb.Error("no JSON at all")
	}
}

// Check is what [Validate] finds wrong; nil is nothing.
func Check(line []byte) error {
	if bytes.Contains(bytes.TrimSuffix(line, []byte("\n")), []byte("\n")) {
		return fmt.Errorf("more than one line")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	schema, err := compiled()
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		return nil, err
	}
	const name = "ftpdiag-1.schema.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, document); err != nil {
		return nil, err
	}
	return c.Compile(name)
})
