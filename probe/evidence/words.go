package evidence

import (
	"encoding/json"
	"math"
	"net/netip"
	"time"
)

// Mode is the way a data connection is opened (RFC 959 §3.3): in passive mode
// the client connects, in active mode the server does. "" is null in JSON.
type Mode string

// The modes.
const (
	Passive Mode = "passive"
	Active  Mode = "active"
)

// Method is the command that negotiates a data connection. "" is null in JSON.
type Method string

// The methods: RFC 959 has PASV and PORT, RFC 2428 EPSV and EPRT.
const (
	EPSV Method = "EPSV"
	PASV Method = "PASV"
	EPRT Method = "EPRT"
	PORT Method = "PORT"
)

// Mode of a method.
func (m Method) Mode() Mode {
	if m == EPSV || m == PASV {
		return Passive
	}
	return Active
}

// Outcome of an attempt.
type Outcome string

// The outcomes. Inconclusive means that the transfer was refused before the
// data path could prove itself, or that our own doing got in the way.
const (
	OutcomeWorks        Outcome = "works"
	OutcomeFails        Outcome = "fails"
	OutcomeInconclusive Outcome = "inconclusive"
)

// MarshalJSON writes "" as null.
func (m Mode) MarshalJSON() ([]byte, error) { return Maybe(m).MarshalJSON() }

// MarshalJSON writes "" as null.
func (m Method) MarshalJSON() ([]byte, error) { return Maybe(m).MarshalJSON() }

// Maybe is a text that is null in JSON where it is empty.
type Maybe string

// MarshalJSON writes "" as null.
func (m Maybe) MarshalJSON() ([]byte, error) {
	if m == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(m))
}

// Endpoint is an address and port; the zero value is null in JSON.
type Endpoint struct{ netip.AddrPort }

// At makes an Endpoint.
func At(ip netip.Addr, port int) Endpoint {
	return Endpoint{netip.AddrPortFrom(ip, uint16(port))}
}

// MarshalJSON writes the zero value as null.
func (e Endpoint) MarshalJSON() ([]byte, error) {
	if !e.IsValid() {
		return []byte("null"), nil
	}
	return json.Marshal(e.String())
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Endpoint) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s == nil {
		*e = Endpoint{}
		return nil
	}
	ap, err := netip.ParseAddrPort(*s)
	e.AddrPort = ap
	return err
}

// Millis is a duration, or an offset from the start of the run; in JSON it is a
// number of milliseconds with up to three decimals.
type Millis time.Duration

// Duration is m as Go has it.
func (m Millis) Duration() time.Duration { return time.Duration(m) }

// MarshalJSON writes milliseconds.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(m).Microseconds()) / 1000)
}

// UnmarshalJSON reads milliseconds.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var ms float64
	if err := json.Unmarshal(b, &ms); err != nil {
		return err
	}
	*m = Millis(time.Duration(math.Round(ms*1000)) * time.Microsecond)
	return nil
}

// String is that of a time.Duration.
func (m Millis) String() string { return time.Duration(m).String() }
