//go:build linux

package netlab

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// roundTrip is that of the benchmark.
const roundTrip = 50 * time.Millisecond

// BenchmarkBesideCurl runs a whole diagnosis of both modes and one listing by
// curl in turn, as processes, at a round trip of 50 ms. What counts is the ratio:
// both wait for the same line and the same machine.
func BenchmarkBesideCurl(b *testing.B) {
	b.Run("plain", func(b *testing.B) {
		besideCurl(b, vsftpd(), nil, nil)
	})
	// A quick run leaves out the question whether TLS sessions must be resumed.
	b.Run("explicit-TLS", func(b *testing.B) {
		cert := realserver.NewCertificate(b, 90*24*time.Hour, PublicAddr.String())
		server := vsftpd()
		server.TLS = &realserver.TLS{CertFile: cert.CertFile, KeyFile: cert.KeyFile}
		besideCurl(b, server, []string{"--tls", "explicit", "--ca-file", cert.CertFile, "--quick"},
			[]string{"--ssl-reqd", "--cacert", cert.CertFile})
	})
}

func besideCurl(b *testing.B, server realserver.Config, ourFlags, curlFlags []string) {
	Need(b)
	realserver.Need(b, "vsftpd", "curl")
	l := Build(b, Plan{Delay: roundTrip / 2})
	server.Start(b, realserver.Namespace(l.Server.Name))
	us := append([]string{tool(b), "-f", "json", PublicAddr.String()}, ourFlags...)
	curl := append([]string{"curl", "-s", "-S", "-o", "/dev/null", "ftp://" + PublicAddr.String() + "/"}, curlFlags...)
	var ours, theirs time.Duration
	timed(b, l, us) // the first packets ask for link-layer addresses
	for b.Loop() {
		ours += timed(b, l, us)
		theirs += timed(b, l, curl)
	}
	n := time.Duration(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ours/n)/float64(roundTrip), "round-trips/diagnosis")
	b.ReportMetric(float64(theirs/n)/float64(roundTrip), "round-trips/curl")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}

func timed(b *testing.B, l *Lab, argv []string) time.Duration {
	b.Helper()
	cmd := l.Client.Command(b.Context(), argv[0], argv[1:]...)
	begin := time.Now()
	if err := l.Client.Run(cmd); err != nil {
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() > 1 {
			b.Fatal(fmt.Errorf("%v: %w", argv, err))
		}
	}
	return time.Since(begin)
}
