package ftptest

import (
	"crypto/tls"
	"net"
	"slices"
	"time"

	"ftpdiag/probe/diagnose"
)

// Variants are other faces of the causes that [Faults] show, several of a cause.
// Titles are unique.
func Variants() []Fault {
	return slices.Concat(loginVariants(), tlsVariants(), certificateVariants(), middleboxVariants(), dataTLSVariants())
}

// loginVariants are answers to the login that are none, or come unasked.
func loginVariants() []Fault {
	on := func(verb string, a Answer) Behaviour {
		return Behaviour{Replies: []Override{{Verbs: verb, Answers: []Answer{a}}}}
	}
	twice := func(text string) []Override {
		return []Override{{Verbs: "PASS", Order: After, Answers: []Answer{{Text: text}}}}
	}
	return []Fault{
		{Code: diagnose.LoginTimeout, Title: "USER is never answered", Behaviour: on("USER", Answer{Then: Hang}), Options: within(time.Second)},
		{Code: diagnose.LoginTimeout, Title: "the answer to PASS never ends, and stalls",
			Behaviour: on("PASS", Answer{Text: "230-Welcome.", Then: Hang}), Options: within(time.Second)},
		{Code: diagnose.LoginMalformedReply, Title: "USER is answered with a page", Behaviour: on("USER", Answer{Text: "<html><body>no</body></html>"})},
		{Code: diagnose.LoginMalformedReply, Title: "USER is answered with code 000", Behaviour: on("USER", Answer{Text: "000 none"})},
		{Code: diagnose.LoginMalformedReply, Title: "USER is answered with code 999", Behaviour: on("USER", Answer{Text: "999 none"})},
		{Code: diagnose.LoginMalformedReply, Title: "USER is answered with an endless line",
			Behaviour: on("USER", Answer{Text: "331 aaaaaaaaaaaaaaaa", Raw: true, Endless: true})},
		{Code: diagnose.LoginMalformedReply, Title: "PASS is answered with a reply that does not end",
			Behaviour: on("PASS", Answer{Text: "230-welcome, welcome, welcome", Endless: true})},
		{Code: diagnose.LoginMalformedReply, Title: "PASS is answered with replies without end",
			Behaviour: on("PASS", Answer{Text: "250 by the way", Endless: true})},
		{Code: diagnose.LoginMalformedReply, Title: "PASS is answered with 331 every time", Behaviour: on("PASS", Answer{Text: "331 Password."})},
		{Code: diagnose.LoginExtraReply, Title: "the greeting comes twice", Behaviour: Behaviour{Greeting: Greet("220 Welcome.\r\n220 Welcome.")}},
		{Code: diagnose.LoginExtraReply, Title: "PASS is answered twice", Behaviour: Behaviour{Replies: twice("230 User logged in.")}},
	}
}

// tlsVariants are about whether, and which, TLS is spoken.
func tlsVariants() []Fault {
	return allOverTLS([]Fault{
		{Code: diagnose.TLSRequired, Title: "TLS is demanded at USER, and found", Options: auto,
			Behaviour: explicitly(TLS{Required: Answer{Text: "530 Anonymous sessions must use encryption.", Then: Close}})},
		{Code: diagnose.DataTLSRequired, Title: "TLS is demanded for transfers, and found", Options: auto,
			Behaviour: explicitly(TLS{Protected: "522 Data connections must be encrypted."})},
		{Code: diagnose.TLSNoServerCert, Title: "IIS without a certificate",
			Behaviour: Behaviour{Greeting: iis, TLS: TLS{Explicit: true, Auth: "534 Policy requires SSL."}}},
		{Code: diagnose.TLSImplicitExplicitMismatch, Title: "explicit TLS is asked for, the port speaks implicit",
			Behaviour: Behaviour{Greeting: vsftpd, TLS: TLS{Implicit: true}}, Options: overTLS(hastily)},
		{Code: diagnose.TLSVersionCipher, Title: "TLS 1.3 breaks, TLS 1.2 works",
			Behaviour: explicitly(TLS{Handshake: Handshake{Intolerant: true}})},
		{Code: diagnose.TLSVersionCipher, Title: "the server has no key exchange but RSA",
			Behaviour: explicitly(TLS{MaxVersion: tls.VersionTLS12, Suites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}, Certificate: CertRSA})},
		{Code: diagnose.TLSVersionCipher, Title: "nothing is agreed upon: handshake_failure",
			Behaviour: explicitly(TLS{Handshake: alerting(AlertHandshakeFailure)})},
		{Code: diagnose.TLSVersionCipher, Title: "nothing is agreed upon: protocol_version",
			Behaviour: explicitly(TLS{Handshake: alerting(AlertProtocolVersion), Failed: Answer{Text: "421 Negotiation failed: unsupported protocol"}})},
		{Code: diagnose.TLSClientCertRequired, Title: "a client certificate is wanted, in TLS 1.2",
			Behaviour: explicitly(TLS{ClientCertificate: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12})},
		{Code: diagnose.TLSHandshakeStalled, Title: "nothing follows the 234",
			Behaviour: explicitly(TLS{Handshake: Handshake{Answers: []Answer{{Then: Hang}}}}), Options: overTLS(hastily)},
	})
}

