package ftp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func TestParsePASV(t *testing.T) {
	tests := []struct {
		text   string
		want   string // address:port; empty: an error
		strict bool
	}{
		// Real servers.
		{"Entering Passive Mode (203,0,113,10,195,149).", "203.0.113.10:50069", true}, // vsftpd
		{"Entering Passive Mode (203,0,113,10,195,149)", "203.0.113.10:50069", true},  // Pure-FTPd, FileZilla, IIS 7
		{"Entering Passive Mode (203,0,113,10,195,149).", "203.0.113.10:50069", true}, // ProFTPD, IIS 10, pyftpdlib
		{"Entering passive mode (10,0,0,2,4,1).", "10.0.0.2:1025", true},
		{"(0,0,0,0,195,149)", "0.0.0.0:50069", true}, // vsftpd over IPv6
		{"=10,0,0,2,4,1", "10.0.0.2:1025", false},    // publicfile
		{"Entering Passive Mode 10,0,0,2,4,1", "10.0.0.2:1025", false},
		{"Entering Passive Mode (10, 0, 0, 2, 4, 1)", "10.0.0.2:1025", false},
		{"Entering Passive Mode (10,0,0,2,4,1", "10.0.0.2:1025", false},
		{"Entering Passive Mode (10.0.0.2,4,1)", "10.0.0.2:1025", false},
		{"Entering Passive Mode 10 0 0 2 4 1", "10.0.0.2:1025", false},
		{"10,0,0,2,4,1", "10.0.0.2:1025", false},
		{"Mode 2 on 9,9: (10,0,0,2,4,1)", "10.0.0.2:1025", true},
		{"Passive on 1 = 10,0,0,2,4,1", "10.0.0.2:1025", false},
		{"2 10,0,0,2,4,1", "10.0.0.2:1025", false},
		// Of these curl 7.88 knows the numbers in the last line alone.
		{"first line\nEntering Passive Mode (10,0,0,2,4,1)\nlast", "10.0.0.2:1025", false},
		{"Entering Passive Mode (10,0,0,2,4,1)\n", "10.0.0.2:1025", false},
		{"first line\nEntering Passive Mode (10,0,0,2,4,1)", "10.0.0.2:1025", true},
		{"limits: (1,2,3,4,5,6)\nEntering Passive Mode (10,0,0,2,4,1)", "10.0.0.2:1025", true},
		{"limits: (1,2,3,4,5,6)\n=10,0,0,2,4,1", "10.0.0.2:1025", false},
		{"(10,0,0,2,4,1)\n(10,0,0,2,4,2)\nend", "10.0.0.2:1026", false},
		{"(010,000,000,002,004,001)", "10.0.0.2:1025", true}, // padded
		{"(255,255,255,255,255,255)", "255.255.255.255:65535", true},
		{"(10,0,0,2,0,1)", "10.0.0.2:1", true},

		{"", "", false},
		{"Entering Passive Mode", "", false},
		{"Entering Passive Mode (10,0,0,2,4)", "", false},
		{"Entering Passive Mode (10,0,0,2,4,1,7)", "", false},
		{"Entering Passive Mode (10,0,0,2,0,0)", "", false},
		{"Entering Passive Mode (256,0,0,2,4,1)", "", false},
		{"Entering Passive Mode (10,0,0,2,4,256)", "", false},
		{"Entering Passive Mode (10,0,0,2,4,-1)", "", false},
		{"Entering Passive Mode (10,0,0,2,4,99999999999999999999999999)", "", false},
		{"Entering Extended Passive Mode (|||50069|)", "", false},
		{"1,2,3\n4,5,6", "", false},
	}
	for _, tt := range tests {
		got, err := ParsePASV(tt.text)
		if tt.want == "" {
			if !errors.Is(err, ErrMalformed) || got != (PASVReply{}) {
				t.Errorf("ParsePASV(%q) = %v, %v; want nothing and ErrMalformed", tt.text, got, err)
			}
			continue
		}
		want := netip.MustParseAddrPort(tt.want)
		if err != nil || got != (PASVReply{want.Addr(), int(want.Port()), tt.strict}) {
			t.Errorf("ParsePASV(%q) = %v, %v; want %v, strict %v", tt.text, got, err, want, tt.strict)
		}
	}
}

