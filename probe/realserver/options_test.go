package realserver_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// An option must do what it says, whatever words the server finds for it.
func TestOptionsRefuseCommands(t *testing.T) {
	refusals := []struct {
		config            realserver.Config
		refused, accepted []string
		lacks             []realserver.Product
	}{
		{config: realserver.Config{}, accepted: []string{"EPSV", "PASV"}},
		{realserver.Config{NoPassive: true}, []string{"EPSV", "PASV"}, []string{"NOOP"}, nil},
		{realserver.Config{NoActive: true}, []string{"EPRT |1|127.0.0.1|51201|", "PORT 127,0,0,1,200,1"},
			[]string{"EPSV", "PASV"}, []realserver.Product{realserver.PureFTPd}},
		{realserver.Config{Deny: []string{"EPSV"}}, []string{"EPSV"}, []string{"PASV"},
			[]realserver.Product{realserver.PureFTPd}},
	}
	each(t, func(t *testing.T, p realserver.Product) {
		for _, c := range refusals {
			if slices.Contains(c.lacks, p) {
				continue
			}
			c.config.Product = p
			d := anonymous(t, c.config.Start(t, realserver.Loopback).Addr)
			for _, command := range c.refused {
				d.want(command, "5")
			}
			for _, command := range c.accepted {
				d.want(command, "2")
			}
		}
	})
}

func TestOptionPassiveRange(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		const low, high = 31000, 31499
		s := realserver.Config{
			Product: p, PassiveLow: low, PassiveHigh: high, PassiveAddress: "198.51.100.7",
		}.Start(t, realserver.Loopback)
		for range 20 {
			reply := anonymous(t, s.Addr).want("PASV", "227")
			ip, port := hostPort(t, reply)
			if port < low || port > high || ip != "198.51.100.7" {
				t.Fatalf("%q is %s port %d", reply, ip, port)
			}
		}
	})
}

// hostPort reads the six numbers of a 227.
func hostPort(t *testing.T, reply string) (string, int) {
	t.Helper()
	_, numbers, _ := strings.Cut(reply, "(")
	numbers, _, _ = strings.Cut(numbers, ")")
	n := strings.Split(numbers, ",")
	if len(n) != 6 {
		t.Fatalf("%q", reply)
	}
	high, _ := strconv.Atoi(n[4])
	low, _ := strconv.Atoi(n[5])
	return strings.Join(n[:4], "."), high<<8 | low
}

func TestOptionLimits(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		for _, c := range []realserver.Config{{MaxPerIP: 1}, {MaxClients: 1}} {
			c.Product = p
			s := c.Start(t, realserver.Loopback)
			anonymous(t, s.Addr)
			d := dial(t, s.Addr)
			reply := d.read()
			for _, command := range []string{"USER anonymous", "PASS test@example"} {
				if reply[0] == '2' || reply[0] == '3' { // ProFTPD counts logins
					reply = d.ask(command)
				}
			}
			if code := reply[:3]; code != "421" && code != "530" {
				t.Errorf("%+v: the second session was told %q", c, reply)
			}
		}
	})
}

func TestOptionNoAnonymousAndUsers(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		s := realserver.Config{
			Product: p, NoAnonymous: true, Users: []realserver.User{alice},
		}.Start(t, realserver.Loopback)
		d := dial(t, s.Addr)
		d.read()
		if reply := d.ask("USER anonymous"); reply[0] == '3' {
			d.want("PASS test@example", "530")
		} else if reply[0] != '5' {
			t.Errorf("USER anonymous: %q", reply)
		}
		login(t, s.Addr, alice.Name, alice.Password)
		r := realserver.Request{
			Server: s.Addr, User: alice.Name, Password: alice.Password, Path: realserver.File1K,
		}.Run(t, realserver.CurlEPSV)
		if string(r.Output) != string(realserver.Content(realserver.File1K)) {
			t.Errorf("curl as %s: %d bytes\n%s", alice.Name, len(r.Output), r.Dialogue)
		}
	})
}

func TestOptionLoginDirectory(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		for _, c := range []realserver.Config{{}, {EmptyDir: true}, {UnreadableDir: true}, {NoListing: true}} {
			if c.NoListing && p == realserver.PureFTPd {
				continue
			}
			c.Product = p
			s := c.Start(t, realserver.Loopback)
			r := realserver.Request{Server: s.Addr}.Run(t, realserver.CurlEPSV)
			listed := strings.Contains(string(r.Output), realserver.SmallFile)
			if want := !c.EmptyDir && !c.UnreadableDir && !c.NoListing; listed != want {
				t.Errorf("%+v: listed %v\n%s%s", c, listed, r.Output, r.Dialogue)
			}
		}
	})
}

func TestOptionUploads(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		s := realserver.Config{Product: p}.Start(t, realserver.Loopback)
		r := &recorder{t: t, s: s}
		r.login()
		conn := r.passive(netip.Addr{})
		r.d.want("STOR "+realserver.UploadDir+"/new", "1")
		fmt.Fprint(conn, "stored")
		conn.Close()
		if reply := r.d.read(); reply[0] != '2' {
			t.Fatalf("STOR: %q", reply)
		}
		text, err := os.ReadFile(filepath.Join(s.Root, realserver.UploadDir, "new"))
		if err != nil || string(text) != "stored" {
			t.Errorf("stored %q, %v", text, err)
		}
	})
}

func TestOptionFromPort20(t *testing.T) {
	for _, c := range []realserver.Config{
		{Product: realserver.Vsftpd, FromPort20: realserver.On},
		{Product: realserver.Vsftpd, FromPort20: realserver.Off},
		{Product: realserver.ProFTPD, FromPort20: realserver.On},
		{Product: realserver.ProFTPD, FromPort20: realserver.Off},
		{Product: realserver.PureFTPd, FromPort20: realserver.On},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.Product, c.FromPort20), func(t *testing.T) {
			t.Parallel()
			c.Address, c.Port = ownLoopback(), 21
			s := c.Start(t, realserver.Loopback)
			r := &recorder{t: t, s: s}
			r.login()
			l, port := r.listen()
			r.d.want(port, "200")
			r.d.send("LIST")
			_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(replyWait))
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			r.drain(conn)
			from := conn.RemoteAddr().(*net.TCPAddr).Port
			if (from == 20) != (c.FromPort20 == realserver.On) {
				t.Errorf("data from port %d", from)
			}
		})
	}
}

func TestOptionTLSVersion(t *testing.T) {
	cert := realserver.NewCertificate(t, time.Hour, "127.0.0.1")
	each(t, func(t *testing.T, p realserver.Product) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			s := realserver.Config{Product: p, TLS: &realserver.TLS{
				CertFile: cert.CertFile, KeyFile: cert.KeyFile, MinVersion: version, MaxVersion: version,
			}}.Start(t, realserver.Loopback)
			d := dial(t, s.Addr)
			d.read()
			d.want("AUTH TLS", "234")
			conn := tls.Client(d.conn, &tls.Config{RootCAs: cert.Pool, ServerName: "127.0.0.1"})
			if err := conn.Handshake(); err != nil {
				t.Fatal(err)
			}
			if got := conn.ConnectionState().Version; got != version {
				t.Errorf("%s wanted, %s spoken", tls.VersionName(version), tls.VersionName(got))
			}
		}
	})
}