// certificateVariants are certificates that a client does not trust, or should not.
func certificateVariants() []Fault {
	kinds := []struct {
		title string
		kind  Certificate
	}{
		{"the certificate is signed by itself", CertSelfSigned},
		{"the certificate is not valid yet", CertNotYetValid},
		{"the certificate names another host", CertWrongHost},
		{"the intermediate certificate is not served", CertIncomplete},
		{"nobody knows who signed the certificate", CertUnknownCA},
		{"the certificate has a key of 1024 bits", CertWeakKey},
		{"the certificate is signed with SHA-1", CertWeakSignature},
	}
	faults := make([]Fault, len(kinds))
	for i, k := range kinds {
		faults[i] = Fault{Code: diagnose.TLSCertUntrusted, Title: k.title, Behaviour: explicitly(TLS{Certificate: k.kind})}
	}
	return allOverTLS(faults)
}

// middleboxVariants are devices on the way that do not let TLS pass.
func middleboxVariants() []Fault {
	through := func(code diagnose.Code, title string, box func(net.Conn) net.Conn) Fault {
		return Fault{Code: code, Title: title, Behaviour: explicitly(TLS{}), Network: behind(Through(box), nil)}
	}
	return allOverTLS([]Fault{
		through(diagnose.TLSNotOffered, "somebody on the way strips TLS", StripAuth()),
		through(diagnose.TLSKilledByMiddlebox, "the connection ends in place of the 234", CutOnReply("234", false)),
		through(diagnose.TLSKilledByMiddlebox, "a RST comes in place of the 234", CutOnReply("234", true)),
		through(diagnose.TLSKilledByMiddlebox, "the connection ends at the ClientHello", CutTLS(false)),
	})
}

// dataTLSVariants are about TLS on data connections.
func dataTLSVariants() []Fault {
	never := func(title string, refusal Answer) Fault {
		return Fault{Code: diagnose.DataTLSSessionReuseRequired, Title: title,
			Behaviour: explicitly(TLS{Reuse: Reuse{Required: true, NoTickets: true, Refusal: refusal}})}
	}
	failed := func(title string, t TLS) Fault {
		return Fault{Code: diagnose.DataTLSHandshakeFailed, Title: title, Behaviour: explicitly(t), Options: overTLS(hastily)}
	}
	afterHello := func(then Then) Handshake { return Handshake{Hello: true, Answers: []Answer{{Then: then}}} }
	return allOverTLS([]Fault{
		never("TLS sessions must be resumed, and cannot be", Answer{}),
		never("the demand to resume comes in clear", Answer{Text: reuseRequired.Text, Clear: true, Then: Close}),
		never("the demand to resume in the words of FileZilla Server", Answer{
			Text: "425 Unable to build data connection: TLS session of data connection not resumed."}),
		failed("the data connection gets an alert", TLS{Data: alerting(AlertHandshakeFailure)}),
		failed("the data connection is reset when TLS begins", TLS{Data: afterHello(Reset)}),
		failed("data and control connection end without a word", TLS{Data: afterHello(Close), DataFailed: Answer{Then: Close}}),
		failed("the data handshake stalls", TLS{Data: Handshake{Answers: []Answer{{Then: Hang}}}}),
	})
}