func TestParseEPSV(t *testing.T) {
	tests := []struct {
		text   string
		want   int // 0: an error
		strict bool
	}{
		{"Entering Extended Passive Mode (|||50069|).", 50069, true}, // vsftpd
		{"Entering Extended Passive Mode (|||50069|)", 50069, true},  // ProFTPD, FileZilla, IIS
		{"Extended Passive mode OK (|||50069|)", 50069, true},        // Pure-FTPd
		{"Entering extended passive mode (|||50069|).", 50069, true}, // pyftpdlib
		{"ok (!!!50069!)", 50069, true},
		{"ok (~~~1~)", 1, true},
		{"ok ((((65535()", 65535, true},
		{"ok ()))65535))", 65535, true},
		{"ok (1112121)", 212, true}, // a digit may be the delimiter
		{"(see below) (|||21|)", 21, true},
		{"(|||00021|)", 21, true},

		{"Entering Extended Passive Mode (||50069|)", 50069, false},
		{"Entering Extended Passive Mode (|1|10.0.0.2|50069|)", 50069, false},
		{"Entering Extended Passive Mode (|2|2001:db8::1|50069|)", 50069, false},
		{"Entering Extended Passive Mode |||50069|", 50069, false},
		{"Entering Extended Passive Mode (|||50069)", 50069, false},
		{"Entering Extended Passive Mode (|||50069", 50069, false},
		{"Entering Extended Passive Mode (||| 50069 |)", 50069, false},
		{"|||50069| and again ||50069|", 50069, false},
		{"ok (|||21|)\nok (|||50069|)", 50069, true},
		{"ok (|||21|)\nok ||50069|", 50069, false},
		{"ok (|||50069|)\n", 50069, false},
		{"ok (|||21|)\nok (|||50069|)\nend", 50069, false},

		{"", 0, false},
		{"Entering Extended Passive Mode", 0, false},
		{"Entering Extended Passive Mode 50069", 0, false},
		{"Entering Passive Mode (10,0,0,2,4,1)", 0, false},
		{"(||||)", 0, false},
		{"(|||0|)", 0, false},
		{"(|||65536|)", 0, false},
		{"(|||99999999999999999999999|)", 0, false},
		{"(||0|)", 0, false},
		{"(|||-5|)", 0, false},
		{"(|||50x|)", 0, false},
		{"|||50069| or |||50070|", 0, false},
		{"(   50069 )", 0, false}, // a space is no delimiter
		{"(|||", 0, false},
		{"(111", 0, false},
		{"(1111", 0, false},
	}
	for _, tt := range tests {
		got, err := ParseEPSV(tt.text)
		if tt.want == 0 {
			if !errors.Is(err, ErrMalformed) || got != (EPSVReply{}) {
				t.Errorf("ParseEPSV(%q) = %v, %v; want nothing and ErrMalformed", tt.text, got, err)
			}
			continue
		}
		if err != nil || got != (EPSVReply{tt.want, tt.strict}) {
			t.Errorf("ParseEPSV(%q) = %v, %v; want %d, strict %v", tt.text, got, err, tt.want, tt.strict)
		}
	}
}

func TestMalformedMessagesAreShort(t *testing.T) {
	long := strings.Repeat("9", 60000)
	_, pasv := ParsePASV("(" + strings.Repeat(long+",", 5) + long + ")")
	_, epsv := ParseEPSV("(|||" + long + "|)")
	for _, err := range []error{pasv, epsv} {
		if err == nil || len(err.Error()) > 100 {
			t.Errorf("message of %d bytes, want a short one", len(fmt.Sprint(err)))
		}
	}
}

func TestFormat(t *testing.T) {
	tests := []struct{ in, port, eprt string }{
		{"10.0.0.2:1234", "10,0,0,2,4,210", "|1|10.0.0.2|1234|"},
		{"255.255.255.255:65535", "255,255,255,255,255,255", "|1|255.255.255.255|65535|"},
		{"[::ffff:10.0.0.2]:1234", "10,0,0,2,4,210", "|1|10.0.0.2|1234|"},
		{"[2001:db8::1]:1234", "", "|2|2001:db8::1|1234|"},
		{"[fe80::1%eth0]:1234", "", "|2|fe80::1|1234|"},
	}
	for _, tt := range tests {
		ap := netip.MustParseAddrPort(tt.in)
		if got := FormatPORT(ap); got != tt.port {
			t.Errorf("FormatPORT(%s) = %q, want %q", ap, got, tt.port)
		}
		if got := FormatEPRT(ap); got != tt.eprt {
			t.Errorf("FormatEPRT(%s) = %q, want %q", ap, got, tt.eprt)
		}
	}
	if p, e := FormatPORT(netip.AddrPort{}), FormatEPRT(netip.AddrPort{}); p != "" || e != "" {
		t.Errorf("no address is written %q and %q, want nothing", p, e)
	}
}

