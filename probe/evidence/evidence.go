package evidence

import "time"

// Evidence is everything that one run asked and saw, and nothing that it
// concluded. An empty field means not tried, which is never the same as failed.
// Every text in it that came from the network is made visible and carries
// no password.
type Evidence struct {
	Target   Target
	Options  Options
	Started  time.Time
	Duration Millis // the whole run

	Resolve      Resolve
	Addresses    []Address
	Server       Server
	Sessions     []Session
	Attempts     []Attempt
	PassivePorts PassivePorts
	Route        []Hop      // the way to the control port, nearest hop first; empty: not walked
	Walks        []Walk     // one for each dead port that was walked
	Transcript   []Exchange // sorted by time

	Sent        Sent         // what guards on the way may have counted
	ContactLost *ContactLost // nil: the server's host answered to the end

	Serial      bool // the server gave us one control connection at a time
	Cut         bool // the deadline ended the run before the plan did
	Interrupted bool // the caller's context ended the run
}

// Target names what is diagnosed.
type Target struct {
	Index int    `json:"index"` // position among the targets of one call, from 0
	Label string `json:"label"` // the caller's own name for it; may be empty
	Input string `json:"input"` // as it was given, a password replaced by ***
	Host  string `json:"host"`  // name or address, IPv6 without brackets
	Port  int    `json:"port"`  // control port; 0 in a Config means 21, or 990 with implicit TLS
	TLS   string `json:"tls"`   // off, explicit or implicit: what the run ended up speaking
	User  string `json:"user"`
	Path  string `json:"path"` // what is transferred; empty: the listing of the login directory
}

// Options records the settings that a reader needs to judge the evidence.
type Options struct {
	Mode     string `json:"mode"`   // both, passive, active
	Expect   string `json:"expect"` // any, passive, active, both
	TLS      string `json:"tls"`    // auto, off, explicit, implicit
	Family   string `json:"family"` // any, ipv4, ipv6
	Timeout  Millis `json:"timeout_ms"`
	Deadline Millis `json:"deadline_ms"`
	Quick    bool   `json:"quick"`
	Thorough bool   `json:"thorough"`  // sampled to the exact boundary, beyond the budget of an ordinary run
	Insecure bool   `json:"insecure"`  // a password may cross a connection whose certificate does not verify
	CertDays int    `json:"cert_days"` // a certificate that expires within so many days is worth a warning; 0: none is before it has expired
}

// Sent is what a run sent of all that the guards of networks and servers count:
// port-scan detectors count connection requests to ports that are not open, ban
// lists count logins.
type Sent struct {
	// DeadSYNs are connection requests, repetitions by the system included, to ports
	// of the server's host that did not answer with a connection. Those whose TTL
	// cannot reach the host do not count.
	DeadSYNs    int  `json:"dead_syns"`
	Connections int  `json:"control_connections"` // that were made or tried
	Logins      int  `json:"logins"`              // USER was sent
	Spared      bool `json:"spared"`              // a question was not asked, so as not to send more: a thorough run asks it
}

// ContactLost says that the server's host stopped answering on a control connection
// which worked, while ports were being tried: a guard on the way may have banned
// this machine for it. Nothing was sent any more.
type ContactLost struct {
	At      Millis `json:"at_ms"`
	Session int    `json:"session"`
	Kind    Kind   `json:"kind"` // timed-out: it fell silent; reset or eof: it ended
}

// Resolve is the outcome of looking the name up; for a literal address it takes
// no time.
type Resolve struct {
	Duration Millis   `json:"duration_ms"`
	Failure  *Failure `json:"failure"`
}

// Address is one address of the host and how the connect to its control port
// went. Connect and Failure are both nil where the answer was not awaited.
type Address struct {
	IP      string   `json:"ip"`
	Family  int      `json:"family"` // 4 or 6
	Used    bool     `json:"used"`   // the diagnosis ran over this one
	Connect *Millis  `json:"connect_ms"`
	Failure *Failure `json:"failure"`
	Routed  bool     `json:"routed"` // this machine has a route for the address
}

// Server is what the server said about itself.
type Server struct {
	Greeting string   `json:"greeting"` // text of the greeting that let us in, lines joined by \n
	System   string   `json:"system"`   // text of the reply to SYST (RFC 959)
	Features []string `json:"features"` // the lines of FEAT (RFC 2389), trimmed; empty: none or not asked
	Status   string   `json:"-"`        // text of the reply to STAT, which on some servers names our address
	TLS      *TLS     `json:"tls"`      // nil: no control connection was encrypted
}

