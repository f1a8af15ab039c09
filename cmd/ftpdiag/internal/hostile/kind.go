package hostile

import (
	"fmt"
	"slices"
)

// Kind is one way to misbehave.
type Kind struct {
	Name  string   // step: misbehaviour, unlike any other
	Step  Step     // where
	Flags []string // with which the program gets there
	TLS   bool     // over explicit TLS

	act      act        // in place of the reply
	transfer transferOf // in place of a whole transfer

	early Step // with this step's reply the kind's own is said already
	again bool // and once more in its turn

	refused    []string // commands, so that the client tries the one that is the step
	deadActive bool     // no data connection in active mode, for the same reason
}

// way is how a client comes to a step.
type way struct {
	step    Step
	before  Step // the reply before; "": an early one would be said in clear
	decides bool // more is tried than the usual
	kind    Kind
}

var ways = []way{
	{step: Greeting, decides: true},
	{step: "USER", before: Greeting},
	{step: "PASS", before: "USER", decides: true},
	{step: "EPSV", before: "PASS", decides: true},
	{step: "PASV", before: "EPSV", decides: true, kind: Kind{refused: []string{"EPSV"}}},
	{step: "EPRT", before: "PASS"},
	{step: "PORT", before: "PASS", kind: Kind{refused: []string{"EPRT"}}},
	{step: Mark, before: "EPSV", decides: true},
	{step: Completion, before: Mark, decides: true},
	{step: "FEAT", before: "EPSV"},
	{step: "SYST", before: "FEAT"},
	{step: "STAT", before: "EPRT", kind: Kind{deadActive: true, Flags: []string{"--thorough"}}}, // or PORT is not tried in place of EPRT
	{step: "AUTH", before: Greeting, decides: true, kind: Kind{TLS: true}},
	{step: "PBSZ", before: "PASS", kind: Kind{TLS: true}},
	{step: "PROT", before: "PBSZ", kind: Kind{TLS: true}},
	{step: "TYPE", before: "PASS", kind: Kind{Flags: []string{"--upload"}}},
	{step: "SIZE", before: Completion, kind: Kind{Flags: []string{"--upload"}}},
	{step: "DELE", before: "SIZE", kind: Kind{Flags: []string{"--upload"}}},
	{step: "QUIT", before: Completion},
}

// Kinds are all of them.
func Kinds() (all []Kind) {
	for _, w := range ways {
		list := usual
		if w.decides {
			list = slices.Concat(usual, more)
		}
		for _, m := range list {
			all = append(all, w.named(m.name, Kind{act: m.act}))
		}
		if w.before != "" {
			all = append(all, w.named("early", Kind{early: w.before}), w.named("early and again", Kind{early: w.before, again: true}))
		}
	}
	for _, h := range handshakes {
		all = append(all, way{step: Handshake, kind: Kind{TLS: true}}.named(h.name, Kind{act: h.act}))
	}
	for _, tr := range transfers {
		all = append(all, way{step: Data}.named(tr.name, Kind{transfer: tr.do}))
	}
	return append(all, breakers()...)
}

func (w way) named(name string, k Kind) Kind {
	k.Name, k.Step = fmt.Sprintf("%s: %s", w.step, name), w.step
	k.Flags, k.TLS, k.deadActive = w.kind.Flags, w.kind.TLS, w.kind.deadActive
	k.refused = w.kind.refused
	return k
}

// breakers are the kinds that want to break a format.
func breakers() (all []Kind) {
	for _, b := range broken {
		for _, evil := range breaking {
			all = append(all, way{step: b.step}.named(b.name+" "+evil.name, Kind{act: said(func(code, text, _ string) string {
				return b.say(code, text, evil.text)
			})}))
		}
		all = append(all, way{step: b.step}.named(b.name+" lines", Kind{act: said(func(code, text, _ string) string {
			first := b.say(code, text, "x")
			return first[:3] + "-x" + injected + first[:3] + " " + text + "\r\n"
		})}))
	}
	for _, evil := range breaking {
		all = append(all, way{step: Data}.named("names with "+evil.name, Kind{transfer: listed(
			"-rw-r--r--   1 ftp      ftp            42 Jan  2  2026 " + evil.text + "\r\n")}))
	}
	return all
}
