package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

// greetings are as the products send them, from their documentation and sources,
// and from the examples of public fingerprint collections.
var greetings = map[string]string{
	"(vsFTPd 3.0.3)": "vsftpd 3.0.3",
	"(vsFTPd 2.3.4)": "vsftpd 2.3.4",
	"ready, dude (vsFTPd 1.1.0: beat me, break me)":                                                  "vsftpd 1.1.0",
	"Welcome to the NSLU2 vsftp daemon.":                                                             "",
	"ProFTPD Server (Debian) [::ffff:127.0.0.1]":                                                     "ProFTPD",
	"ProFTPD 1.3.5e Server (Debian) [::ffff:10.0.0.2]":                                               "ProFTPD 1.3.5e",
	"ProFTPD 1.3.0rc2 Server (ProFTPD Default Installation) [host]":                                  "ProFTPD 1.3.0rc2",
	" Server (ProFTPD) [ftp.example.com]":                                                            "ProFTPD",
	"BCB1COOL Server (Proftpd FTP Server) [192.0.2.1]":                                               "ProFTPD",
	"NASFTPD Turbo station 1.3.2e Server (ProFTPD) [192.0.2.21]":                                     "QNAP NAS",
	"Disk Station FTP server at nas ready.":                                                          "Synology NAS",
	"Synology FTP server ready.":                                                                     "Synology NAS",
	pureGreeting:                                                                                     "Pure-FTPd",
	"=(<*>)=-.:. (( Welcome to PureFTPd 1.1.0 )) .:.-=(<*>)=-":                                       "Pure-FTPd 1.1.0",
	"FileZilla Server 1.9.4\nPlease visit https://filezilla-project.org/":                            "FileZilla Server 1.9.4",
	"FileZilla Server version 0.9.60 beta\nwritten by Tim Kosse":                                     "FileZilla Server 0.9.60",
	"ftp.example.com running FileZilla Server version 0.9.41 beta":                                   "FileZilla Server 0.9.41",
	"Microsoft FTP Service":                                                                          "Microsoft IIS",
	"Microsoft FTP Service\nWelcome to our site":                                                     "Microsoft IIS",
	"xx Microsoft FTP Service (Version 5.0).":                                                        "Microsoft IIS 5.0",
	"Serv-U FTP Server v15.4.2 ready...":                                                             "Serv-U 15.4.2",
	"Serv-U FTP-Server v2.5n for WinSock ready...":                                                   "Serv-U 2.5n",
	"pyftpdlib 1.5.7 ready.":                                                                         "pyftpdlib 1.5.7",
	"pyftpdlib based ftpd ready.":                                                                    "pyftpdlib",
	"SFTPGo 2.0.4 ready":                                                                             "SFTPGo 2.0.4",
	"SFTPGo_2.7.6":                                                                                   "SFTPGo 2.7.6",
	"Titan FTP Server 10.01.1740 Ready.":                                                             "Titan FTP Server 10.01.1740",
	"Xlight FTP Server 3.9 ready...":                                                                 "Xlight FTP Server 3.9",
	"Xlight Server 2.8 ready... ":                                                                    "Xlight FTP Server 2.8",
	"Welcome to Cerberus FTP Server\nCreated by Cerberus, LLC":                                       "Cerberus FTP Server",
	"Complete FTP server\nCompleteFTP v 22.2.2":                                                      "CompleteFTP 22.2.2",
	"CompleteFTP-22.1.1 - www.completeftp.com":                                                       "CompleteFTP 22.1.1",
	"Welcome to CrushFTP!\nCrushFTP Server Ready.":                                                   "CrushFTP",
	"EFT Server Enterprise 7.4.5.6":                                                                  "Globalscape EFT",
	"ftp.example.com X2 WS_FTP Server 7.6(12345)":                                                    "WS_FTP Server 7.6",
	"example.com FTP server (Version wu-2.6.2(1) Sat Jul 19 16:21:30 UTC 2008) ready.":               "wu-ftpd 2.6.2",
	"example.com FTP server (Revision 5.0 Version wuftpd-2.6.1 Thu Apr 29 06:48:40 GMT 2010) ready.": "wu-ftpd 2.6.1",
	"W 00 T (glFTPd 2.01 Linux+TLS) ready.":                                                          "glFTPd 2.01",
	"DrFTPD 3.2.0 http://drftpd.org":                                                                 "DrFTPD 3.2.0",
	"ftp.example.com NcFTPd Server (licensed copy) ready.":                                           "NcFTPd",
	"bftpd 4.4 at 192.0.2.1 ready.":                                                                  "bftpd 4.4",
	"host FTP server (GNU inetutils 2.4) ready.":                                                     "GNU inetutils ftpd 2.4",
	"host FTP server (tnftpd 20100324+GSSAPI) ready.":                                                "tnftpd 20100324",
	"host FTP server (NetBSD-ftpd 20110904) ready.":                                                  "NetBSD ftpd 20110904",
	"host FTP server (Version 6.6/OpenBSD) ready.":                                                   "OpenBSD ftpd 6.6",
	"host FTP server (Version 6.4/OpenBSD/Linux-ftpd-0.17) ready.":                                   "OpenBSD ftpd 6.4",
	"host FTP server (Version 6.00LS) ready.":                                                        "FreeBSD ftpd",
	"host FTP server (SunOS 5.8) ready.":                                                             "Solaris ftpd 5.8",
	"QTCP at host.example.com.":                                                                      "IBM i FTP",
	"FTPD1 IBM FTP CS V2R4 at host, 21:02:19 on 2020-12-15.":                                         "IBM z/OS FTP",
	"VxWorks (VxWorks5.5.1) FTP server ready":                                                        "VxWorks FTP",
	"MikroTik FTP server (MikroTik 6.49.10) ready":                                                   "MikroTik RouterOS 6.49.10",
	"FRITZ!Box7590(UI) FTP server ready.":                                                            "FRITZ!Box",
	"JD FTP Server Ready.":                                                                           "HP JetDirect printer",
	"FTP print service:V-1.13/Use the network password for the ID if updating.":                      "Brother printer 1.13",
	"Canon EB-65 FTP Print Server V1.24 ready.":                                                      "Canon printer",
	"RICOH Aficio MP C3000 FTP server (5.11) ready.":                                                 "Ricoh printer",
	"ET000400CEA560 Lexmark T640 FTP Server NS.NP.N219 ready.":                                       "Lexmark printer",
	"KM23BC97 FTP server (KM FTPD version 1.00) ready.":                                              "Konica Minolta printer",
	"SHARP MX-6200N Ver 01.02.00.0e FTP server.":                                                     "Sharp printer",
	"FUJI XEROX DocuPrint C2100":                                                                     "Xerox printer",
	"FS-1370DN FTP server":                                                                           "Kyocera printer",
	"TASKalfa 300ci FTP server":                                                                      "Kyocera printer",
	"AXIS 207 Network Camera 4.40.1 (Apr 16 2007) ready.":                                            "Axis camera",
	"--- Welcome to FTP for ESP8266/ESP32 ---\n---   By Renzo Mischianti   ---":                      "Arduino FtpServer",
	"Service ready for new user.":                                                                    "",
	"FTP server ready.":                                                                              "",
	"Welcome":                                                                                        "",
	"":                                                                                               "",
}

