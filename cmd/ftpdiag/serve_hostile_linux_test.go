package main

import (
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// asHostile makes the test binary hostile FTP servers, in turn one of each kind.
const asHostile = "FTPDIAG_TEST_AS_HOSTILE"

// The addresses of the hostile servers, and those at which nobody listens.
const (
	firstHostile, manyHostile = 5000, 100
	firstDead, manyDead       = 6000, 60
)

// serveHostile is the process of the hostile servers.
func serveHostile() {
	play(firstHostile, manyHostile, func(address int, conn net.Conn) {
		defer conn.Close()
		hostileSessions[address%len(hostileSessions)](conn)
	})
}

// hostileSessions are those of servers that mean harm, or are broken. The first
// three had the program run for ever.
var hostileSessions = []func(net.Conn){
	twisted(map[string]string{"150": "150-go\r\n150\r\n"}),
	twisted(map[string]string{"150": "150-" + strings.Repeat(strings.Repeat("x", 1000)+"\r\n", 70) + "150 go\r\n"}),
	twisted(map[string]string{"226": "226 " + strings.Repeat("x", 5000) + "\r\n"}),
	twisted(long("220", "331", "230", "215", "211", "257", "200", "226")),
	twisted(map[string]string{"220": "\x00\xff garbage\r\n"}),
	twisted(map[string]string{"331": ""}),
	twisted(map[string]string{"150": ""}),
	twisted(map[string]string{"229": "229 none\r\n", "227": "227 (999,1,2,3,4,5)\r\n"}),
	twisted(map[string]string{"150": "425 no\r\n"}),
	func(net.Conn) {}, // hangs up
	func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, // says nothing
	func(conn net.Conn) { // has no end
		for err := error(nil); err == nil; time.Sleep(10 * time.Millisecond) {
			_, err = io.WriteString(conn, strings.Repeat("220-endless\r\n", 1000))
		}
	},
	func(conn net.Conn) { // has all the time of the world
		for err := error(nil); err == nil; time.Sleep(200 * time.Millisecond) {
			_, err = io.WriteString(conn, "2")
		}
	},
}

// twisted is a session that has other replies.
func twisted(twist map[string]string) func(net.Conn) {
	return func(conn net.Conn) { leanSession(conn, twist) }
}

// long are replies of 64 KiB that cannot be compressed to less than half.
func long(codes ...string) map[string]string {
	noise := make([]byte, 32<<10)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
	replies := map[string]string{}
	for _, code := range codes {
		replies[code] = code + "-" + hex.EncodeToString(noise)[:64<<10-20] + "\r\n" + code + " end\r\n"
	}
	return replies
}
