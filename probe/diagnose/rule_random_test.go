package diagnose

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ftpdiag/probe"
)

var (
	someKinds = []probe.Kind{
		probe.KindRefused, probe.KindTimedOut, probe.KindReset, probe.KindEOF, probe.KindHostUnreachable, probe.KindNetUnreachable,
		probe.KindProhibited, probe.KindDenied, probe.KindRejected, probe.KindMalformed, probe.KindExhausted, probe.KindNoSuchHost,
		probe.KindResolver, probe.KindInterrupted, probe.KindUntrusted, probe.KindOther,
	}
	someOps = []probe.Op{
		probe.OpResolve, probe.OpConnect, probe.OpGreeting, probe.OpAuthTLS, probe.OpTLSHandshake, probe.OpLogin, probe.OpNegotiate,
		probe.OpDataConnect, probe.OpDataAccept, probe.OpDataTLS, probe.OpTransfer, probe.OpCompletion,
	}
	someAddresses = []string{serverIP, serverLAN, serverV6, clientIP, clientLAN, "127.0.0.1", "::1", "0.0.0.0", "100.64.0.9",
		"172.17.0.2", "198.18.0.10", "240.0.0.1", "224.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.1", ""}
	somePurposes = []string{probe.PurposeTransfer, probe.PurposeTransfer, probe.PurposeForeign, probe.PurposeUpload,
		probe.PurposeSample, probe.PurposeRetry, probe.PurposeSeenAddress, probe.PurposePort21,
		probe.PurposePlain, probe.PurposeTLS12, probe.PurposeNoReuse}
	someTLS      = []string{"", probe.TLSOff, probe.TLSExplicit, probe.TLSImplicit}
	someProblems = []string{probe.CertExpired, probe.CertNotYetValid, probe.CertWrongHost, probe.CertSelfSigned, probe.CertIncomplete,
		probe.CertUnknownCA, probe.CertWeakKey, probe.CertWeakSignature, probe.CertOther}
	someBegin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func sometimes[T any](t *rapid.T, make func() T) *T {
	if rapid.Bool().Draw(t, "there") {
		return nil
	}
	v := make()
	return &v
}

func pick[T any](t *rapid.T, list []T) T { return rapid.SampledFrom(list).Draw(t, "pick") }

func randomReply(t *rapid.T) probe.Reply {
	var all []phrase
	for _, name := range slices.Sorted(maps.Keys(wordTables)) {
		all = append(all, wordTables[name]...)
	}
	if rapid.Bool().Draw(t, "known words") {
		return *spoken(pick(t, all))
	}
	texts := []string{"", "OK", "Entering Passive Mode (10,0,0,1,200,1)", "=1,2,3,4,5,6", "Entering (|||50001|)", "(||50001|)", "a\nb"}
	return probe.Reply{Code: rapid.IntRange(100, 599).Draw(t, "code"), Text: pick(t, texts)}
}

func randomFailure(t *rapid.T) probe.Failure {
	return probe.Failure{Op: pick(t, someOps), Kind: pick(t, someKinds), Message: pick(t, []string{"", "421 Timeout.", "words",
		"server selected unsupported protocol version 301", "TLS alert: certificate required"})}
}

func randomMillis(t *rapid.T) probe.Millis {
	return probe.Millis(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "ms"))
}

func randomEndpoint(t *rapid.T) probe.Endpoint {
	ip, _ := netip.ParseAddr(pick(t, someAddresses))
	if !ip.IsValid() {
		return probe.Endpoint{}
	}
	return probe.At(ip, pick(t, []int{20, 1024, 4000, 5000, 5001, 5060, 30000, 50001, 50002, 65535}))
}

