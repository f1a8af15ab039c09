package diagnose

import "ftpdiag/probe/evidence"

// ControlSession is the session that tells of the server: the first that logged
// in, else the first that came to a greeting, else to a connection; nil: there
// was none.
func (r *Result) ControlSession() *evidence.Session {
	var best *evidence.Session
	for i := range r.Sessions {
		s := &r.Sessions[i]
		if s.Purpose != evidence.PurposeDiagnose && s.Purpose != "" {
			continue
		}
		if best == nil || reach(s) > reach(best) {
			best = s
		}
	}
	return best
}

// reach orders sessions by how far they came.
func reach(s *evidence.Session) int {
	switch {
	case s.Login != nil:
		return 3
	case s.Greeting != nil:
		return 2
	case s.Connect != nil:
		return 1
	}
	return 0
}
