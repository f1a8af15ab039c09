package realserver_test

import (
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"ftpdiag/probe/realserver"
)

var transferGroups = []group{
	{config: realserver.Config{}, situations: []situation{
		transfers("list", "LIST"),
		transfers("nlst", "NLST"),
		transfers("mlsd", "MLSD"),
		transfers("retr", "RETR "+realserver.File64K),
		{"list in active mode", func(r *recorder) {
			r.login()
			l, port := r.listen()
			r.ask(port, "LIST")
			conn, err := l.Accept()
			if err != nil {
				r.t.Fatal(err)
			}
			r.drain(conn)
			r.finish()
		}},
		transfers("list of an empty directory", "LIST "+realserver.EmptyDir),
		transfers("nlst of an empty directory", "NLST "+realserver.EmptyDir),
		transfers("mlsd of an empty directory", "MLSD "+realserver.EmptyDir),
		transfers("list of an unreadable directory", "LIST "+realserver.SecretDir),
		transfers("list of a missing directory", "LIST nosuch"),
		transfers("nlst of a missing directory", "NLST nosuch"),
		transfers("mlsd of a missing directory", "MLSD nosuch"),
		transfers("retr of a missing file", "RETR nosuch"),
		transfers("retr of a directory", "RETR "+realserver.EmptyDir),
		{"retr of a missing file, not dialled", func(r *recorder) {
			r.login()
			r.d.want("PASV", "227")
			r.ask("RETR nosuch")
		}},
		asks("cwd", "CWD "+realserver.EmptyDir, "CWD /nosuch", "CWD /"+realserver.SecretDir),
		asks("size", "TYPE I", "SIZE "+realserver.File64K, "SIZE nosuch", "MDTM nosuch"),
		stores("stor", "STOR "+realserver.UploadDir+"/new"),
		stores("stor without permission", "STOR new"),
		stores("stor into a missing directory", "STOR nosuch/new"),
		asks("dele", "DELE "+realserver.UploadDir+"/nosuch", "DELE "+realserver.SmallFile),
		{"client resets in mid-transfer", func(r *recorder) {
			conn := r.begin()
			r.d.wait = brokenWait
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
			r.finish()
			r.unasked()
		}},
		{"client closes in mid-transfer", func(r *recorder) {
			conn := r.begin()
			r.d.wait = brokenWait
			conn.Close()
			r.finish()
			r.unasked()
		}},
		{"abor in mid-transfer", func(r *recorder) {
			conn := r.begin()
			r.d.send("ABOR")
			r.drain(conn)
			r.finish()
			r.unasked()
		}},
	}},
	{config: realserver.Config{NoListing: true}, lacks: []realserver.Product{realserver.PureFTPd}, situations: []situation{
		transfers("no listing, list", "LIST"),
		transfers("no listing, nlst", "NLST"),
		transfers("no listing, mlsd", "MLSD"),
	}},
	{config: realserver.Config{EmptyDir: true}, situations: []situation{
		transfers("empty login directory", "LIST"),
		transfers("empty login directory, nlst", "NLST"),
	}},
	{config: realserver.Config{UnreadableDir: true}, situations: []situation{
		transfers("unreadable login directory", "LIST"),
		transfers("unreadable login directory, nlst", "NLST"),
		transfers("unreadable login directory, mlsd", "MLSD"),
	}},
}

// brokenWait is for the completion of a broken transfer: Pure-FTPd says 150 once
// more and then nothing.
const brokenWait = 5 * time.Second

// stores is a situation in which a few bytes are stored.
func stores(name, command string) situation {
	return situation{name, func(r *recorder) {
		r.login()
		conn := r.passive(netip.Addr{})
		r.ask(command)
		_, _ = io.WriteString(conn, "a few bytes\n")
		conn.Close()
		r.finish()
	}}
}

// bigFile is more than a connection can hold in its buffers.
const bigFile, bigLen = "big.bin", 64 << 20

// begin starts to fetch a file that nobody reads.
func (r *recorder) begin() net.Conn {
	name := filepath.Join(r.s.Root, bigFile)
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Truncate(name, bigLen); err != nil {
		r.t.Fatal(err)
	}
	r.login()
	r.d.want("TYPE I", "200")
	conn := r.passive(netip.Addr{})
	r.ask("RETR " + bigFile)
	time.Sleep(settle) // until the connection is full
	return conn
}
