package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// seenProducts are as productOf makes them: those with recipes, an old series,
// and one that no recipe knows.
var seenProducts = []string{
	"", "vsftpd", "vsftpd 3.0.3", "ProFTPD 1.3.8", "Pure-FTPd", "FileZilla Server 1.9.4",
	"FileZilla Server 0.9.60", "Microsoft IIS", "Microsoft IIS 5.0", "Serv-U 15.4.2", "pyftpdlib 1.5.7",
	"SFTPGo 2.6.2", "Apache FtpServer", "Titan FTP Server 19.0", "QNAP NAS", "something else",
}

// longestFix is about a dozen lines of a report: the directives of five servers.
const longestFix = 1000

func TestEveryCodeHasFixes(t *testing.T) {
	for _, code := range Codes() {
		for _, product := range seenProducts {
			fixes := fixesFor(code, product, nil)
			if fixes == nil {
				t.Fatalf("%s: nil, where JSON wants a list", code)
			}
			if (len(fixes) == 0) != (code == TransferEmptyListing) {
				t.Errorf("%s on %q: %d fixes", code, product, len(fixes))
			}
			for _, f := range fixes {
				checkFix(t, code, product, f)
			}
		}
	}
	for code := range remedies {
		if !slices.Contains(Codes(), code) {
			t.Errorf("remedies for %q, which is no code", code)
		}
	}
}

func checkFix(t *testing.T, code Code, product string, f Fix) {
	t.Helper()
	bad := func(why string) { t.Errorf("%s on %q, %s: %s: %s", code, product, f.Who, why, f.Text) }
	if n := len(sentences(f.Text)); n < 1 || n > 3 {
		bad("not one to three sentences")
	}
	switch {
	case len(f.Text) > longestFix:
		bad("too long")
	case strings.Count(f.Text, "`")%2 != 0:
		bad("a backquote is missing")
	case strings.ContainsAny(f.Text, "{}\n"), strings.Contains(f.Text, "  "):
		bad("a mark is left")
	case strings.HasPrefix(f.Text, "The same"):
		bad("does not stand alone")
	case !strings.HasSuffix(f.Text, "."):
		bad("no full stop")
	}
}

// sentences splits a text; what is in backquotes is one word of it.
func sentences(text string) []string {
	text = regexp.MustCompile("`[^`]*`").ReplaceAllString(text, "code")
	return regexp.MustCompile(`[^.]+(?:\.\S[^.]*)*\.(?: |$)`).FindAllString(text, -1)
}

// Whoever is named as the likeliest to act is told what to do.
func TestTheLikeliestHasAFix(t *testing.T) {
	for _, code := range Codes() {
		c := causeOf(code)
		if len(c.who) == 0 {
			continue
		}
		if !slices.ContainsFunc(fixesFor(code, "", nil), func(f Fix) bool { return f.Who == c.who[0] }) {
			t.Errorf("%s: no fix for %s", code, c.who[0])
		}
	}
}

func TestOptionsAreOneClauseEach(t *testing.T) {
	for _, o := range allOptions() {
		prose := regexp.MustCompile("`[^`]*`").ReplaceAllString(o.text, "code")
		if strings.Contains(prose, ";") || strings.HasSuffix(prose, ".") {
			t.Errorf("%s: an option is one clause of a list: %s", o.label, o.text)
		}
	}
}

// allOptions are the options of every recipe in use.
func allOptions() []option {
	var all []option
	for _, list := range remedies {
		for _, r := range list {
			all = append(all, r.recipe.options...)
		}
	}
	return all
}

// The products of recipes are products that are recognised, else nobody would
// ever be shown them.
func TestOptionsNameRecognisedProducts(t *testing.T) {
	for _, o := range allOptions() {
		systems := []string{"Linux", "Windows", "Linux router", "MikroTik", "Cisco ASA"}
		for _, name := range o.names() {
			if !recognised(name) && !slices.Contains(systems, name) {
				t.Errorf("%q is no product of productOf", name)
			}
		}
	}
}

func TestARecognisedProductGetsItsOwnDirectives(t *testing.T) {
	labels := []string{"vsftpd:", "ProFTPD:", "Pure-FTPd:", "FileZilla Server:", "FileZilla Server 0.9:", "IIS:", "Serv-U:", "pyftpdlib:"}
	for product, own := range map[string]string{
		"vsftpd 3.0.3": "vsftpd:", "ProFTPD": "ProFTPD:", "Pure-FTPd": "Pure-FTPd:", "Microsoft IIS 5.0": "IIS:",
		"FileZilla Server 1.9.4": "FileZilla Server:", "FileZilla Server 0.9.60": "FileZilla Server 0.9:",
		"FileZilla Server": "FileZilla Server:", "Serv-U 15.4": "Serv-U:", "pyftpdlib 1.5.7": "pyftpdlib:",
		"Titan FTP Server 19.0": "none", "QNAP NAS": "none",
	} {
		for _, code := range Codes() {
			for _, f := range fixesFor(code, product, nil) {
				for _, label := range labels {
					if label != own && strings.Contains(" "+f.Text, " "+label) {
						t.Errorf("%s on %s tells of %s %s", code, product, label, f.Text)
					}
				}
			}
		}
	}
}

