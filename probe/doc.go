// Package probe asks an FTP server what a diagnosis needs to know, and writes
// down what happened. It judges nothing: package diagnose does, from the record
// alone.
//
// [Run] takes a [Config] and returns an [Evidence]. It resolves the host, connects
// to the address that a client would end up with, logs in on one or two control connections (RFC 959 §2.3),
// and tries a transfer over each way to open a data connection: EPSV and PASV,
// where the client connects (passive mode), EPRT and PORT, where the server does
// (active mode). Both modes run side by side. What is asked next follows from what
// is known so far; see plan.go.
//
// With explicit TLS (AUTH TLS, RFC 4217 §4) or implicit TLS the control connection
// is encrypted before the login, and the data connections after their 1yz mark,
// each resuming the session of its control connection. [Config].TLS says what is
// spoken; where it leaves the choice open, anonymous asks in clear and follows a
// server that demands TLS, and a password goes over TLS with a certificate that
// verifies, or not at all. What fails over TLS is asked once more with TLS 1.2 or,
// without a password, in clear, while a login is left: the difference names the
// cause.
//
// Evidence is kept step by step. A [Session] is one control connection up to its
// login. An [Attempt] is one try at a data connection: how it was negotiated, what
// was offered, who connected to whom, the 1yz mark, the bytes, the completion
// reply, and at most one [Failure], which says at which step ([Op]) and in which
// way ([Kind]) it ended. The transcript is a view of all of them in the order of
// time. An empty field means not tried, which is never the same as failed.
//
// A run is polite: it keeps to a budget of connection requests to dead ports, of
// control connections and of logins (budget.go), since guards on the way ban who
// sends more; two control connections at once at the most, a rejected password never
// sent again, no connection to a host that only the server names but the one
// that a load-balanced cluster may mean ([Config].NoForeign forbids that too). It
// ends within its deadline whatever the server does, holds little memory, and leaves
// no goroutine and no descriptor behind.
package probe
