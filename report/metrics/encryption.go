package metrics

import "ftpdiag/probe/diagnose"

func encrypted(r *diagnose.Result, send emit) {
	if s := r.ControlSession(); s != nil && s.Connect != nil {
		send(number(s.TLS))
	}
}

func tlsInfo(r *diagnose.Result, send emit) {
	if t := r.Server.TLS; t != nil {
		send(1, bounded(t.Version, versions), bounded(t.Cipher, ciphers()))
	}
}

func notAfter(r *diagnose.Result, send emit) {
	if t := r.Server.TLS; t != nil && t.Certificate != nil && !t.Certificate.NotAfter.IsZero() {
		send(float64(t.Certificate.NotAfter.Unix()))
	}
}

func verified(r *diagnose.Result, send emit) {
	if t := r.Server.TLS; t != nil && t.Certificate != nil {
		send(number(t.Certificate.Verified))
	}
}
