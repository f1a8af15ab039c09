//go:build linux

package netlab

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"ftpdiag/probe"
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

// BenchmarkDeadBesideCurl runs a diagnosis where no data connection comes about,
// and curl in each mode, one after the other, as somebody would who has only that.
// The verdict must be there within the timeout and two seconds.
func BenchmarkDeadBesideCurl(b *testing.B) {
	Need(b)
	realserver.Need(b, "vsftpd", "curl")
	l := Build(b, Plan{Delay: roundTrip / 2, ClientGateway: Does(Stateful(Drop)), ServerGateway: Does(Stateful(Drop), Admit("21"))})
	vsftpd(usualPorts()).Start(b, realserver.Namespace(l.Server.Name))
	us := []string{tool(b), "-f", "json", PublicAddr.String()}
	curl := []string{"curl", "-s", "-o", "/dev/null", "-m", "5", "ftp://" + PublicAddr.String() + "/"}
	var ours, theirs time.Duration
	for b.Loop() {
		took := until(b, l, us)
		if most := probe.DefaultTimeout + 2*time.Second; took > most {
			b.Errorf("the verdict took %v, at most %v", took, most)
		}
		ours += took
		theirs += until(b, l, curl) + until(b, l, append(curl, "-P", "-"))
	}
	n := time.Duration(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric((ours / n).Seconds(), "s/diagnosis")
	b.ReportMetric((theirs / n).Seconds(), "s/curl-twice")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}

// timed is how long a command takes that succeeds, or that warns.
func timed(b *testing.B, l *Lab, argv []string) time.Duration {
	b.Helper()
	begin := time.Now()
	if exit := run(b, l, argv); exit > 1 {
		b.Fatalf("%v: exit %d", argv, exit)
	}
	return time.Since(begin)
}

// until is how long a command takes that fails.
func until(b *testing.B, l *Lab, argv []string) time.Duration {
	b.Helper()
	begin := time.Now()
	if exit := run(b, l, argv); exit == 0 {
		b.Fatalf("%v: succeeds", argv)
	}
	return time.Since(begin)
}

func run(b *testing.B, l *Lab, argv []string) (exit int) {
	b.Helper()
	err := l.Client.Run(l.Client.Command(b.Context(), argv[0], argv[1:]...))
	if err == nil {
		return 0
	}
	exited, ok := err.(*exec.ExitError)
	if !ok {
		b.Fatal(fmt.Errorf("%v: %w", argv, err))
	}
	return exited.ExitCode()
}
