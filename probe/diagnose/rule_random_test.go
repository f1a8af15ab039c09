package diagnose

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

var (
	someKinds = []evidence.Kind{
		evidence.KindRefused, evidence.KindTimedOut, evidence.KindReset, evidence.KindEOF, evidence.KindHostUnreachable, evidence.KindNetUnreachable,
		evidence.KindProhibited, evidence.KindDenied, evidence.KindRejected, evidence.KindMalformed, evidence.KindExhausted, evidence.KindNoSuchHost,
		evidence.KindResolver, evidence.KindInterrupted, evidence.KindUntrusted, evidence.KindOther,
	}
	someOps = []evidence.Op{
		evidence.OpResolve, evidence.OpConnect, evidence.OpGreeting, evidence.OpAuthTLS, evidence.OpTLSHandshake, evidence.OpLogin, evidence.OpNegotiate,
		evidence.OpDataConnect, evidence.OpDataAccept, evidence.OpDataTLS, evidence.OpTransfer, evidence.OpCompletion,
	}
	someAddresses = []string{serverIP, serverLAN, serverV6, clientIP, clientLAN, "127.0.0.1", "::1", "0.0.0.0", "100.64.0.9",
		"172.17.0.2", "198.18.0.10", "240.0.0.1", "224.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.1", ""}
	somePurposes = []string{evidence.PurposeTransfer, evidence.PurposeTransfer, evidence.PurposeForeign, evidence.PurposeUpload,
		evidence.PurposeSample, evidence.PurposeRetry, evidence.PurposeSeenAddress, evidence.PurposePort21,
		evidence.PurposePlain, evidence.PurposeTLS12, evidence.PurposeNoReuse}
	someTLS      = []string{"", evidence.TLSOff, evidence.TLSExplicit, evidence.TLSImplicit}
	someProblems = []string{evidence.CertExpired, evidence.CertNotYetValid, evidence.CertWrongHost, evidence.CertSelfSigned, evidence.CertIncomplete,
		evidence.CertUnknownCA, evidence.CertWeakKey, evidence.CertWeakSignature, evidence.CertOther}
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

func randomReply(t *rapid.T) evidence.Reply {
	var all []phrase
	for _, name := range slices.Sorted(maps.Keys(wordTables)) {
		all = append(all, wordTables[name]...)
	}
	if rapid.Bool().Draw(t, "known words") {
		return *spoken(pick(t, all))
	}
	texts := []string{"", "OK", "Entering Passive Mode (10,0,0,1,200,1)", "=1,2,3,4,5,6", "Entering (|||50001|)", "(||50001|)", "a\nb"}
	return evidence.Reply{Code: rapid.IntRange(100, 599).Draw(t, "code"), Text: pick(t, texts)}
}

func randomFailure(t *rapid.T) evidence.Failure {
	return evidence.Failure{Op: pick(t, someOps), Kind: pick(t, someKinds), Message: pick(t, []string{"", "421 Timeout.", "words",
		"server selected unsupported protocol version 301", "TLS alert: certificate required"})}
}

func randomMillis(t *rapid.T) evidence.Millis {
	return evidence.Millis(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "ms"))
}

func randomEndpoint(t *rapid.T) evidence.Endpoint {
	ip, _ := netip.ParseAddr(pick(t, someAddresses))
	if !ip.IsValid() {
		return evidence.Endpoint{}
	}
	return evidence.At(ip, pick(t, []int{20, 1024, 4000, 5000, 5001, 5060, 30000, 50001, 50002, 65535}))
}

