package diagnose

import (
	"slices"
	"time"

	"ftpdiag/probe/evidence"
)

// Schema is the name of the JSON form of a Result.
const Schema = "ftpdiag/1"

// Result is what one target's diagnosis says. It is its own JSON: every format
// prints from this value. Lists are never nil.
type Result struct {
	Schema   string          `json:"schema"`
	Version  string          `json:"version"`
	Started  Timestamp       `json:"started"`
	Duration evidence.Millis `json:"duration_ms"`

	Target    evidence.Target    `json:"target"`
	Options   evidence.Options   `json:"options"`
	Resolve   evidence.Resolve   `json:"resolve"`
	Addresses []evidence.Address `json:"addresses"`
	Server    Server             `json:"server"`
	Sessions  []evidence.Session `json:"sessions"`

	Status         Status         `json:"status"`
	Modes          Modes          `json:"modes"`
	Methods        Methods        `json:"methods"`
	Recommendation Recommendation `json:"recommendation"`
	Findings       []Finding      `json:"findings"`

	Attempts     []evidence.Attempt    `json:"attempts"`
	PassivePorts evidence.PassivePorts `json:"passive_ports"`
	Route        []evidence.Hop        `json:"route"`
	Walks        []evidence.Walk       `json:"walks"`
	Transcript   []evidence.Exchange   `json:"transcript"`

	Sent        evidence.Sent         `json:"sent"`
	ContactLost *evidence.ContactLost `json:"contact_lost"` // nil: the server's host answered to the end

	Serial bool `json:"serial"` // the server allowed one control connection at a time
	Cut    bool `json:"cut"`    // the deadline came before the answers

	Repeats *Repeats `json:"repeats"` // what several runs say together; nil: there was one
	Gated   *Gated   `json:"gate"`    // what rules of the caller's own changed about the status; nil: nothing
}

// Server is what the server said about itself, and what that makes it.
type Server struct {
	evidence.Server
	Product string `json:"product"` // "vsftpd 3.0.3"; empty: not recognised
}

// Status is that of a monitoring plugin.
type Status string

// The statuses, and their exit codes.
const (
	StatusOK       Status = "ok"       // 0
	StatusWarning  Status = "warning"  // 1
	StatusCritical Status = "critical" // 2
	StatusUnknown  Status = "unknown"  // 3
)

// ExitCode of the status.
func (s Status) ExitCode() int {
	switch s {
	case StatusOK:
		return 0
	case StatusWarning:
		return 1
	case StatusCritical:
		return 2
	}
	return 3
}

// Worse is the worse of two statuses: critical, then warning, then unknown, then
// ok.
func (s Status) Worse(t Status) Status {
	order := []Status{StatusOK, StatusUnknown, StatusWarning, StatusCritical}
	if slices.Index(order, t) > slices.Index(order, s) {
		return t
	}
	return s
}

// Verdict on a mode or a method.
type Verdict string

// The verdicts.
const (
	Works        Verdict = "works"
	Conditional  Verdict = "conditional"  // one way of it works, another that the server accepted does not
	Intermittent Verdict = "intermittent" // works on some ports or tries only
	Fails        Verdict = "fails"
	NotTested    Verdict = "not_tested"
	Inconclusive Verdict = "inconclusive" // tried, and nothing was decided
)

// Modes holds the verdict on each mode.
type Modes struct {
	Passive Verdict `json:"passive"`
	Active  Verdict `json:"active"`
}

// Of is the verdict on one mode; the zero Mode is not tested.
func (m Modes) Of(mode evidence.Mode) Verdict {
	switch mode {
	case evidence.Passive:
		return m.Passive
	case evidence.Active:
		return m.Active
	}
	return NotTested
}

// Methods holds the verdict on each way to negotiate.
type Methods struct {
	EPSV Verdict `json:"EPSV"`
	PASV Verdict `json:"PASV"`
	EPRT Verdict `json:"EPRT"`
	PORT Verdict `json:"PORT"`
}

