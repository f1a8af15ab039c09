package threshold

import (
	"math"
	"time"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Measures are the names of what can have a range: connect, the duration of the
// TCP connect of the control connection; login, that from the greeting to the
// accepted login; total, that of the whole diagnosis, all in seconds; and
// cert_days, the days that the server's certificate has left.
func Measures() []string { return []string{"connect", "login", "total", "cert_days"} }

// Measure is the value of one of [Measures]; known is false where the diagnosis
// did not come so far.
func Measure(r *diagnose.Result, name string) (value float64, known bool) {
	s := r.ControlSession()
	switch name {
	case "connect":
		if s != nil && s.Connect != nil {
			return seconds(*s.Connect), true
		}
	case "login":
		if s != nil && s.Login != nil {
			return seconds(*s.Login), true
		}
	case "total":
		return seconds(r.Duration), true
	case "cert_days":
		return certDays(r)
	}
	return 0, false
}

func seconds(m evidence.Millis) float64 {
	return math.Round(m.Duration().Seconds()*1e6) / 1e6
}

// certDays are whole days: one that is not over does not count.
func certDays(r *diagnose.Result) (float64, bool) {
	t := r.Server.TLS
	if t == nil || t.Certificate == nil || t.Certificate.NotAfter.IsZero() || r.Started.IsZero() {
		return 0, false
	}
	left := t.Certificate.NotAfter.Unix() - r.Started.Unix()
	return math.Floor(float64(left) / (24 * time.Hour).Seconds()), true
}

// Limits are the ranges of measures. The zero value has none.
type Limits struct {
	Warning, Critical map[string]Range // by measure
}

// Apply raises the status of r for what is outside its range. A measure that is
// not known raises nothing.
func (l Limits) Apply(r *diagnose.Result) {
	for _, name := range Measures() {
		value, known := Measure(r, name)
		if !known {
			continue
		}
		if c, ok := l.Critical[name]; ok && c.Alerts(value) {
			r.Exceed(diagnose.Limit{What: name, Value: value, Range: c.String(), Status: diagnose.StatusCritical})
		} else if w, ok := l.Warning[name]; ok && w.Alerts(value) {
			r.Exceed(diagnose.Limit{What: name, Value: value, Range: w.String(), Status: diagnose.StatusWarning})
		}
	}
}
