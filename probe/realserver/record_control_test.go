package realserver_test

import "ftpdiag/probe/realserver"

// The users of the recordings.
var (
	alice   = realserver.User{Name: "alice", Password: "correct horse"}
	homesOf = realserver.User{Name: "nohome", Password: "correct horse", NoHome: true}
	jailed  = realserver.User{Name: "jailed", Password: "correct horse", Chroot: true, WritableHome: true}
)

var controlGroups = []group{
	{config: realserver.Config{}, situations: []situation{
		{"greeting", func(r *recorder) { r.connect(); r.next() }},
		greeted("anonymous login", "USER anonymous", "PASS test@example"),
		greeted("feat before login", "FEAT"),
		greeted("tls not offered", "AUTH TLS", "AUTH SSL"),
		greeted("host", "HOST ftp.example"),
		greeted("before login", "SYST", "PWD", "PASV", "XYZZY", "PASS test@example"),
		asks("feat", "FEAT"),
		asks("syst", "SYST"),
		asks("stat", "STAT"),
		asks("small commands", "PWD", "TYPE I", "NOOP", "OPTS UTF8 ON", "XYZZY"),
		asks("login twice", "USER anonymous"),
		{"quit", func(r *recorder) { r.login(); r.ask("QUIT"); r.next() }},
	}},
	{config: realserver.Config{Greeting: "Hello from a test."}, lacks: []realserver.Product{realserver.PureFTPd},
		situations: []situation{
			{"own greeting", func(r *recorder) { r.connect(); r.next() }},
		}},
	{config: realserver.Config{NoAnonymous: true}, situations: []situation{
		{"anonymous refused", func(r *recorder) {
			r.connect()
			r.next()
			r.ask("USER anonymous", "PASS test@example")
		}},
	}},
	{config: realserver.Config{Users: []realserver.User{alice}}, situations: []situation{
		greeted("user login", "USER alice", "PASS correct horse", "PWD"),
		greeted("login rejected", "USER alice", "PASS wrong"),
		greeted("unknown user", "USER bob", "PASS wrong"),
	}},
	{config: realserver.Config{Users: []realserver.User{alice}}, lacks: []realserver.Product{realserver.PureFTPd},
		situations: []situation{
			{"login rejected until the end", rejectedUntilTheEnd},
		}},
	{config: realserver.Config{Users: []realserver.User{alice}}, lacks: others(realserver.PureFTPd),
		slow: true, // it takes its time for every refusal
		situations: []situation{
			{"login rejected until the end", rejectedUntilTheEnd},
		}},
	{config: realserver.Config{Users: []realserver.User{homesOf}}, lacks: []realserver.Product{realserver.Pyftpdlib},
		situations: []situation{
			{"home missing", func(r *recorder) {
				r.connect()
				r.d.read()
				r.ask("USER nohome", "PASS correct horse")
				r.unasked()
			}},
		}},
	{config: realserver.Config{Users: []realserver.User{jailed}}, lacks: []realserver.Product{realserver.Pyftpdlib},
		situations: []situation{
			{"writable home inside chroot", func(r *recorder) {
				r.connect()
				r.d.read()
				r.ask("USER jailed", "PASS correct horse")
				r.unasked()
			}},
		}},
}

// rejectedUntilTheEnd repeats a wrong password until the server has had enough.
func rejectedUntilTheEnd(r *recorder) {
	r.connect()
	r.d.read()
	for range 4 {
		if r.ask("USER alice"); r.over() {
			return
		}
		r.ask("PASS wrong")
	}
}