// Of is the verdict on one method; the zero Method is not tested.
func (m Methods) Of(method evidence.Method) Verdict {
	switch method {
	case evidence.EPSV:
		return m.EPSV
	case evidence.PASV:
		return m.PASV
	case evidence.EPRT:
		return m.EPRT
	case evidence.PORT:
		return m.PORT
	}
	return NotTested
}

// Confidence in a statement.
type Confidence string

// The confidences.
const (
	High   Confidence = "high"   // no look-alike left, proved by a pair of observations
	Medium Confidence = "medium" // one observation
	Low    Confidence = "low"    // intermittent, or cut short
)

// Recommendation says which mode to use.
type Recommendation struct {
	Mode       RecommendedMode `json:"mode"`
	Method     evidence.Method `json:"method"`
	TLS        string          `json:"tls"` // off, explicit, implicit
	Confidence Confidence      `json:"confidence"`
	Reason     string          `json:"reason"`     // one sentence
	Conditions []Condition     `json:"conditions"` // what must be heeded for it to work
}

// RecommendedMode is passive, active or none.
type RecommendedMode string

// None is the recommendation where no mode works.
const None RecommendedMode = "none"

// Condition is something the client must heed.
type Condition struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Severity of a finding.
type Severity string

// The severities: see the contract.
const (
	Error   Severity = "error"   // because of this, what is asked for does not work
	Warning Severity = "warning" // another mode fails, or it works only sometimes, for some, or not for long
	Info    Severity = "info"    // no effect on a transfer
)

// Layer at which a cause sits, in the order in which findings are sorted.
type Layer string

// The layers.
const (
	LayerDNS         Layer = "dns"
	LayerControl     Layer = "control"
	LayerGreeting    Layer = "greeting"
	LayerTLS         Layer = "tls"
	LayerLogin       Layer = "login"
	LayerNegotiation Layer = "negotiation"
	LayerData        Layer = "data"
	LayerTransfer    Layer = "transfer"
)

// Who must act.
type Who string

// The people who can mend something.
const (
	ClientUser    Who = "client-user"
	ClientNetwork Who = "client-network"
	ServerAdmin   Who = "server-admin"
	ServerNetwork Who = "server-network"
	ISP           Who = "isp"
)

// Finding is one cause, with its proof and its cure.
type Finding struct {
	Code        Code          `json:"code"`
	Severity    Severity      `json:"severity"`
	Mode        evidence.Mode `json:"mode"` // "" (null): not about one mode
	Layer       Layer         `json:"layer"`
	Who         []Who         `json:"who"` // likeliest first
	Confidence  Confidence    `json:"confidence"`
	Summary     string        `json:"summary"`  // one sentence that a caller on the phone understands
	Evidence    []string      `json:"evidence"` // replies and observations that prove it, verbatim
	Attempts    []int         `json:"attempts"` // ids
	CouldAlsoBe []Code        `json:"could_also_be"`
	Fixes       []Fix         `json:"fixes"`
	BlockedAt   *BlockedAt    `json:"blocked_at"`
}

// Fix is what one person can do.
type Fix struct {
	Who  Who    `json:"who"`
	Text string `json:"text"`
}

// BlockedAt says how far packets came. It claims no more than was seen: what
// drops is the last hop that answered, or whatever is just behind it.
type BlockedAt struct {
	AfterHop     evidence.Maybe `json:"after_hop"`     // the last hop that answered
	Distance     int            `json:"distance"`      // its distance
	HostDistance *int           `json:"host_distance"` // nil: not known
	Answer       string         `json:"answer"`        // silence, reset, icmp
	ICMPFrom     evidence.Maybe `json:"icmp_from"`
	ICMP         evidence.Maybe `json:"icmp"`
}

// Timestamp is UTC with milliseconds in JSON.
type Timestamp struct{ time.Time }

const timestampLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes RFC 3339 with three decimals.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(timestampLayout) + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Timestamp) UnmarshalJSON(b []byte) (err error) {
	t.Time, err = time.Parse(`"`+timestampLayout+`"`, string(b))
	return err
}
