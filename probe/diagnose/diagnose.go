package diagnose

import (
	"maps"
	"slices"
	"strconv"

	"ftpdiag/probe/evidence"
)

// Diagnose says what the evidence means. It looks at nothing else: no clock, no
// network, no environment, and it changes nothing in ev. Version is left empty.
func Diagnose(ev *evidence.Evidence) *Result {
	v := newView(believed(ev))
	hits := v.hits()
	v.judge(hits)
	r := v.record(ev)
	mode := recommended(v.verdicts.modes)
	for _, h := range hits {
		r.Findings = append(r.Findings, v.finding(h, mode))
	}
	v.sortFindings(r.Findings)
	r.Status = v.statusOf(r.Findings, mode)
	r.Modes, r.Methods = v.verdicts.modes, v.verdicts.methods
	r.Recommendation = v.recommend(hits, r.Findings)
	return r
}

// hits runs the rules, layer by layer. What stops the run at a layer is the only
// cause; past the login, the causes of the modes are found side by side.
func (v *view) hits() []hit {
	stopped := v.firstOf(slices.Concat(dnsRules, controlRules, clientCertificateRules, greetingRules, tlsRules, loginRules))
	if stopped != nil {
		return append(stopped, v.run(sideRules)...)
	}
	hits := v.run(slices.Concat(serverRules, dataTLSRules, blindRules, passiveNegotiationRules, passiveAddressRules, passivePortRules, passiveDataRules,
		activeNegotiationRules, activeDataRules, transferRules, refusalRules, leftoverRules, remarkRules, sideRules))
	v.leaveBlindOpen(hits)
	return hits
}

// record is the part of the Result that the evidence fills.
func (v *view) record(ev *evidence.Evidence) *Result {
	r := &Result{
		Schema: Schema, Started: Timestamp{ev.Started}, Duration: ev.Duration,
		Target: ev.Target, Options: ev.Options, Resolve: ev.Resolve,
		Addresses: notNil(ev.Addresses), Sessions: notNil(ev.Sessions), Attempts: notNil(ev.Attempts),
		Server:   Server{Server: ev.Server, Product: v.product},
		Findings: []Finding{}, PassivePorts: v.portsOf(ev.PassivePorts),
		Route: notNil(ev.Route), Walks: notNil(ev.Walks), Transcript: notNil(ev.Transcript),
		Sent: ev.Sent, ContactLost: ev.ContactLost,
		Serial: ev.Serial, Cut: ev.Cut,
	}
	r.Server.Features = notNil(ev.Server.Features)
	if tls := ev.Server.TLS; tls != nil && tls.Certificate != nil {
		own, certificate := *tls, *tls.Certificate
		certificate.Names, certificate.Problems = notNil(certificate.Names), notNil(certificate.Problems)
		own.Certificate, r.Server.TLS = &certificate, &own
	}
	for i := range r.Walks {
		r.Walks[i].Hops = notNil(r.Walks[i].Hops)
	}
	return r
}

// finding completes a hit with the catalogue's words.
func (v *view) finding(h hit, recommended RecommendedMode) Finding {
	c := causeOf(h.code)
	values := v.values(h.values)
	proof := lines(h.evidence...)
	tries := append(slices.Clone(h.tries), h.seen...)
	if len(proof) == 0 {
		proof = bare(tries)
	}
	who, summary, list := c.who, c.summary, remedies[h.code]
	if h.variant != nil {
		who, summary, list = h.variant.who, h.variant.summary, h.variant.remedies
	}
	if h.who != nil {
		who = h.who
	}
	return Finding{
		Code: h.code, Severity: v.severityOf(h, recommended), Mode: h.mode, Layer: c.layer, Who: notNil(who),
		Confidence: v.confidenceOf(h), Summary: fill(summary, values), Evidence: proof,
		Attempts: ids(tries), CouldAlsoBe: unique(h.open),
		Fixes: fixesFrom(list, v.product, values, v.verdicts.modes), BlockedAt: h.blocked,
	}
}

// values are those that every finding knows, and the hit's own.
func (v *view) values(own map[string]string) map[string]string {
	_, _, seen := v.nat()
	values := map[string]string{
		"host": v.ev.Target.Host, "control": strconv.Itoa(v.ev.Target.Port), "peer": v.peer(), "seen": host(seen),
	}
	if v.ev.Target.Port == 0 {
		values["control"] = ""
	}
	if v.usable(evidence.Active) {
		values["usable"] = names[evidence.Active]
	}
	maps.Copy(values, own)
	return values
}

// unique keeps the first of equal codes.
func unique(codes []Code) []Code {
	out := []Code{}
	for _, c := range codes {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
