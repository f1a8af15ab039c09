package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ftpdiag/probe/diagnose"
)

// JSON writes one compact line for each result, as [Schema] describes it.
type JSON struct{}

// Render writes the lines.
func (JSON) Render(w io.Writer, results ...*diagnose.Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // "<" is as safe in a log as it is readable
	for _, r := range results {
		c, err := normal(r)
		if err != nil {
			return err
		}
		if err := enc.Encode(c); err != nil {
			return err
		}
	}
	return nil
}

// Read reads what [JSON] wrote: results one behind the other, whether each is
// one line or many. What it read before an error comes with the error. It
// accepts fields and open words that it does not know, and results that lack a
// field, but no other schema than [diagnose.Schema].
func Read(r io.Reader) ([]*diagnose.Result, error) {
	var results []*diagnose.Result
	dec := json.NewDecoder(r)
	for {
		var one diagnose.Result
		err := dec.Decode(&one)
		if errors.Is(err, io.EOF) {
			return results, nil
		}
		if err != nil {
			return results, fmt.Errorf("result %d: %w", len(results)+1, err)
		}
		if one.Schema != diagnose.Schema {
			return results, fmt.Errorf("result %d: schema is %q, not %q", len(results)+1, one.Schema, diagnose.Schema)
		}
		c, err := normal(&one)
		if err != nil {
			return results, err
		}
		results = append(results, c)
	}
}
