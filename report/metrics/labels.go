package metrics

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// other stands for a word that is in no list: one of a later version, or of a
// file that somebody else wrote.
const other = "other"

// bounded is word if it is one of the list.
func bounded[W ~string](word W, list []W) string {
	if slices.Contains(list, word) {
		return string(word)
	}
	return other
}

var (
	severities = []diagnose.Severity{diagnose.Error, diagnose.Warning, diagnose.Info}
	people     = []diagnose.Who{diagnose.ClientUser, diagnose.ClientNetwork, diagnose.ServerAdmin, diagnose.ServerNetwork, diagnose.ISP}
	modes      = []evidence.Mode{evidence.Passive, evidence.Active}
	versions   = []string{"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}
)

// ciphers are the names of the suites that Go knows.
var ciphers = sync.OnceValue(func() (names []string) {
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		names = append(names, c.Name)
	}
	return names
})

// codeLabel is the code, if it is one of the catalogue.
func codeLabel(c diagnose.Code) string {
	if _, known := diagnose.Describe(c); known {
		return string(c)
	}
	return other
}

// whoLabel is the first of the people; empty where nobody has to act.
func whoLabel(who []diagnose.Who) string {
	if len(who) == 0 {
		return ""
	}
	return bounded(who[0], people)
}

// TargetNames are the values of the label target, each of them once: where two
// targets have the same name, as two users of one host do, a number follows.
func TargetNames(results []*diagnose.Result) []string {
	names := make([]string, len(results))
	seen := map[string]int{} // how often, so that many of one name take no long search
	for i, r := range results {
		base := targetName(r.Target)
		name := base
		for n := max(seen[base], 1) + 1; seen[name] > 0; n++ {
			name = fmt.Sprintf("%s#%d", base, n)
			seen[base] = n
		}
		names[i] = name
		seen[name] = max(seen[name], 1)
	}
	return names
}

// targetName is the label of the target, else its host and port.
func targetName(t evidence.Target) string {
	name := t.Label
	switch {
	case name != "":
	case t.Host != "" && t.Port != 0:
		name = net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	case t.Host != "":
		name = t.Host
	default:
		name = t.Input
	}
	return ftp.Visible(name)
}
