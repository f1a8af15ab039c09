package ftptest

import (
	"crypto/tls"
	"net/netip"
	"strings"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// tlsFaults are those of cause 4: TLS on the control connection. Where the
// certificate is not what they are about, it verifies.
func tlsFaults() []Fault {
	noRecord := Answer{Text: "\x16\x03\x03\xff\xff" + strings.Repeat("x", 1000), Raw: true, Then: Hang}
	faults := []Fault{
		{Code: diagnose.TLSNotOffered, Title: "the server has no TLS, and TLS is asked for",
			Behaviour: Behaviour{Greeting: vsftpd, Replies: []Override{On("AUTH", "530 Please login with USER and PASS.")}}},
		{Code: diagnose.TLSNoServerCert, Title: "the server has TLS, but no certificate",
			Behaviour: asProFTPD(TLS{Auth: "431 Necessary security resource unavailable"})},
		{Code: diagnose.TLSImplicitExplicitMismatch, Title: "implicit TLS is asked for, the port speaks explicit",
			Behaviour: explicitly(TLS{}), Options: overTLS(implicitly)},
		{Code: diagnose.TLSVersionCipher, Title: "the server's TLS ends at 1.0",
			Behaviour: explicitly(TLS{MaxVersion: tls.VersionTLS10})},
		{Code: diagnose.TLSCertUntrusted, Title: "the certificate expired yesterday",
			Behaviour: explicitly(TLS{Certificate: CertExpired})},
		{Code: diagnose.TLSCertExpiresSoon, Title: "all works; the certificate expires in ten days",
			Behaviour: explicitly(TLS{Certificate: CertExpiring})},
		{Code: diagnose.TLSResponseInjected, Title: "more comes in clear behind the 234",
			Behaviour: explicitly(TLS{Accepted: "234 Proceed with TLS.\r\n230 Login successful.\r\n"})},
		{Code: diagnose.TLSHandshakeMalformed, Title: "what answers the ClientHello is no TLS record",
			Behaviour: explicitly(TLS{Handshake: Handshake{Hello: true, Answers: []Answer{noRecord}}})},
		{Code: diagnose.TLSClientCertRequired, Title: "the server wants a certificate of the client too",
			Behaviour: explicitly(TLS{ClientCertificate: tls.RequireAndVerifyClientCert})},
		{Code: diagnose.TLSKilledByMiddlebox, Title: "a firewall resets what begins to speak TLS",
			Behaviour: explicitly(TLS{}), Network: behind(Through(CutTLS(true)), nil)},
		{Code: diagnose.TLSHandshakeStalled, Title: "large packets are lost: the handshake stalls",
			Behaviour: explicitly(TLS{}), Network: behind(Through(DropLarge(1000)), nil), Options: overTLS(hastily)},
	}
	return allOverTLS(faults)
}

// dataTLSFaults are those of cause 10 that are about TLS.
func dataTLSFaults() []Fault {
	faults := []Fault{
		{Code: diagnose.DataTLSRefused, Title: "the server encrypts commands, and no data",
			Behaviour: asProFTPD(TLS{NoProtP: "534 Unwilling to accept security parameters"})},
		{Code: diagnose.DataTLSSessionReuseRequired, Title: "all works; TLS sessions have to be resumed",
			Behaviour: explicitly(TLS{Reuse: Reuse{Required: true}})},
		{Code: diagnose.DataTLSSessionReuseBroken, Title: "TLS sessions resume in TLS 1.2 only, and have to",
			Behaviour: asProFTPD(TLS{Reuse: Reuse{Required: true, Only12: true, Refusal: notPermitted}})},
		{Code: diagnose.DataTLSSessionExpired, Title: "the server forgets a TLS session that must be resumed",
			Behaviour: asProFTPD(TLS{Reuse: Reuse{Required: true, Expires: 1, Refusal: notPermitted}}),
			Options:   overTLS(fetching)},
		{Code: diagnose.DataTLSHandshakeFailed, Title: "the server answers data connections with plain text",
			Behaviour: explicitly(TLS{Data: inClear, DataFailed: Answer{Text: "426 Failure writing network stream."}})},
		{Code: diagnose.DataTLSUncleanClose, Title: "all works, without the end that TLS wants",
			Behaviour: Behaviour{Greeting: vsftpd, TLS: TLS{Explicit: true}, Transfers: Transfers{"": {Connect(), Mark(), Send(), CutData(), Complete()}}}},
	}
	return allOverTLS(faults)
}

// blindFaults are about helpers of routers, which see nothing in TLS.
func blindFaults() []Fault {
	behindNAT, nat := explicitly(TLS{}), explicitly(TLS{})
	behindNAT.Passive.Addr = serverPrivate
	nat.SeenAs, nat.Active.ToPeer = clientPublic, true
	helper := Through(RewriteAddresses(clientPublic, netip.Addr{}))
	return allOverTLS([]Fault{
		{Code: diagnose.PassiveALGBlindToTLS, Mode: evidence.Passive, Title: "the server's NAT router reads 227 replies, not TLS",
			Behaviour: behindNAT, Network: readByHelper},
		{Code: diagnose.ActiveALGBlindToTLS, Mode: evidence.Active, Title: "the client's NAT router reads PORT commands, not TLS",
			Behaviour: nat, Network: fromTo(clientPrivate, serverPublic, Rule{Port(21), helper})},
	})
}

// allOverTLS has the faults ask for explicit TLS that have no options of their own.
func allOverTLS(faults []Fault) []Fault {
	for i := range faults {
		if faults[i].Options == nil {
			faults[i].Options = overTLS()
		}
	}
	return faults
}

// explicitly is a server with AUTH TLS that is vsftpd otherwise.
func explicitly(t TLS) Behaviour {
	t.Explicit = true
	return Behaviour{Greeting: vsftpd, TLS: t}
}

// asProFTPD is explicitly with another greeting.
func asProFTPD(t TLS) Behaviour {
	b := explicitly(t)
	b.Greeting = proftpd
	return b
}

// readByHelper is a server behind a NAT router that forwards what its helper has
// read in the replies of the control connection, and nothing else.
func readByHelper(s *Server) *Network {
	h := &Helper{}
	return at(serverPublic,
		Rule{Port(21), Through(RewriteAddresses(serverPublic, serverPublic))},
		Rule{Port(21), h.Watch(evidence.EPSV, evidence.PASV)},
		Rule{Both(Not(Port(21)), h.Unexpected), Refuse()})(s)
}

// notPermitted is what ProFTPD says where a TLS session is not resumed.
var notPermitted = Answer{Text: "425 Unable to build data connection: Operation not permitted"}

// inClear is plain text in place of a handshake.
var inClear = Handshake{Hello: true, Answers: []Answer{{Text: "500 OOPS: child died", Then: Close}}}

// alerting answers every ClientHello with a fatal alert.
func alerting(code byte) Handshake {
	return Handshake{Hello: true, Answers: []Answer{{Text: TLSAlert(code), Raw: true, Then: Close}}}
}

// overTLS has a diagnosis ask for explicit TLS, and trust the certificates here.
func overTLS(also ...func(*probe.Config)) func(*probe.Config) {
	return func(cfg *probe.Config) {
		auto(cfg)
		cfg.TLS = evidence.TLSExplicit
		for _, set := range also {
			set(cfg)
		}
	}
}

// auto leaves it to the diagnosis when to ask for TLS.
func auto(cfg *probe.Config) { cfg.RootCAs = Roots() }

func implicitly(cfg *probe.Config) { cfg.TLS = evidence.TLSImplicit }

// fetching has a diagnosis transfer twice on a session: a listing, and a file. In
// active mode there may be no time for the second.
func fetching(cfg *probe.Config) { cfg.Retrieve, cfg.Mode = true, evidence.Passive }

// hastily is within a second, where silence is part of the fault.
func hastily(cfg *probe.Config) { within(sceneTimeout / 2)(cfg) }