func randomAttempt(t *rapid.T, id int) evidence.Attempt {
	m := pick(t, []evidence.Method{evidence.EPSV, evidence.PASV, evidence.EPRT, evidence.PORT})
	reply, millis := func() evidence.Reply { return randomReply(t) }, func() evidence.Millis { return randomMillis(t) }
	failure := func() evidence.Failure { return randomFailure(t) }
	return evidence.Attempt{
		ID: id, Session: rapid.IntRange(0, 3).Draw(t, "session"), Mode: modeOf(m), Method: m,
		Operation: pick(t, []string{"LIST", "LIST", "NLST", "RETR", "STOR", opConnect, ""}), Path: pick(t, []string{"", "", "big"}), Purpose: pick(t, somePurposes),
		Outcome:     pick(t, []evidence.Outcome{evidence.OutcomeWorks, evidence.OutcomeFails, evidence.OutcomeInconclusive}),
		Negotiation: sometimes(t, reply), Mark: sometimes(t, reply), Reply: sometimes(t, reply),
		Offered: randomEndpoint(t), Dialed: randomEndpoint(t), Listened: randomEndpoint(t), AcceptedFrom: randomEndpoint(t), Foreign: randomEndpoint(t),
		Superseded: rapid.Bool().Draw(t, "superseded"), Watched: rapid.Bool().Draw(t, "watched"), LeftBehind: rapid.Bool().Draw(t, "left"),
		SYNSeen: sometimes(t, func() evidence.SYN { return evidence.SYN{From: randomEndpoint(t)} }),
		Bytes:   rapid.Int64Range(0, 3000).Draw(t, "bytes"), CleanEnd: rapid.Bool().Draw(t, "clean"), Truncated: rapid.Bool().Draw(t, "truncated"),
		Start: randomMillis(t), End: randomMillis(t), Negotiated: sometimes(t, millis), Asked: sometimes(t, millis), Marked: sometimes(t, millis),
		Replied: sometimes(t, millis), Connected: sometimes(t, millis), FirstByte: sometimes(t, millis), Encrypted: sometimes(t, millis),
		TLS: rapid.Bool().Draw(t, "tls"), Resumed: sometimes(t, func() bool { return rapid.Bool().Draw(t, "resumed") }),
		Unclean: rapid.Bool().Draw(t, "unclean"), FirstBytes: pick(t, []string{"", "", "500 OOPS"}),
		Failure: sometimes(t, failure), Library: sometimes(t, failure),
	}
}

func randomSession(t *rapid.T, id int) evidence.Session {
	millis := func() evidence.Millis { return randomMillis(t) }
	return evidence.Session{
		ID: id, Purpose: pick(t, []string{evidence.PurposeDiagnose, evidence.PurposeDiagnose, evidence.PurposeDiagnose, evidence.PurposeClientHello, evidence.PurposePort21,
			evidence.PurposePlain, evidence.PurposeTLS12}),
		IP: pick(t, someAddresses), Port: pick(t, []int{21, 2121, 0}), Local: pick(t, []string{"10.10.0.2:41000", "[2001:db8::2]:41000", "", "127.0.0.1:1"}),
		SeenAs: evidence.Maybe(pick(t, someAddresses)), Connect: sometimes(t, millis), Greeting: sometimes(t, millis), Login: sometimes(t, millis),
		After: pick(t, []string{"", "USER", "PASS", "AUTH TLS"}), Reply: sometimes(t, func() evidence.Reply { return randomReply(t) }),
		TLS: rapid.Bool().Draw(t, "tls"), Auth: sometimes(t, func() evidence.Reply { return randomReply(t) }), Handshake: sometimes(t, millis),
		TLSVersion: evidence.Maybe(pick(t, []string{"", "TLS 1.2", "TLS 1.3"})), TLSLimit: evidence.Maybe(pick(t, []string{"", "", evidence.LimitTLS12, evidence.LimitLegacy})),
		FirstBytes: pick(t, []string{"", "220 ready", "SSH-2.0-x", "421 no"}), CertificateRequested: rapid.Bool().Draw(t, "requested"), Ticket: rapid.Bool().Draw(t, "ticket"),
		Protection: sometimes(t, func() evidence.Reply { return randomReply(t) }),
		Failure:    sometimes(t, func() evidence.Failure { return randomFailure(t) }),
	}
}

func randomCertificate(t *rapid.T) evidence.Certificate {
	c := evidence.Certificate{Subject: "CN=a", Issuer: pick(t, []string{"CN=a", ""}), Names: pick(t, [][]string{{}, {"a", "b"}}), Key: "RSA 1024",
		Verified: rapid.Bool().Draw(t, "verified"), Problems: rapid.SliceOfN(rapid.SampledFrom(someProblems), 0, 3).Draw(t, "problems")}
	if len(c.Problems) > 0 {
		c.Problem = evidence.Maybe(c.Problems[0])
	}
	if rapid.Bool().Draw(t, "dated") {
		c.NotAfter = evidence.Time{Time: someBegin.AddDate(0, 0, rapid.IntRange(-30, 30).Draw(t, "days"))}
	}
	return c
}

