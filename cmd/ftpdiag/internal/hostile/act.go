package hostile

import (
	"fmt"
	"strings"
	"time"
)

// act is what is done at a step in place of the reply; false: the session is over.
type act func(s *session, reply string) bool

// said is an act that says something else.
func said(change func(code, text, reply string) string) act {
	return func(s *session, reply string) bool { return s.write(changed(reply, change)) }
}

// changed gives change the code of a reply and the text of its first line. A reply
// that is none has an innocent code.
func changed(reply string, change func(code, text, reply string) string) string {
	if len(reply) < 4 {
		return change("200", "ok", "200 ok\r\n")
	}
	first, _, _ := strings.Cut(reply[4:], "\r\n")
	return change(reply[:3], first, reply)
}

// recoded is the reply with another code.
func recoded(to string) act {
	return said(func(code, _, reply string) string {
		lines := strings.Split(reply, "\r\n")
		for i, line := range lines {
			if rest, found := strings.CutPrefix(line, code); found {
				lines[i] = to + rest
			}
		}
		return strings.Join(lines, "\r\n")
	})
}

func silence(s *session, _ string) bool { return s.hang() }
func end(*session, string) bool         { return false }

func reset(s *session, _ string) bool {
	_ = s.tcp.SetLinger(0)
	s.tcp.Close()
	return false
}

func halfClose(s *session, _ string) bool {
	_ = s.tcp.CloseWrite()
	return s.hang()
}

// endless says head and then text again and again.
func endless(head, text string) act {
	block := strings.Repeat(text, 1+(32<<10)/len(text))
	return func(s *session, reply string) bool {
		s.write(changed(reply, func(code, _, _ string) string { return code + head }))
		for s.write(block) {
		}
		return false
	}
}

// drip says a reply byte by byte.
func drip(s *session, reply string) bool {
	for i := range len(reply) {
		if !s.write(reply[i:i+1]) || !s.wait(50*time.Millisecond) {
			return false
		}
	}
	return true
}

// dripEndlessly is a reply that goes on and on, but slowly.
func dripEndlessly(s *session, reply string) bool {
	for s.write(changed(reply, func(code, _, _ string) string { return code + "-wait\r\n" })) && s.wait(50*time.Millisecond) {
	}
	return false
}

func lines(n int) string { return strings.Repeat(strings.Repeat("x", 98)+"\r\n", n) }

// misbehaviour is one of them, for any step.
type misbehaviour struct {
	name string
	act  act
}

// usual are tried at every step.
var usual = []misbehaviour{
	{"silence", silence},
	{"close", end},
	{"reset", reset},
	{"endless line", endless(" ", "a")},
	{"endless reply", endless("-go\r\n", "and on\r\n")},
	{"line of 5 KB", said(func(code, text, _ string) string { return code + " " + text + strings.Repeat("x", 5000) + "\r\n" })},
	{"reply of 100 KB", said(func(code, text, reply string) string { return code + "-" + text + "\r\n" + lines(1000) + reply })},
	{"bare code", said(func(code, _, _ string) string { return code + "\r\n" })},
	{"bare code at the end", said(func(code, text, _ string) string { return code + "-" + text + "\r\n" + code + "\r\n" })},
	{"code 000", recoded("000")},
	{"code 999", recoded("999")},
	{"5yz", recoded("550")},
	{"drip", drip},
	{"flood", said(func(_, _, reply string) string { return strings.Repeat(reply, 5000) })},
	{"double", said(func(_, _, reply string) string { return reply + reply })},
	{"control characters", said(func(code, text, _ string) string { return code + " " + controls + text + controls + "\r\n" })},
	{"no LF", said(func(_, _, reply string) string { return strings.ReplaceAll(reply, "\n", "") })},
}

const controls = "\x00\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\ufeff\x7f\x85\xff\xfe\x08"