func TestProductOfGreetings(t *testing.T) {
	for greeting, want := range greetings {
		if got := productOf(evidence.Server{Greeting: greeting}, nil); got != want {
			t.Errorf("productOf(%q) = %q, want %q", greeting, got, want)
		}
	}
}

const pureGreeting = "---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\n" +
	"You are user number 1 of 50 allowed.\n" +
	"Local time is now 02:16. Server port: 21.\n" +
	"This is a private system - No anonymous login\n" +
	"IPv6 connections are also welcome on this server.\n" +
	"You will be disconnected after 15 minutes of inactivity."

// Behind a greeting of the owner's own, the rest gives the product away.
func TestProductOfOtherWords(t *testing.T) {
	for name, test := range map[string]struct {
		server  evidence.Server
		replies []string
		want    string
	}{
		"vsftpd asks for the password":  {replies: []string{"220 Welcome", "331 Please specify the password."}, want: "vsftpd"},
		"vsftpd's status has a version": {server: evidence.Server{Status: "FTP server status:\n     Connected to 192.0.2.1\n     vsFTPd 3.0.5 - secure, fast, stable"}, want: "vsftpd 3.0.5"},
		"status completes the replies": {
			server:  evidence.Server{Status: "vsFTPd 3.0.5 - secure, fast, stable"},
			replies: []string{"331 Please specify the password."}, want: "vsftpd 3.0.5",
		},
		"vsftpd breaks down":              {replies: []string{"500 OOPS: cannot change directory:/home/x"}, want: "vsftpd"},
		"ProFTPD and anonymous":           {replies: []string{"331 Anonymous login ok, send your complete email address as your password"}, want: "ProFTPD"},
		"Pure-FTPd asks for the password": {replies: []string{"331 User bob OK. Password required"}, want: "Pure-FTPd"},
		"Pure-FTPd's own features":        {server: evidence.Server{Features: []string{"EPRT", "ESTA", "PASV", "EPSV", "ESTP"}}, want: "Pure-FTPd"},
		"FileZilla's comma":               {replies: []string{"331 Please, specify the password."}, want: "FileZilla Server"},
		"FileZilla's system":              {server: evidence.Server{System: "UNIX emulated by FileZilla."}, want: "FileZilla Server"},
		"IIS's features":                  {server: evidence.Server{Features: []string{"LANG EN*", "UTF8", "AUTH TLS;TLS-C;SSL;TLS-P;"}}, want: "Microsoft IIS"},
		"IIS's system":                    {server: evidence.Server{Greeting: "Welcome", System: "Windows_NT"}, want: "Microsoft IIS"},
		"another server on Windows":       {server: evidence.Server{Greeting: "Titan FTP Server 19.0 Ready.", System: "Windows_NT"}, want: "Titan FTP Server 19.0"},
		"pyftpdlib asks for the password": {replies: []string{"331 Username ok, send password."}, want: "pyftpdlib"},
		"Apache's system":                 {server: evidence.Server{Greeting: "Service ready for new user.", System: "UNIX Type: Apache FtpServer"}, want: "Apache FtpServer"},
		"RouterOS's system":               {server: evidence.Server{System: "UNIX MikroTik 6.49.10"}, want: "MikroTik RouterOS 6.49.10"},
		"a plain Unix system":             {server: evidence.Server{System: "UNIX Type: L8", Features: []string{"EPSV", "UTF8"}}, want: ""},
		"words in a file name": {replies: []string{
			"550 331 Please specify the password.txt: No such file", "250 Directory 500 OOPS: x",
		}, want: ""},
	} {
		if got := productOf(test.server, test.replies); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// longestProduct is that of our own words and a version.
const longestProduct = 40

func TestProductOfHostileServers(t *testing.T) {
	for name, greeting := range map[string]string{
		"a long version":     "(vsFTPd 3." + strings.Repeat("0", 5000) + ")",
		"a longer version":   "(vsFTPd 3." + strings.Repeat("0", 60) + ")",
		"a long line":        strings.Repeat("ProFTPD 1.3.5e", 100000),
		"many lines":         strings.Repeat("Pure-FTPd\n", 100000),
		"an escape":          "(vsFTPd 3.0\x1b[31m3)",
		"a visible escape":   `(vsFTPd 3.0\x1b[31m3)`,
		"a bidi control":     "ProFTPD 1.3\u202e5 Server",
		"digits of a script": "vsFTPd \u0663.0.3",
		"a command":          "vsFTPd 3.0.3;reboot",
		"a template":         "vsFTPd {peer} 1[a|b]",
		"invalid bytes":      "vsFTPd \xff\xfe 3.0.3",
		"nothing but dots":   "vsFTPd 3............... ",
	} {
		checkProduct(t, name, productOf(evidence.Server{Greeting: greeting}, nil))
		checkProduct(t, name, productOf(evidence.Server{Status: greeting}, []string{greeting}))
	}
}

func checkProduct(t *testing.T, name, product string) {
	t.Helper()
	if product != "" && !recognised(product) {
		t.Errorf("%s: %q is no product of ours", name, product)
	}
	plain := strings.Trim(product, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._/!-")
	if len(product) > longestProduct || plain != "" {
		t.Errorf("%s: product %q", name, product)
	}
}

func FuzzProductOf(f *testing.F) {
	f.Add("(vsFTPd 3.0.3)", "UNIX Type: L8", "331 Please specify the password.")
	f.Add("ProFTPD 1.3.5e Server (Debian) [::1]", "UNIX emulated by FileZilla", "500 OOPS: x")
	f.Add(pureGreeting, "UNIX MikroTik 6.49", "")
	f.Fuzz(func(t *testing.T, greeting, system, reply string) {
		server := evidence.Server{Greeting: greeting, System: system, Status: greeting, Features: []string{system}}
		product := productOf(server, []string{reply})
		checkProduct(t, "fuzz", product)
		if again := productOf(server, []string{reply}); again != product {
			t.Errorf("%q, then %q", product, again)
		}
	})
}

// TestProductName: a name has as many values as there are products.
func TestProductName(t *testing.T) {
	for product, want := range map[string]string{
		"":                        "",
		"vsftpd":                  "vsftpd",
		"vsftpd 3.0.3":            "vsftpd",
		"vsftpdx":                 "",
		"FileZilla Server 1.8.1":  "FileZilla Server",
		"IBM z/OS FTP":            "IBM z/OS FTP",
		"my own server <b>\n</b>": "",
	} {
		if got := ProductName(product); got != want {
			t.Errorf("ProductName(%q) = %q, want %q", product, got, want)
		}
	}
}
