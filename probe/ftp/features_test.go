package ftp

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseFeatures(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"vsftpd", "Features:\n EPRT\n EPSV\n MDTM\n PASV\n REST STREAM\n SIZE\n TVFS\nEnd",
			[]string{"EPRT", "EPSV", "MDTM", "PASV", "REST STREAM", "SIZE", "TVFS"}},
		{"ProFTPD", "Features:\n CLNT\n MLST modify*;perm*;size*;\n HOST\nEnd",
			[]string{"CLNT", "MLST modify*;perm*;size*;", "HOST"}},
		{"Pure-FTPd", "Extensions supported:\n UTF8\n EPRT\n IDLE\n ESTA\n PASV\n EPSV\n SPSV\nEnd.",
			[]string{"UTF8", "EPRT", "IDLE", "ESTA", "PASV", "EPSV", "SPSV"}},
		{"pyftpdlib", "Features supported:\n AUTH TLS\n EPRT\nEnd FEAT.", []string{"AUTH TLS", "EPRT"}},
		{"IIS", "Extended features supported:\n LANG EN*\n UTF8\n AUTH TLS;TLS-C;SSL;TLS-P;\nEND",
			[]string{"LANG EN*", "UTF8", "AUTH TLS;TLS-C;SSL;TLS-P;"}},
		{"tabs", "Extensions supported\n\tUTF8\n\tOPTS MODE;UTF8\nEnd (for details use \"HELP commmand\")",
			[]string{"UTF8", "OPTS MODE;UTF8"}},
		{"tabs made visible", "Extensions supported\n\\x09UTF8\n\\x09SIZE\nEnd", []string{"UTF8", "SIZE"}},
		{"code on each line", "Features:\n211-EPSV\n211-UTF8\nEnd", []string{"EPSV", "UTF8"}},
		{"code and space on each line", "211-Features:\n211- EPSV\n211- UTF8\n211 End", []string{"EPSV", "UTF8"}},
		{"no indent", "Features:\nEPSV\nUTF8\nEnd", []string{"EPSV", "UTF8"}},
		{"heading of two lines", "Features\nof this server:\n EPSV\n UTF8\nEnd", []string{"EPSV", "UTF8"}},
		{"carriage returns", "Features:\r\n EPSV\r\nEnd\r\n", []string{"EPSV"}},
		{"none", "Features:\nEnd", nil},
		{"one line", "No features", nil},
		{"nothing", "", nil},
		{"blank lines", "Features:\n \n\n EPSV\n \nEnd", []string{"EPSV"}},
	}
	for _, tt := range tests {
		got := ParseFeatures(tt.text)
		if !slices.Equal(got, tt.want) || got == nil {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSeenAddress(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"vsftpd", "FTP server status:\n     Connected to 10.1.2.3\n     Logged in as ftp\n     TYPE: ASCII\nEnd of status", "10.1.2.3"},
		{"vsftpd, both families", "FTP server status:\n     Connected to ::ffff:10.11.8.57\nEnd of status", "10.11.8.57"},
		{"vsftpd, IPv6", "FTP server status:\n     Connected to 2001:db8::7\nEnd of status", "2001:db8::7"},
		{"ProFTPD", "Status of 'Debian'\n Connected from client.example (198.51.100.1)\n Logged in as ftp\nEnd of status", "198.51.100.1"},
		{"ProFTPD, no name", "Status of 'Debian'\nConnected from 198.51.100.1 (198.51.100.1)\nEnd of status", "198.51.100.1"},
		{"inetutils", "localhost FTP server status:\n     ftpd (GNU inetutils) 2.4\n     Connected to client.example (198.51.100.1)\nEnd of status", "198.51.100.1"},
		{"Pure-FTPd", "I won't open a connection to 10.10.0.2 (only to 198.51.100.1)", "198.51.100.1"},
		{"Pure-FTPd, IPv6", "I won't open a connection to fd00::2 (only to 2001:db8::1)", "2001:db8::1"},
		{"Pure-FTPd, the other family", "I won't open a connection to ::1%1800 (only to 172.17.0.1)", "172.17.0.1"},
		{"link-local", "     Connected to fe80::1%eth0", "fe80::1"},

		{"pyftpdlib STAT", "FTP server status:\n Connected to: 203.0.113.10:21\n Logged in as: anonymous\nEnd of status.", ""},
		{"pyftpdlib STAT, IPv6", "FTP server status:\n Connected to: 2001:db8::1:21\nEnd of status.", ""},
		{"pyftpdlib PORT", "Rejected data connection to foreign address 10.10.0.2:41723.", ""},
		{"IIS", "Microsoft FTP Service status:\n     Connected to client.example\nEnd of status.", ""},
		{"no address", "I won't open a connection to 10.10.0.2 (only to nobody)", ""},
		{"unspecified", "     Connected to 0.0.0.0", ""},
		{"a sentence", "Connected to 10.1.2.3 and 4 others", ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		got, ok := SeenAddress(tt.text)
		if tt.want == "" {
			if ok || got.IsValid() {
				t.Errorf("%s: got %v, want nothing", tt.name, got)
			}
			continue
		}
		if !ok || got != netip.MustParseAddr(tt.want) {
			t.Errorf("%s: got %v, %v, want %s", tt.name, got, ok, tt.want)
		}
	}
}

func FuzzParseFeatures(f *testing.F) {
	for _, s := range []string{
		"Features:\n EPRT\n EPSV\nEnd", "Extensions supported:\n UTF8\n MLST type*;size*;\nEnd.",
		"211-Features:\n211- EPSV\n211 End", "Features:\nEPSV\nUTF8\nEnd", "No features", "Features\n\\x09 \\x09EPSV\nEnd",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := ParseFeatures(text)
		for _, feature := range got {
			if feature == "" || strings.Trim(feature, blank) != feature || strings.Contains(feature, "\n") {
				t.Fatalf("%q is no feature", feature)
			}
		}
		var b strings.Builder
		b.WriteString("Features:\n")
		for _, feature := range got {
			b.WriteString(" " + feature + "\n")
		}
		b.WriteString("End")
		if again := ParseFeatures(b.String()); !slices.Equal(again, got) {
			t.Fatalf("%q written and read again is %q", got, again)
		}
	})
}

func FuzzSeenAddress(f *testing.F) {
	for _, s := range []string{
		"FTP server status:\n     Connected to 10.1.2.3\nEnd of status", " Connected from h (198.51.100.1)",
		"I won't open a connection to 10.10.0.2 (only to 198.51.100.1)", " Connected to: 203.0.113.10:21",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, ok := SeenAddress(text)
		if ok != addr.IsValid() || addr.Zone() != "" || addr.Is4In6() || ok && addr.IsUnspecified() {
			t.Fatalf("%v, %v", addr, ok)
		}
		if again, _ := SeenAddress("I won't open a connection to x (only to " + addr.String() + ")"); ok && again != addr {
			t.Fatalf("%v written and read again is %v", addr, again)
		}
	})
}
