package report

import (
	"reflect"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// normal is a copy of r that is fit to be written: every text in it is
// [ftp.Visible], every list is a list, and every closed word is one of its
// list. For a Result of [diagnose.Diagnose] it is the same again; a zero Result,
// or one from a file, may need it.
func normal(r *diagnose.Result) (*diagnose.Result, error) {
	if r == nil {
		return nil, errNoResult
	}
	c := visible(reflect.ValueOf(r)).Interface().(*diagnose.Result)
	// The only lists that may be null: nil means that the boundary is not known.
	if r.PassivePorts.Passes == nil {
		c.PassivePorts.Passes = nil
	}
	if r.PassivePorts.Blocked == nil {
		c.PassivePorts.Blocked = nil
	}
	fillWords(c)
	return c, nil
}

// normals are the normal copies of results.
func normals(results []*diagnose.Result) ([]*diagnose.Result, error) {
	copies := make([]*diagnose.Result, len(results))
	for i, r := range results {
		c, err := normal(r)
		if err != nil {
			return nil, err
		}
		copies[i] = c
	}
	return copies, nil
}

// visible copies v, with every text in it made visible and every nil slice made
// an empty one. What is not exported is copied as it is.
func visible(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() {
	case reflect.String:
		c.SetString(ftp.Visible(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(visible(v.Elem()))
		}
	case reflect.Slice:
		c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			c.Index(i).Set(visible(v.Index(i)))
		}
	case reflect.Struct:
		if e, ok := v.Interface().(evidence.Endpoint); ok {
			return reflect.ValueOf(visibleEndpoint(e))
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(visible(v.Field(i)))
			}
		}
	}
	return c
}

// visibleEndpoint is e with a visible zone: netip takes any bytes for one.
func visibleEndpoint(e evidence.Endpoint) evidence.Endpoint {
	if e.Addr().Zone() == "" {
		return e
	}
	return evidence.At(e.Addr().WithZone(ftp.Visible(e.Addr().Zone())), int(e.Port()))
}

// fillWords gives each empty closed word the value that claims least.
func fillWords(r *diagnose.Result) {
	fill(&r.Schema, diagnose.Schema)
	fill(&r.Status, diagnose.StatusUnknown)
	fill(&r.Target.TLS, "off")
	fill(&r.Options.Mode, "both")
	fill(&r.Options.Expect, "any")
	fill(&r.Options.TLS, "auto")
	fill(&r.Options.Family, "any")
	for _, v := range []*diagnose.Verdict{
		&r.Modes.Passive, &r.Modes.Active,
		&r.Methods.EPSV, &r.Methods.PASV, &r.Methods.EPRT, &r.Methods.PORT,
	} {
		fill(v, diagnose.NotTested)
	}
	fill(&r.Recommendation.Mode, diagnose.None)
	fill(&r.Recommendation.TLS, r.Target.TLS)
	fill(&r.Recommendation.Confidence, diagnose.Low)
	for i := range r.Findings {
		fill(&r.Findings[i].Severity, diagnose.Info)
		fill(&r.Findings[i].Confidence, diagnose.Low)
	}
	for i := range r.Attempts {
		fill(&r.Attempts[i].Outcome, evidence.OutcomeInconclusive)
	}
	if r.Gated != nil {
		for i := range r.Gated.Exceeded {
			fill(&r.Gated.Exceeded[i].Status, diagnose.StatusUnknown)
		}
	}
	if r.Repeats == nil {
		return
	}
	for i := range r.Repeats.Tries {
		try := &r.Repeats.Tries[i]
		fill(&try.Status, diagnose.StatusUnknown)
		fill(&try.Passive, diagnose.NotTested)
		fill(&try.Active, diagnose.NotTested)
	}
}

func fill[W ~string](word *W, least W) {
	if *word == "" {
		*word = least
	}
}
