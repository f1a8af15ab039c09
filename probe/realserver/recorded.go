package realserver

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Exchange is one reply of a server and the command that it answers.
type Exchange struct {
	Sent  string `json:"sent,omitempty"` // empty: the reply came unasked, such as a greeting or a completion
	Reply string `json:"reply"`          // each line with its code, joined by \n; or one of the endings
}

// What a server did instead of a reply.
const (
	EOF     = "(EOF)"     // it closed the control connection
	Reset   = "(RST)"     // it reset the control connection
	Silence = "(silence)" // it said nothing for some seconds
	NotTLS  = "(not TLS)" // it spoke in clear where TLS was due
)

// recorded.json maps product and situation to what the real server said. The
// tests compare it with the servers; go test -run Recorded -update writes it anew.
//
//go:embed recorded.json
var recordedJSON []byte

var recordings = sync.OnceValue(func() map[Product]map[string][]Exchange {
	var m map[Product]map[string][]Exchange
	if err := json.Unmarshal(recordedJSON, &m); err != nil {
		panic(fmt.Sprintf("recorded.json: %v", err))
	}
	return m
})

// Recorded is what a product says in a situation, in its own words. Ports,
// addresses and times are those of the recording. It panics where there is no
// such recording: a misspelt name in a test.
func Recorded(p Product, situation string) []Exchange {
	exchanges, ok := recordings()[p][situation]
	if !ok {
		panic(fmt.Sprintf("no recording of %s, %s", p, situation))
	}
	return slices.Clone(exchanges)
}

// RecordedReply is the last reply of a recording.
func RecordedReply(p Product, situation string) string {
	exchanges := Recorded(p, situation)
	return exchanges[len(exchanges)-1].Reply
}

// Situations are those that are recorded of a product, sorted.
func Situations(p Product) []string {
	return slices.Sorted(maps.Keys(recordings()[p]))
}
