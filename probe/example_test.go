package probe_test

import (
	"context"
	"fmt"
	"net/netip"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// A server names a private address in its reply to PASV. From a host to a
// verdict it is five lines.
func Example() {
	server, _ := ftptest.Start(ftptest.Behaviour{Passive: ftptest.Passive{Addr: netip.MustParseAddr("192.168.1.10")}})
	defer server.Close()
	host, port := server.Addr().Addr().String(), int(server.Addr().Port())

	evidence, err := probe.Run(context.Background(), probe.Config{Target: evidence.Target{Host: host, Port: port}})
	if err != nil {
		panic(err)
	}
	result := diagnose.Diagnose(evidence)
	fmt.Println(result.Recommendation.Mode, result.Recommendation.Method, result.Findings[0].Code)

	// Output: passive EPSV passive-private-address
}