// Purposes of a session.
const (
	PurposeDiagnose = "diagnose" // a login and what follows
	// PurposePort21 is also that of a session: see the purposes of attempts.
	PurposeClientHello = "client-hello" // does a silent port speak TLS? (implicit TLS, RFC 4217 §A)
	// PurposePlain and PurposeTLS12 are also those of sessions: see the purposes
	// of attempts.
)

// Session is one control connection, from connect to login.
type Session struct {
	ID                   int      `json:"id"` // from 1
	Purpose              string   `json:"purpose"`
	IP                   string   `json:"ip"`
	Port                 int      `json:"port"`
	Local                string   `json:"local"`                 // this end of the connection
	SeenAs               Maybe    `json:"seen_as"`               // the address that the server says it sees
	TLS                  bool     `json:"tls"`                   // the control connection is encrypted: the handshake succeeded
	Connect              *Millis  `json:"connect_ms"`            // duration of the connect
	Greeting             *Millis  `json:"greeting_ms"`           // from connected to a whole 220
	Auth                 *Reply   `json:"auth"`                  // the reply to AUTH TLS (RFC 4217 §4); nil: not asked, or none
	Handshake            *Millis  `json:"handshake_ms"`          // duration of the TLS handshake
	TLSVersion           Maybe    `json:"tls_version"`           // "TLS 1.3"; empty: not encrypted
	TLSLimit             Maybe    `json:"tls_limit"`             // see the Limit constants; empty: none
	CertificateRequested bool     `json:"certificate_requested"` // the server asked for a client certificate
	FirstBytes           string   `json:"first_bytes"`           // what came in place of a TLS handshake, where that can be read; else empty
	Ticket               bool     `json:"ticket"`                // the server gave a ticket with which a data connection can resume the session
	Protection           *Reply   `json:"protection"`            // the reply to PROT P (RFC 4217 §9); nil: not asked
	Login                *Millis  `json:"login_ms"`              // from the greeting to 230
	After                string   `json:"after"`                 // the last command sent before Failure; empty: none
	Reply                *Reply   `json:"reply"`                 // the reply that ended it; nil: none
	Unasked              *Reply   `json:"-"`                     // the first reply up to the login that nobody asked for; nil: none
	Failure              *Failure `json:"failure"`               // nil: logged in (or, for client-hello: TLS answered)
	Ended                *Failure `json:"ended"`                 // how the server ended it after the login; nil: we did
}

// Attempt is one try at a data connection, from the negotiation to the
// completion reply. What it did not reach is empty.
type Attempt struct {
	ID        int    `json:"id"` // from 1
	Session   int    `json:"session"`
	Mode      Mode   `json:"mode"`
	Method    Method `json:"method"`
	TLS       bool   `json:"tls"`
	Resumed   *bool  `json:"resumed"`   // TLS session resumption on the data connection
	Operation string `json:"operation"` // LIST, NLST, MLSD, RETR, STOR; CONNECT where nothing was transferred
	Path      string `json:"path"`      // the operation's argument
	Purpose   string `json:"purpose"`   // see the Purpose constants of attempts

	Outcome     Outcome `json:"outcome"`
	Negotiation *Reply  `json:"negotiation"` // to EPSV, PASV, EPRT or PORT
	Mark        *Reply  `json:"mark"`        // the 1yz reply
	Reply       *Reply  `json:"reply"`       // the completion reply, or the refusal in its place

	Offered      Endpoint `json:"offered"` // the server's words in passive mode, ours in active mode
	Dialed       Endpoint `json:"dialed"`
	Listened     Endpoint `json:"listened"`
	AcceptedFrom Endpoint `json:"accepted_from"`
	Foreign      Endpoint `json:"foreign"`    // a data connection from, or bytes read from, another host than the control peer
	Superseded   bool     `json:"superseded"` // a newer negotiation was sent while the dial was pending: a refusal proves nothing about the port
	SYNSeen      *SYN     `json:"syn_seen"`   // the server's SYN reached this machine; nil: not seen or not watched
	Watched      bool     `json:"watched"`    // inbound packets were watched during this attempt

	Bytes      int64    `json:"bytes"`
	Truncated  bool     `json:"truncated"`     // reading stopped at the limit of 1 MiB
	LeftBehind bool     `json:"left_behind"`   // an uploaded file could not be deleted
	CleanEnd   bool     `json:"clean_end"`     // the data connection ended with an orderly close
	Unclean    bool     `json:"unclean_close"` // it ended so, but without TLS's own end (close_notify)
	FirstBytes string   `json:"first_bytes"`   // what came in place of a TLS handshake, where that can be read; else empty
	Start      Millis   `json:"start_ms"`
	Negotiated *Millis  `json:"negotiated_ms"` // the reply to EPSV, PASV, EPRT or PORT was there
	Asked      *Millis  `json:"asked_ms"`      // LIST or its like was sent
	Marked     *Millis  `json:"marked_ms"`     // the 1yz reply was there
	Replied    *Millis  `json:"replied_ms"`    // the completion reply, or the refusal in its place, was there
	Connected  *Millis  `json:"connected_ms"`
	Encrypted  *Millis  `json:"encrypted_ms"` // the TLS handshake on the data connection was over
	FirstByte  *Millis  `json:"first_byte_ms"`
	End        Millis   `json:"end_ms"`
	Failure    *Failure `json:"failure"`
	Library    *Failure `json:"library"` // what a common client library said where the record says that it worked
}