func randomAttempt(t *rapid.T, id int) probe.Attempt {
	m := pick(t, []probe.Method{probe.EPSV, probe.PASV, probe.EPRT, probe.PORT})
	reply, millis := func() probe.Reply { return randomReply(t) }, func() probe.Millis { return randomMillis(t) }
	failure := func() probe.Failure { return randomFailure(t) }
	return probe.Attempt{
		ID: id, Session: rapid.IntRange(0, 3).Draw(t, "session"), Mode: modeOf(m), Method: m,
		Operation: pick(t, []string{"LIST", "LIST", "NLST", "RETR", "STOR", opConnect, ""}), Path: pick(t, []string{"", "", "big"}), Purpose: pick(t, somePurposes),
		Outcome:     pick(t, []probe.Outcome{probe.OutcomeWorks, probe.OutcomeFails, probe.OutcomeInconclusive}),
		Negotiation: sometimes(t, reply), Mark: sometimes(t, reply), Reply: sometimes(t, reply),
		Offered: randomEndpoint(t), Dialed: randomEndpoint(t), Listened: randomEndpoint(t), AcceptedFrom: randomEndpoint(t), Foreign: randomEndpoint(t),
		Superseded: rapid.Bool().Draw(t, "superseded"), Watched: rapid.Bool().Draw(t, "watched"), LeftBehind: rapid.Bool().Draw(t, "left"),
		SYNSeen: sometimes(t, func() probe.SYN { return probe.SYN{From: randomEndpoint(t)} }),
		Bytes:   rapid.Int64Range(0, 3000).Draw(t, "bytes"), CleanEnd: rapid.Bool().Draw(t, "clean"), Truncated: rapid.Bool().Draw(t, "truncated"),
		Start: randomMillis(t), End: randomMillis(t), Negotiated: sometimes(t, millis), Asked: sometimes(t, millis), Marked: sometimes(t, millis),
		Replied: sometimes(t, millis), Connected: sometimes(t, millis), FirstByte: sometimes(t, millis), Encrypted: sometimes(t, millis),
		TLS: rapid.Bool().Draw(t, "tls"), Resumed: sometimes(t, func() bool { return rapid.Bool().Draw(t, "resumed") }),
		Unclean: rapid.Bool().Draw(t, "unclean"), FirstBytes: pick(t, []string{"", "", "500 OOPS"}),
		Failure: sometimes(t, failure), Library: sometimes(t, failure),
	}
}

func randomSession(t *rapid.T, id int) probe.Session {
	millis := func() probe.Millis { return randomMillis(t) }
	return probe.Session{
		ID: id, Purpose: pick(t, []string{probe.PurposeDiagnose, probe.PurposeDiagnose, probe.PurposeDiagnose, probe.PurposeClientHello, probe.PurposePort21,
			probe.PurposePlain, probe.PurposeTLS12}),
		IP: pick(t, someAddresses), Port: pick(t, []int{21, 2121, 0}), Local: pick(t, []string{"10.10.0.2:41000", "[2001:db8::2]:41000", "", "127.0.0.1:1"}),
		SeenAs: probe.Maybe(pick(t, someAddresses)), Connect: sometimes(t, millis), Greeting: sometimes(t, millis), Login: sometimes(t, millis),
		After: pick(t, []string{"", "USER", "PASS", "AUTH TLS"}), Reply: sometimes(t, func() probe.Reply { return randomReply(t) }),
		TLS: rapid.Bool().Draw(t, "tls"), Auth: sometimes(t, func() probe.Reply { return randomReply(t) }), Handshake: sometimes(t, millis),
		TLSVersion: probe.Maybe(pick(t, []string{"", "TLS 1.2", "TLS 1.3"})), TLSLimit: probe.Maybe(pick(t, []string{"", "", probe.LimitTLS12, probe.LimitLegacy})),
		FirstBytes: pick(t, []string{"", "220 ready", "SSH-2.0-x", "421 no"}), CertificateRequested: rapid.Bool().Draw(t, "requested"), Ticket: rapid.Bool().Draw(t, "ticket"),
		Protection: sometimes(t, func() probe.Reply { return randomReply(t) }),
		Failure:    sometimes(t, func() probe.Failure { return randomFailure(t) }),
	}
}

func randomCertificate(t *rapid.T) probe.Certificate {
	c := probe.Certificate{Subject: "CN=a", Issuer: pick(t, []string{"CN=a", ""}), Names: pick(t, [][]string{{}, {"a", "b"}}), Key: "RSA 1024",
		Verified: rapid.Bool().Draw(t, "verified"), Problems: rapid.SliceOfN(rapid.SampledFrom(someProblems), 0, 3).Draw(t, "problems")}
	if len(c.Problems) > 0 {
		c.Problem = probe.Maybe(c.Problems[0])
	}
	if rapid.Bool().Draw(t, "dated") {
		c.NotAfter = probe.Time{Time: someBegin.AddDate(0, 0, rapid.IntRange(-30, 30).Draw(t, "days"))}
	}
	return c
}