func randomWalk(t *rapid.T) evidence.Walk {
	hop := func() evidence.Hop {
		return evidence.Hop{Distance: rapid.IntRange(0, 9).Draw(t, "distance"), IP: pick(t, someAddresses)}
	}
	return evidence.Walk{
		Endpoint: randomEndpoint(t), Control: rapid.Bool().Draw(t, "control"), Hops: rapid.SliceOfN(rapid.Custom(func(*rapid.T) evidence.Hop { return hop() }), 0, 3).Draw(t, "hops"),
		HostDistance: sometimes(t, func() int { return rapid.IntRange(1, 9).Draw(t, "far") }),
		Answer:       pick(t, []string{"", probe.AnswerSilence, probe.AnswerReset, probe.AnswerICMP}), AnswerFrom: sometimes(t, hop),
		ICMP: evidence.Maybe(pick(t, []string{"", "admin-prohibited", "net-unreachable"})),
	}
}

func randomEvidence(t *rapid.T) *evidence.Evidence {
	ev := &evidence.Evidence{
		Target: evidence.Target{Host: pick(t, []string{"ftp.example.com", serverIP, ""}), Port: pick(t, []int{21, 2121, 0}), User: pick(t, []string{"", "anonymous", "joe"}), Path: pick(t, []string{"", "", "big"}), TLS: pick(t, someTLS)},
		Options: evidence.Options{Expect: pick(t, []string{"", "any", "passive", "active", "both"}), Timeout: randomMillis(t),
			TLS: pick(t, append(someTLS, evidence.TLSAuto)), Insecure: rapid.Bool().Draw(t, "insecure"), CertDays: pick(t, []int{0, 21})},
		Started: someBegin,
		Resolve: evidence.Resolve{Failure: sometimes(t, func() evidence.Failure { return randomFailure(t) })},
		Server:  evidence.Server{Greeting: pick(t, []string{"", "(vsFTPd 3.0.3)", "ProFTPD Server", "mx ESMTP", "****"}), Features: pick(t, [][]string{nil, {"EPSV", "HOST"}})},
		Sent:    evidence.Sent{DeadSYNs: rapid.IntRange(0, 70).Draw(t, "dead SYNs"), Spared: rapid.Bool().Draw(t, "spared")},
		ContactLost: sometimes(t, func() evidence.ContactLost {
			return evidence.ContactLost{At: randomMillis(t), Session: rapid.IntRange(0, 3).Draw(t, "lost session"), Kind: pick(t, someKinds)}
		}),
		Serial: rapid.Bool().Draw(t, "serial"), Cut: rapid.Bool().Draw(t, "cut"), Interrupted: rapid.Bool().Draw(t, "interrupted"),
	}
	ev.Server.TLS = sometimes(t, func() evidence.TLS {
		return evidence.TLS{Certificate: sometimes(t, func() evidence.Certificate { return randomCertificate(t) })}
	})
	if rapid.IntRange(0, 3).Draw(t, "resolves") > 0 {
		ev.Resolve.Failure = nil
	}
	for range rapid.IntRange(0, 3).Draw(t, "addresses") {
		a := evidence.Address{IP: pick(t, someAddresses), Family: pick(t, []int{4, 6}), Routed: rapid.Bool().Draw(t, "routed"), Used: rapid.Bool().Draw(t, "used"),
			Connect: sometimes(t, func() evidence.Millis { return randomMillis(t) }), Failure: sometimes(t, func() evidence.Failure { return randomFailure(t) })}
		ev.Addresses = append(ev.Addresses, a)
	}
	for id := range rapid.IntRange(0, 3).Draw(t, "sessions") {
		ev.Sessions = append(ev.Sessions, randomSession(t, id+1))
	}
	for id := range rapid.IntRange(0, 6).Draw(t, "attempts") {
		ev.Attempts = append(ev.Attempts, randomAttempt(t, id+1))
	}
	for range rapid.IntRange(0, 3).Draw(t, "probes") {
		ev.PassivePorts.Probes = append(ev.PassivePorts.Probes, evidence.PortProbe{Port: rapid.IntRange(1, 65535).Draw(t, "port"), Kind: pick(t, append(someKinds, ""))})
	}
	for range rapid.IntRange(0, 2).Draw(t, "walks") {
		ev.Walks = append(ev.Walks, randomWalk(t))
	}
	for _, text := range rapid.SliceOfN(rapid.SampledFrom([]string{"120 wait", "220 x", "HOST a"}), 0, 3).Draw(t, "transcript") {
		ev.Transcript = append(ev.Transcript, evidence.Exchange{Session: 1, From: pick(t, []string{evidence.FromClient, evidence.FromServer}), Text: text})
	}
	return ev
}