// Purposes of an attempt.
const (
	PurposeTransfer    = "transfer"     // the question itself: does a transfer complete?
	PurposeForeign     = "foreign"      // dial the address of a 227 that is not the control host's
	PurposePRET        = "pret"         // asked again after PRET, which some servers want before PASV
	PurposeUpload      = "upload"       // store, check and delete a small file
	PurposeSmall       = "small"        // a listing beside a file that stalls: are small transfers different? It does not judge the mode
	PurposeSample      = "sample"       // another offered port, connected only
	PurposeRetry       = "retry"        // asked again because the first answer decided nothing
	PurposeSeenAddress = "seen-address" // active mode, offering the address that the server says it sees
	PurposePort21      = "port-21"      // the same question at control port 21 of the same host
	PurposePlain       = "plain"        // the same question without TLS
	PurposeTLS12       = "tls-1.2"      // the same question with TLS 1.2 at most
	PurposeNoReuse     = "no-reuse"     // the same question with a TLS session of its own on the data connection
)

// SYN is a connection request seen by the packet socket.
type SYN struct {
	From Endpoint `json:"from"`
	At   Millis   `json:"at_ms"`
}

// Reply is a reply of the server (RFC 959 §4.2): its code, and its text without
// the code, lines joined by \n.
type Reply struct {
	Code int    `json:"code"`
	Text string `json:"text"`
}

// PassivePorts is what dialling more than one port taught.
type PassivePorts struct {
	Sampled []int       `json:"sampled"` // ports that the server offered and we dialled, in order
	Works   []int       `json:"works"`   // of the sampled
	Fails   []int       `json:"fails"`
	Passes  []int       `json:"passes"`  // [low, high] of the ports that the path passes; nil: not known
	Blocked []int       `json:"blocked"` // [low, high]
	Share   *float64    `json:"share"`   // estimated share of passive transfers that work, 0 to 1
	Probes  []PortProbe `json:"probes"`  // ports that nobody offered
}

// PortProbe is one dial of a port that the server did not offer.
type PortProbe struct {
	Port int  `json:"port"`
	Kind Kind `json:"kind"` // empty: connected
}

// Hop is a router that answered a packet whose TTL ran out.
type Hop struct {
	Distance int    `json:"distance"`
	IP       string `json:"ip"`
}

// Walk is a hop walk to one dead port.
type Walk struct {
	Endpoint     Endpoint `json:"endpoint"`
	Control      bool     `json:"control"`       // the dead port is the control port itself
	Hops         []Hop    `json:"hops"`          // those that answered for the dead port
	HostDistance *int     `json:"host_distance"` // hops to the host itself; nil: not known
	Answer       string   `json:"answer"`        // silence, reset or icmp; empty: the port connects after all
	AnswerFrom   *Hop     `json:"answer_from"`   // who sent the reset (distance only) or the ICMP message
	ICMP         Maybe    `json:"icmp"`          // admin-prohibited, host-prohibited, …
	Unavailable  string   `json:"unavailable"`   // why no walk was possible; empty: it was
}

// From words of an Exchange.
const (
	FromClient = "client"
	FromServer = "server"
	FromTool   = "tool" // a remark of this program, not something on the wire
)

// Exchange is one line of the dialogue.
type Exchange struct {
	At      Millis `json:"at_ms"`
	Session int    `json:"session"`
	From    string `json:"from"`
	Text    string `json:"text"`
}