func TestPASVRoundTrip(t *testing.T) {
	for range 2000 {
		a := rand.Uint32()
		addr := netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
		port := 1 + rand.IntN(65535)
		six := FormatPORT(netip.AddrPortFrom(addr, uint16(port)))
		if got, err := ParsePASV("Entering Passive Mode (" + six + ")."); err != nil || got != (PASVReply{addr, port, true}) {
			t.Fatalf("%s is read as %v, %v", six, got, err)
		}
		if got, err := ParsePASV("=" + six); err != nil || got != (PASVReply{addr, port, false}) {
			t.Fatalf("=%s is read as %v, %v", six, got, err)
		}
	}
}

func TestEPSVRoundTrip(t *testing.T) {
	for d := byte(33); d <= 126; d++ {
		for _, port := range []int{1, 21, 1024, 5001, 50069, 65535} {
			text := fmt.Sprintf("Entering Extended Passive Mode (%c%c%c%d%c)", d, d, d, port, d)
			if got, err := ParseEPSV(text); err != nil || got != (EPSVReply{port, true}) {
				t.Errorf("%s is read as %v, %v", text, got, err)
			}
		}
	}
}

func FuzzParsePASV(f *testing.F) {
	for _, s := range []string{
		"Entering Passive Mode (203,0,113,10,195,149).", "(0,0,0,0,195,149)", "=10,0,0,2,4,1",
		"Entering Passive Mode. 10, 0, 0, 2, 4, 1", "Entering Passive Mode (10,0,0,2,4)", "(256,0,0,2,4,1)",
		"Entering Extended Passive Mode (|||50069|)", "10.0.0.2,4,1", "(10,0,0,2,0,0)",
		"(1,2,3,4,5,6)\n(10,0,0,2,4,1)", "(10,0,0,2,4,1)\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParsePASV(text)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || got != (PASVReply{}) {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		if !got.Addr.Is4() || got.Port < 1 || got.Port > 65535 {
			t.Fatalf("%v is no endpoint", got)
		}
		again, err := ParsePASV("(" + FormatPORT(netip.AddrPortFrom(got.Addr, uint16(got.Port))) + ")")
		if got.Strict = true; err != nil || again != got {
			t.Fatalf("%v written and read again is %v, %v", got, again, err)
		}
	})
}

func FuzzParseEPSV(f *testing.F) {
	for _, s := range []string{
		"Entering Extended Passive Mode (|||50069|).", "Extended Passive mode OK (|||50069|)", "(||50069|)",
		"(|1|10.0.0.2|50069|)", "|||50069|", "(!!!50069!)", "(1112121)", "(|||0|)", "(|||65536|)",
		"Entering Passive Mode (203,0,113,10,195,149)", "(|||21|)\n(|||50069|)", "(|||50069|)\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseEPSV(text)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || got != (EPSVReply{}) {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		again, err := ParseEPSV(fmt.Sprintf("(|||%d|)", got.Port))
		if got.Strict = true; err != nil || again != got {
			t.Fatalf("%v written and read again is %v, %v", got, again, err)
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add([]byte{10, 0, 0, 2}, uint16(1234))
	f.Add([]byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, uint16(65535))
	f.Fuzz(func(t *testing.T, b []byte, port uint16) {
		addr, ok := netip.AddrFromSlice(b)
		if !ok || port == 0 {
			return
		}
		ap := netip.AddrPortFrom(addr, port)
		fields := strings.Split(FormatEPRT(ap), "|")
		if len(fields) != 5 || fields[2] != addr.Unmap().String() || fields[3] != fmt.Sprint(port) {
			t.Fatalf("%v is written %q", ap, fields)
		}
		if epsv, err := ParseEPSV("(" + FormatEPRT(ap) + ")"); err != nil || epsv != (EPSVReply{int(port), false}) {
			t.Fatalf("%q is read as %v, %v", FormatEPRT(ap), epsv, err)
		}
		if !addr.Unmap().Is4() {
			return
		}
		if got, err := ParsePASV("(" + FormatPORT(ap) + ")"); err != nil || got != (PASVReply{addr.Unmap(), int(port), true}) {
			t.Fatalf("%v is read as %v, %v", ap, got, err)
		}
	})
}
