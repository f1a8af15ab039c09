package netlab

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

func itoa(n int) string { return strconv.Itoa(n) }

// AcceptsEverything is a proxy on a gateway that accepts connections from the
// LAN to any port but these, and then says nothing: the server never learns of
// them. Such are SYN proxies and virus scanners.
func AcceptsEverything(but ...string) Block {
	const port = 7777
	return func(h *Host) {
		add(&h.rules.dnat, `iifname "lan" tcp dport != %s redirect to :%d`, set(but), port)
		h.services = append(h.services, func(h *Host) error {
			return h.Serve(":"+strconv.Itoa(port), hold)
		})
	}
}

// Answers is a service of the host on a port.
func Answers(port int, handle func(net.Conn)) Block {
	return func(h *Host) {
		h.services = append(h.services, func(h *Host) error {
			return h.Serve(":"+strconv.Itoa(port), handle)
		})
	}
}

// AnswersRange is [Answers] on every port from low to high.
func AnswersRange(low, high int, handle func(net.Conn)) Block {
	return func(h *Host) {
		for port := low; port <= high; port++ {
			Answers(port, handle)(h)
		}
	}
}

// Serve calls handle for every connection to address on the host, until the lab
// is taken down; the connection is closed when handle returns.
func (h *Host) Serve(address string, handle func(net.Conn)) error {
	l, err := h.Listen("tcp", address)
	if err != nil {
		return err
	}
	var conns sync.Map
	var handlers sync.WaitGroup
	handlers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Store(c, true)
			handlers.Go(func() {
				defer conns.Delete(c)
				defer c.Close()
				handle(c)
			})
		}
	})
	h.stop = append(h.stop, func() {
		l.Close()
		conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		handlers.Wait()
	})
	return nil
}

// hold keeps a connection open and says nothing.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// Silent, for [Answers], never says a word.
func Silent(c net.Conn) { hold(c) }

// Says, for [Answers], greets so and then listens.
func Says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		hold(c)
	}
}

// SaysAndGoes, for [Answers], says this and hangs up.
func SaysAndGoes(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// Talks, for [Answers], greets and then has a reply for every verb: "USER", "331
// Password please.". It calls other commands unknown.
func Talks(greeting string, verbsAndReplies ...string) func(net.Conn) {
	replies := map[string]string{"QUIT": "221 Goodbye."}
	for i := 0; i+1 < len(verbsAndReplies); i += 2 {
		replies[verbsAndReplies[i]] = verbsAndReplies[i+1]
	}
	return func(c net.Conn) {
		fmt.Fprintf(c, "%s\r\n", greeting)
		for commands := bufio.NewScanner(c); commands.Scan(); {
			verb, _, _ := strings.Cut(commands.Text(), " ")
			reply, ok := replies[strings.ToUpper(verb)]
			if !ok {
				reply = "500 Unknown command."
			}
			fmt.Fprintf(c, "%s\r\n", reply)
		}
	}
}
