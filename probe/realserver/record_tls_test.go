package realserver_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"time"

	"ftpdiag/probe/realserver"
)

// noReuse are the products that cannot demand that TLS sessions be resumed.
var noReuse = []realserver.Product{realserver.PureFTPd, realserver.Pyftpdlib}

var tlsGroups = []group{
	{config: realserver.Config{TLS: &realserver.TLS{}}, situations: []situation{
		greeted("auth tls", "AUTH TLS"),
		greeted("auth with an unknown mechanism", "AUTH NOSUCH"),
		greeted("tls, feat", "FEAT"),
		greeted("tls, prot in clear", "PBSZ 0", "PROT P"),
		{"tls, login", func(r *recorder) {
			r.secure()
			r.ask("USER anonymous", "PASS test@example", "PBSZ 0", "PROT P", "PROT C", "PROT S", "CCC")
		}},
		{"tls, list", func(r *recorder) {
			conn := r.protected()
			r.ask("LIST")
			r.drain(tls.Client(conn, r.tlsConfig))
			r.finish()
		}},
		{"tls, client does not shake hands", func(r *recorder) {
			conn := r.protected()
			r.ask("LIST")
			time.Sleep(settle) // until the server waits for the handshake
			_, _ = io.WriteString(conn, "this is not TLS\r\n")
			r.finish()
			r.unasked()
		}},
		{"tls, client hangs up before shaking hands", func(r *recorder) {
			conn := r.protected()
			r.ask("LIST")
			conn.Close()
			r.finish()
			r.unasked()
		}},
		{"auth tls and clear text", func(r *recorder) {
			r.connect()
			r.d.read()
			r.ask("AUTH TLS", "USER anonymous")
			r.unasked()
		}},
	}},
	{config: realserver.Config{TLS: &realserver.TLS{Require: true}, Users: []realserver.User{alice}}, situations: []situation{
		greeted("tls required", "USER anonymous", "PASS test@example", "NOOP"),
		greeted("tls required of a user", "USER alice", "PASS correct horse", "NOOP"),
	}},
	{config: realserver.Config{TLS: &realserver.TLS{Require: true, RequireData: true}}, situations: []situation{
		{"tls required of data", func(r *recorder) {
			r.secure()
			r.d.want("USER anonymous", "")
			r.d.want("PASS x", "230")
			r.d.want("PBSZ 0", "200")
			if r.ask("PROT C", "PASV"); !r.refused() {
				r.ask("LIST")
			}
		}},
		{"tls required of data, no prot", func(r *recorder) {
			r.secure()
			r.d.want("USER anonymous", "")
			r.d.want("PASS x", "230")
			if r.ask("EPSV"); !r.refused() {
				r.ask("LIST")
			}
			r.ask("EPRT |1|127.0.0.1|51201|")
		}},
	}},
	{config: realserver.Config{TLS: &realserver.TLS{RequireReuse: true}}, lacks: noReuse, situations: []situation{
		{"tls session reuse required", func(r *recorder) {
			conn := r.protected()
			r.ask("LIST")
			fresh := r.tlsConfig.Clone()
			fresh.ClientSessionCache = nil
			r.drain(tls.Client(conn, fresh))
			r.finish()
			r.unasked()
		}},
		{"tls session reused", func(r *recorder) {
			conn := r.protected()
			r.ask("LIST")
			r.drain(tls.Client(conn, r.tlsConfig))
			r.finish()
		}},
	}},
	{config: realserver.Config{TLS: &realserver.TLS{Implicit: true}}, lacks: []realserver.Product{realserver.PureFTPd},
		situations: []situation{
			{"implicit tls", func(r *recorder) {
				r.connect()
				r.shakeHands()
				r.next()
				r.ask("USER anonymous")
			}},
			{"implicit tls and clear text", func(r *recorder) {
				r.connect()
				r.unasked()
				r.ask("USER anonymous")
				if !r.over() {
					r.unasked()
				}
			}},
		}},
}

// shakeHands speaks TLS on the control connection from now on.
func (r *recorder) shakeHands() {
	r.tlsConfig = &tls.Config{
		InsecureSkipVerify: true, ServerName: "localhost",
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	conn := tls.Client(r.d.conn, r.tlsConfig)
	_ = conn.SetDeadline(time.Now().Add(replyWait))
	if err := conn.Handshake(); err != nil {
		r.t.Fatal(err)
	}
	r.d = newDialogue(r.t, conn)
}

// secure begins a session with explicit TLS; nothing of it is written down.
func (r *recorder) secure() {
	r.connect()
	r.d.read()
	r.d.want("AUTH TLS", "234")
	r.shakeHands()
}

// protected logs in with TLS and opens a data connection that is to be
// protected, on which no handshake was made.
func (r *recorder) protected() net.Conn {
	r.secure()
	r.d.want("USER anonymous", "")
	r.d.want("PASS test@example", "230")
	r.d.want("PBSZ 0", "200")
	r.d.want("PROT P", "200")
	return r.passive(netip.Addr{})
}
