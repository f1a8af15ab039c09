package probe

import (
	"crypto/tls"
	"testing"
)

// What came in clear is found behind records that the same read brought.
func TestInClear(t *testing.T) {
	record := "\x17\x03\x03\x00\x05abcde"
	for _, c := range []struct {
		name, last, header string
		err                error
		want               string
	}{
		{"alone", "522 no\r\n", "522 n", nil, "522 no\r\n"},
		{"behind a record", record + "522 no\r\n", "522 n", nil, "522 no\r\n"},
		{"before a record", "522 no\r\n" + record, "522 n", nil, "522 no\r\n"},
		{"between two", record + "522 no\r\n" + record, "522 n", nil, "522 no\r\n"},
		{"not kept", record, "522 n", nil, ""},
		{"nothing to read", record + "522 \x00\r\n", "522 \x00", nil, ""},
		{"another error", "522 no\r\n", "522 n", tls.AlertError(40), ""},
	} {
		below := &tap{last: []byte(c.last)}
		err := c.err
		if err == nil {
			err = tls.RecordHeaderError{RecordHeader: [5]byte([]byte(c.header))}
		}
		if got := below.inClear(err); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
