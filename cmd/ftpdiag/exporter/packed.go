package exporter

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"sync"

	"ftpdiag/probe/diagnose"
)

// packed is a result as it is kept: its JSON, compressed. What it takes is what it
// is long, whereas texts of a result may be parts of larger ones, which they keep.
type packed []byte

// packers are compressors, each of which takes more than a megabyte.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(io.Discard, flate.BestSpeed) // fails for a level that there is not
	return w
}}

// pack makes the form that is kept; nil: there is none.
func pack(r *diagnose.Result) packed {
	data, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	_, err = w.Write(data)
	if err != nil || w.Close() != nil {
		return nil
	}
	return bytes.Clone(b.Bytes()) // its capacity is what the heap has for it, and no more
}

// unpacked is an answer with the result that is remembered.
func (a answer) unpacked() answer {
	if a.result == nil && a.kept != nil {
		a.result, a.err = a.kept.result()
	}
	return a
}

// result is what was packed.
func (p packed) result() (*diagnose.Result, error) {
	var r diagnose.Result
	if err := json.NewDecoder(flate.NewReader(bytes.NewReader(p))).Decode(&r); err != nil {
		return nil, err
	}
	return &r, nil
}