func randomWalk(t *rapid.T) probe.Walk {
	hop := func() probe.Hop {
		return probe.Hop{Distance: rapid.IntRange(0, 9).Draw(t, "distance"), IP: pick(t, someAddresses)}
	}
	return probe.Walk{
		Endpoint: randomEndpoint(t), Control: rapid.Bool().Draw(t, "control"), Hops: rapid.SliceOfN(rapid.Custom(func(*rapid.T) probe.Hop { return hop() }), 0, 3).Draw(t, "hops"),
		HostDistance: sometimes(t, func() int { return rapid.IntRange(1, 9).Draw(t, "far") }),
		Answer:       pick(t, []string{"", probe.AnswerSilence, probe.AnswerReset, probe.AnswerICMP}), AnswerFrom: sometimes(t, hop),
		ICMP: probe.Maybe(pick(t, []string{"", "admin-prohibited", "net-unreachable"})),
	}
}

func randomEvidence(t *rapid.T) *probe.Evidence {
	ev := &probe.Evidence{
		Target: probe.Target{Host: pick(t, []string{"ftp.example.com", serverIP, ""}), Port: pick(t, []int{21, 2121, 0}), User: pick(t, []string{"", "anonymous", "joe"}), Path: pick(t, []string{"", "", "big"}), TLS: pick(t, someTLS)},
		Options: probe.Options{Expect: pick(t, []string{"", "any", "passive", "active", "both"}), Timeout: randomMillis(t),
			TLS: pick(t, append(someTLS, probe.TLSAuto)), Insecure: rapid.Bool().Draw(t, "insecure"), CertDays: pick(t, []int{0, 21})},
		Started: someBegin,
		Resolve: probe.Resolve{Failure: sometimes(t, func() probe.Failure { return randomFailure(t) })},
		Server:  probe.Server{Greeting: pick(t, []string{"", "(vsFTPd 3.0.3)", "ProFTPD Server", "mx ESMTP", "****"}), Features: pick(t, [][]string{nil, {"EPSV", "HOST"}})},
		Sent:    probe.Sent{DeadSYNs: rapid.IntRange(0, 70).Draw(t, "dead SYNs"), Spared: rapid.Bool().Draw(t, "spared")},
		ContactLost: sometimes(t, func() probe.ContactLost {
			return probe.ContactLost{At: randomMillis(t), Session: rapid.IntRange(0, 3).Draw(t, "lost session"), Kind: pick(t, someKinds)}
		}),
		Serial: rapid.Bool().Draw(t, "serial"), Cut: rapid.Bool().Draw(t, "cut"), Interrupted: rapid.Bool().Draw(t, "interrupted"),
	}
	ev.Server.TLS = sometimes(t, func() probe.TLS {
		return probe.TLS{Certificate: sometimes(t, func() probe.Certificate { return randomCertificate(t) })}
	})
	if rapid.IntRange(0, 3).Draw(t, "resolves") > 0 {
		ev.Resolve.Failure = nil
	}
	for range rapid.IntRange(0, 3).Draw(t, "addresses") {
		a := probe.Address{IP: pick(t, someAddresses), Family: pick(t, []int{4, 6}), Routed: rapid.Bool().Draw(t, "routed"), Used: rapid.Bool().Draw(t, "used"),
			Connect: sometimes(t, func() probe.Millis { return randomMillis(t) }), Failure: sometimes(t, func() probe.Failure { return randomFailure(t) })}
		ev.Addresses = append(ev.Addresses, a)
	}
	for id := range rapid.IntRange(0, 3).Draw(t, "sessions") {
		ev.Sessions = append(ev.Sessions, randomSession(t, id+1))
	}
	for id := range rapid.IntRange(0, 6).Draw(t, "attempts") {
		ev.Attempts = append(ev.Attempts, randomAttempt(t, id+1))
	}
	for range rapid.IntRange(0, 3).Draw(t, "probes") {
		ev.PassivePorts.Probes = append(ev.PassivePorts.Probes, probe.PortProbe{Port: rapid.IntRange(1, 65535).Draw(t, "port"), Kind: pick(t, append(someKinds, ""))})
	}
	for range rapid.IntRange(0, 2).Draw(t, "walks") {
		ev.Walks = append(ev.Walks, randomWalk(t))
	}
	for _, text := range rapid.SliceOfN(rapid.SampledFrom([]string{"120 wait", "220 x", "HOST a"}), 0, 3).Draw(t, "transcript") {
		ev.Transcript = append(ev.Transcript, probe.Exchange{Session: 1, From: pick(t, []string{probe.FromClient, probe.FromServer}), Text: text})
	}
	return ev
}
