package netlab

import "encoding/binary"

// word is the first four bytes of a command or reply, as nft compares them.
func word(s string) uint32 { return binary.BigEndian.Uint32([]byte(s)) }

// says matches packets of a control connection whose payload begins with the
// four bytes of s.
func says(s string) string {
	port := "dport" // a command
	if s[0] >= '1' && s[0] <= '5' {
		port = "sport" // a reply
	}
	return "tcp " + port + " 21 @ih,0,32 " + itoa(int(word(s)))
}

// HelperIgnores makes the host's helper one that does not know a command or
// reply: what it expects on account of ignored is dropped, until known has gone
// by on the same control connection. Both are named by four bytes.
//
// A data connection that the helper expects inherits the mark of its control
// connection.
func HelperIgnores(ignored, known string) Block {
	return func(h *Host) {
		add(&h.rules.tracked, "%s ct mark set 1", says(ignored))
		add(&h.rules.tracked, "%s ct mark set 2", says(known))
		add(&h.rules.first, "ct state related ct mark 1 drop")
	}
}

// Swallow drops packets that begin with these four bytes of a command or reply.
func Swallow(text string) Block {
	return func(h *Host) { add(&h.rules.first, "%s drop", says(text)) }
}

// ResetOn ends a control connection on which this command is sent.
func ResetOn(command string) Block {
	return func(h *Host) { add(&h.rules.first, "%s reject with tcp reset", says(command)) }
}

// Mangle writes another command of four letters over one, as some home routers
// do. It finds it behind a TCP header of 32 bytes, which is what Linux sends.
func Mangle(command, other string) Block {
	return func(h *Host) {
		add(&h.rules.first, "%s @th,96,4 8 @th,256,32 set %d", says(command), word(other))
	}
}

// The first three bytes of a ClientHello on the control connection: a handshake
// record, of the version that every client writes there (RFC 8446 §5.1).
const clientHello = "tcp dport 21 @ih,0,24 0x160301"

// ResetOnClientHello ends a control connection on which TLS begins, as inspection
// does that cannot read on: the client is told, the server is not.
func ResetOnClientHello() Block {
	return func(h *Host) { add(&h.rules.first, "%s reject with tcp reset", clientHello) }
}

// SwallowClientHello drops what TLS begins with.
func SwallowClientHello() Block {
	return func(h *Host) { add(&h.rules.first, "%s drop", clientHello) }
}