// An unknown server, or one that only claims to be something, gets several.
func TestAnUnknownProductGetsSeveralDirectives(t *testing.T) {
	for _, product := range []string{"", "something else", "vsftpdoid 1.0"} {
		text := fixText(t, PassiveDisabled, ServerAdmin, product, nil)
		for _, want := range []string{"vsftpd: set `pasv_enable=YES`", "ProFTPD: remove DenyAll from `<Limit PASV EPSV>`", "Pure-FTPd: ", "IIS: ", "Serv-U: "} {
			if !strings.Contains(text, want) {
				t.Errorf("on %q %q is missing: %s", product, want, text)
			}
		}
	}
}

// fixText joins what one person is told.
func fixText(t *testing.T, code Code, who Who, product string, values map[string]string) string {
	t.Helper()
	var texts []string
	for _, f := range fixesFor(code, product, values) {
		if f.Who == who {
			texts = append(texts, f.Text)
		}
	}
	if len(texts) == 0 {
		t.Fatalf("%s has no fix for %s", code, who)
	}
	return strings.Join(texts, "\n")
}

// observed are values as rules give them.
var observed = map[string]string{
	"peer": "198.51.100.2", "range": "40000-40050", "passes": "1024-5000", "control": "2121",
}

// helpful is what a person must be told then.
var helpful = []struct {
	code    Code
	who     Who
	product string
	want    []string
}{
	{PassiveDisabled, ServerAdmin, "vsftpd 3.0.3", []string{"`pasv_enable=YES`"}},
	{PassivePrivateAddress, ServerAdmin, "vsftpd 3.0.3", []string{"`pasv_address=198.51.100.2`"}},
	{PassivePrivateAddress, ServerAdmin, "ProFTPD 1.3.8", []string{"`MasqueradeAddress 198.51.100.2`"}},
	{PassivePrivateAddress, ServerAdmin, "Pure-FTPd", []string{"`ForcePassiveIP 198.51.100.2`"}},
	{PassivePrivateAddress, ServerAdmin, "Microsoft IIS", []string{"External IP Address of Firewall: 198.51.100.2"}},
	{PassivePrivateAddress, ServerAdmin, "pyftpdlib 1.5.7", []string{"`handler.masquerade_address = '198.51.100.2'`"}},
	{PassivePrivateAddress, ClientUser, "", []string{"`--ftp-skip-pasv-ip`", "Force IP address for passive mode connections", "external IP address instead"}},
	{PassivePortsDropped, ServerNetwork, "", []string{"--add-port=40000-40050/tcp", "ufw allow 40000:40050/tcp", "--dport 40000:40050", "-LocalPort 40000-40050", "security group"}},
	{PassivePortsDropped, ServerAdmin, "pyftpdlib 1.5.7", []string{"range(40000, 40051)"}},
	{PassivePortsExhausted, ServerAdmin, "vsftpd", []string{"`pasv_max_port=51000`"}},
	{PassiveLowPortsOnly, ServerNetwork, "", []string{"KB 196271", "KB 309816", "1024 to 5000"}},
	{PassiveLowPortsOnly, ServerAdmin, "vsftpd 3.0.3", []string{"`pasv_min_port=4000`", "`pasv_max_port=5000`"}},
	{PassiveHighPortsOnly, ServerNetwork, "", []string{"KB 309816"}},
	{PassiveHighPortsOnly, ServerAdmin, "Microsoft IIS", []string{"PassivePortRange", "/lowDataChannelPort:50000"}},
	{PassiveRangePartlyOpen, ServerAdmin, "ProFTPD", []string{"`PassivePorts 4900 5000`"}},
	{PassiveRangePartlyOpen, ServerNetwork, "ProFTPD", []string{"--dport 40000:40050"}},
	{PassiveALGNonstandardPort, ServerNetwork, "", []string{"--dport 2121 -j CT --helper ftp"}},
	{ControlFiltered, ServerNetwork, "", []string{"--add-port=2121/tcp"}},
	{PassiveAborted426, ClientUser, "", []string{"If active mode works here, turn passive mode off", "connection closed; transfer aborted", "RFC 959"}},
	{ActiveInboundDropped, ClientUser, "", []string{"Use passive mode", "-Program", "50000-50100", "Do not allow calls by their source port 20"}},
	{ActiveAddressRejected, ClientUser, "", []string{"Use passive mode"}},
	{ClientBehindCGNAT, ISP, "", []string{"public IPv4 address"}},
	{ClientBehindCGNAT, ClientUser, "", []string{"Use passive mode"}},
	{DataTLSSessionReuseRequired, ServerAdmin, "vsftpd 3.0.5", []string{"`require_ssl_reuse=NO`"}},
	{ActiveSourcePortNot20, ServerAdmin, "ProFTPD", []string{"`RootRevoke off`"}},
	{ControlLocalPortsExhausted, ClientUser, "", []string{"MaxUserPort", "KB 196271", "dynamicport"}},
}

func TestFixesSayWhatHelps(t *testing.T) {
	for _, test := range helpful {
		text := fixText(t, test.code, test.who, test.product, observed)
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s, %s, %q: %q is missing from\n%s", test.code, test.who, test.product, want, text)
			}
		}
	}
}

// The old help-desk advice is the next step, before everything else.
func TestAborted426BeginsWithTheNextStep(t *testing.T) {
	first := fixesFor(PassiveAborted426, "vsftpd 3.0.3", nil)[0]
	if first.Who != ClientUser || !strings.Contains(first.Text, "turn passive mode off") {
		t.Errorf("first is %+v", first)
	}
}