// more are tried at the steps that decide a verdict.
var more = []misbehaviour{
	{"half close", halfClose},
	{"half of it and close", func(s *session, reply string) bool { s.write(reply[:len(reply)/2]); return false }},
	{"half of it and silence", func(s *session, reply string) bool { return s.write(reply[:len(reply)/2]) && s.hang() }},
	{"said and closed", func(s *session, reply string) bool { s.write(reply); return false }},
	{"said and reset", func(s *session, reply string) bool {
		s.write(reply)
		s.wait(20 * time.Millisecond)
		return reset(s, "")
	}},
	{"endless empty lines", endless(" ok\r\n", "\r\n")},
	{"endless NULs", endless(" ", "\x00")},
	{"endless drip", dripEndlessly},
	{"line of 70 KB", said(func(code, text, _ string) string { return code + " " + text + strings.Repeat("x", 70000) + "\r\n" })},
	{"5 KB before the text", said(func(code, text, _ string) string { return code + " " + strings.Repeat("x", 5000) + text + "\r\n" })},
	{"reply of 2 MB", said(func(code, text, reply string) string { return code + "-" + text + "\r\n" + lines(20000) + reply })},
	{"100 KB and a bare code", said(func(code, text, _ string) string { return code + "-" + text + "\r\n" + lines(1000) + code + "\r\n" })},
	{"first lines that look like the last", said(func(code, text, reply string) string {
		return code + "-(1,2,3,4,5,6) (|||7|)\r\n" + code + "x\r\n" + code + "\t" + text + "\r\n" + reply
	})},
	{"code 99", said(func(_, text, _ string) string { return "99 " + text + "\r\n" })},
	{"code of four digits", said(func(code, text, _ string) string { return code + "0 " + text + "\r\n" })},
	{"1yz", recoded("120")},
	{"2yz", recoded("299")},
	{"3yz", recoded("350")},
	{"4yz", recoded("450")},
	{"6yz", recoded("631")},
	{"another code of its class", said(func(code, text, _ string) string { return code[:1] + "77 " + text + "\r\n" })},
	{"421", func(s *session, _ string) bool { s.write("421 enough\r\n"); return false }},
	{"421 first", said(func(_, _, reply string) string { return "421 enough\r\n" + reply })},
	{"letters", said(func(_, text, _ string) string { return "hello " + text + "\r\n" })},
	{"HTTP", said(func(string, string, string) string { return "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>\r\n" })},
	{"TLS", said(func(string, string, string) string { return "\x15\x03\x01\x00\x02\x02\x0a" })},
	{"telnet", said(func(_, _, reply string) string { return "\xff\xfb\x01\xff\xf4\xff\xf2" + reply })},
	{"CR only", said(func(_, _, reply string) string { return strings.ReplaceAll(reply, "\r\n", "\r") })},
	{"LF only", said(func(_, _, reply string) string { return strings.ReplaceAll(reply, "\r\n", "\n") })},
	{"CR CR LF", said(func(_, _, reply string) string { return strings.ReplaceAll(reply, "\r\n", "\r\r\n") })},
	{"empty lines first", said(func(_, _, reply string) string { return "\r\n\r\n\n" + reply })},
	{"a space first", said(func(_, _, reply string) string { return " " + reply })},
	{"a NUL in the code", said(func(code, text, _ string) string { return code[:1] + "\x00" + code[1:] + " " + text + "\r\n" })},
	{"a hundred different replies", func(s *session, reply string) bool {
		for code := 100; code < 700; code += 6 {
			if !s.write(fmt.Sprintf("%d this or that\r\n", code)) {
				return false
			}
		}
		return s.write(reply)
	}},
}

// handshakes are misbehaviours in place of the TLS handshake.
var handshakes = []misbehaviour{
	{"silence", silence}, {"close", end}, {"reset", reset}, {"half close", halfClose},
	{"letters", said(func(string, string, string) string { return "500 " + controls + "\r\n" })},
	{"alert", said(func(string, string, string) string { return "\x15\x03\x03\x00\x02\x02\x28" })},
	{"endless zeros", endless("", "\x00")},
	{"endless empty records", endless("", "\x16\x03\x03\x00\x00")},
	{"half a record", func(s *session, _ string) bool { return s.write("\x16\x03\x03\x40\x00\x02\x00\xff\xff") && s.hang() }},
	{"drip", func(s *session, _ string) bool {
		return drip(s, "\x16\x03\x03\x40\x00\x02\x00\xff\xff"+strings.Repeat("\x00", 200))
	}},
}
